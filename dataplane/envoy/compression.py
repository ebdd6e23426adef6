"""Compression of answers: Brotli where the client takes it, else gzip.

The filters are in every listener for requests; the routes switch them off where a listener does not compress, so that
switching ends no connection.
"""

from collections.abc import Mapping
from functools import cache

from envoy.config.core.v3.extension_pb2 import TypedExtensionConfig
from envoy.extensions.compression.brotli.compressor.v3.brotli_pb2 import Brotli
from envoy.extensions.compression.gzip.compressor.v3.gzip_pb2 import Gzip
from envoy.extensions.filters.http.compressor.v3.compressor_pb2 import Compressor, CompressorPerRoute
from envoy.extensions.filters.network.http_connection_manager.v3.http_connection_manager_pb2 import HttpFilter
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.message import Message
from google.protobuf.wrappers_pb2 import UInt32Value

from dataplane.envoy.resources import packed

BROTLI, GZIP = "lbadmin.brotli", "lbadmin.gzip"
LEVEL = 4
SHORTEST_BYTES = 1025  # more than 1,024, as the cloud has it
TYPES = (
    "text/xml",
    "text/plain",
    "text/css",
    "application/javascript",
    "application/x-javascript",
    "application/rss+xml",
    "application/atom+xml",
    "application/xml",
    "application/json",
)
# What zlib itself takes, and other proxies: the engine's own window of 4 KiB finds little to leave out.
GZIP_WINDOW_BITS, GZIP_MEMORY_LEVEL = 15, 8


def compression_filters() -> list[HttpFilter]:
    """Return the filters; they must stand before all that change answers, so that they see them last."""
    gzip = Gzip(
        compression_level=Gzip.COMPRESSION_LEVEL_4,
        window_bits=UInt32Value(value=GZIP_WINDOW_BITS),
        memory_level=UInt32Value(value=GZIP_MEMORY_LEVEL),
    )
    brotli = Brotli(quality=UInt32Value(value=LEVEL))
    return [_filter(BROTLI, brotli, is_preferred=True), _filter(GZIP, gzip, is_preferred=False)]


@cache
def no_compression() -> Mapping[str, AnyMessage]:
    """Return what switches the filters off, for a configuration by route."""
    return {name: packed(CompressorPerRoute(disabled=True)) for name in (BROTLI, GZIP)}


def _filter(name: str, library: Message, *, is_preferred: bool) -> HttpFilter:
    direction = Compressor.CommonDirectionConfig(
        min_content_length=UInt32Value(value=SHORTEST_BYTES), content_type=TYPES
    )
    config = Compressor(
        compressor_library=TypedExtensionConfig(name=name, typed_config=packed(library)),
        response_direction_config=Compressor.ResponseDirectionConfig(common_config=direction),
        choose_first=is_preferred,
    )
    return HttpFilter(name=name, typed_config=packed(config))
