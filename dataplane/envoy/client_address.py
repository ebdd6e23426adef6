"""The address by which rules choose a route: that of the connection, or of the client behind trusted proxies."""

from typing import Any

from envoy.config.listener.v3.listener_components_pb2 import Filter
from envoy.extensions.filters.network.http_connection_manager.v3.http_connection_manager_pb2 import HttpFilter
from xds.type.v3.typed_struct_pb2 import TypedStruct

from dataplane.envoy.resources import packed
from dataplane.envoy.rule_filters import CLIENT_ADDRESS, client_address_filter
from dataplane.snapshot import Listener
from listeners.forwarded_headers import ForwardedHeaders

LOOKED_UP = "envoy.filters.http.set_filter_state"
_TYPE = "type.googleapis.com/envoy.extensions.filters.http.set_filter_state.v3.Config"


def connection_address(listener: Listener) -> list[Filter]:
    """Return what notes the address once for each connection; nothing where each request can have another."""
    return [] if listener.forwarded.source_lookup else [client_address_filter()]


def request_address(forwarded: ForwardedHeaders) -> list[HttpFilter]:
    """Return what notes the address of each request behind proxies, first of all filters: a route is chosen anew."""
    if not forwarded.source_lookup:
        return []
    config: dict[str, Any] = {
        "on_request_headers": [
            {
                "object_key": CLIENT_ADDRESS,
                "factory_key": "envoy.network.ip",
                "format_string": {"text_format_source": {"inline_string": "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%"}},
            }
        ],
        "clear_route_cache": True,  # younger than the messages that we have, so all of it goes as a structure
    }
    wrapped = TypedStruct(type_url=_TYPE)
    wrapped.value.update(config)
    return [HttpFilter(name=LOOKED_UP, typed_config=packed(wrapped))]
