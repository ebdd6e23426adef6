"""What clients are told when no server has answered: the status that the cloud gives, and not a word of the inside."""

from envoy.config.accesslog.v3.accesslog_pb2 import (
    AccessLogFilter,
    AndFilter,
    ComparisonFilter,
    ExtensionFilter,
    ResponseFlagFilter,
    StatusCodeFilter,
)
from envoy.config.core.v3.base_pb2 import DataSource, RuntimeUInt32
from envoy.extensions.access_loggers.filters.cel.v3.cel_pb2 import ExpressionFilter
from envoy.extensions.filters.network.http_connection_manager.v3.http_connection_manager_pb2 import (
    LocalReplyConfig,
    ResponseMapper,
)
from google.protobuf.wrappers_pb2 import UInt32Value

from dataplane.envoy.resources import packed

# The engine's response flags.
_NO_SERVER = ("UH", "UO", "NC")  # none is there, or none could be asked
_SILENT = ("UT", "SI")  # nothing was heard in time: of the client, then the status is 408, or of the server
_FAILED = ("UF", "UC", "UR", "LR", "UPE")  # a server refused, broke off, or answered nonsense

_NOT_KEPT = "request_payload_exceeded_retry_buffer_limit"  # a long request whose server failed while it was sent


def local_replies() -> LocalReplyConfig:
    """Return the answers that the engine gives itself, the first match first; those of rules are left as they are."""
    silent_server = AndFilter(filters=[_flagged(_SILENT), _status(504)])
    return LocalReplyConfig(
        mappers=[
            _mapper(_flagged(_NO_SERVER), 503, "503 Service Unavailable"),
            _mapper(AccessLogFilter(and_filter=silent_server), 504, "504 Gateway Timeout"),
            _mapper(_flagged(_FAILED), 502, "502 Bad Gateway"),
            _mapper(_detailed(_NOT_KEPT), 502, "502 Bad Gateway"),
        ]
    )


def _mapper(condition: AccessLogFilter, status: int, text: str) -> ResponseMapper:
    return ResponseMapper(
        filter=condition, status_code=UInt32Value(value=status), body=DataSource(inline_string=f"{text}\n")
    )


def _flagged(flags: tuple[str, ...]) -> AccessLogFilter:
    return AccessLogFilter(response_flag_filter=ResponseFlagFilter(flags=flags))


def _detailed(detail: str) -> AccessLogFilter:
    config = packed(ExpressionFilter(expression=f"response.code_details == '{detail}'"))
    extension = ExtensionFilter(name="envoy.access_loggers.extension_filters.cel", typed_config=config)
    return AccessLogFilter(extension_filter=extension)


def _status(code: int) -> AccessLogFilter:
    value = RuntimeUInt32(default_value=code, runtime_key=f"lbadmin.local_reply_{code}")
    return AccessLogFilter(status_code_filter=StatusCodeFilter(comparison=ComparisonFilter(value=value)))
