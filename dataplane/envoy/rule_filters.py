"""The filters that forwarding rules need. They are in every listener for requests, idle until a route configures them.

A filter more would be another listener, whose connections all end; a rule more is only another route.
"""

from functools import cache

from envoy.config.core.v3.substitution_format_string_pb2 import SubstitutionFormatString
from envoy.config.listener.v3.listener_components_pb2 import Filter
from envoy.extensions.filters.common.set_filter_state.v3.value_pb2 import FilterStateValue
from envoy.extensions.filters.http.cors.v3.cors_pb2 import Cors
from envoy.extensions.filters.http.header_mutation.v3.header_mutation_pb2 import HeaderMutation
from envoy.extensions.filters.http.local_ratelimit.v3.local_rate_limit_pb2 import LocalRateLimit
from envoy.extensions.filters.http.lua.v3.lua_pb2 import Lua
from envoy.extensions.filters.network.http_connection_manager.v3.http_connection_manager_pb2 import HttpFilter
from envoy.extensions.filters.network.set_filter_state.v3.set_filter_state_pb2 import Config as SetFilterState
from google.protobuf.message import Message

from dataplane.envoy.resources import packed

CLIENT_ADDRESS = "lbadmin.client_address"  # filter state, of the connection
CORS = "envoy.filters.http.cors"
LIMIT = "envoy.filters.http.local_ratelimit"
ANSWERS = "envoy.filters.http.lua"
HEADERS = "envoy.filters.http.header_mutation"


@cache
def client_address_filter() -> Filter:
    """Return the network filter that notes the client's address, by which routes can be chosen."""
    value = FilterStateValue(
        object_key=CLIENT_ADDRESS,
        factory_key="envoy.network.ip",
        format_string=SubstitutionFormatString(
            text_format_source={"inline_string": "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%"}
        ),
    )
    config = SetFilterState(on_new_connection=[value])
    return Filter(name="envoy.filters.network.set_filter_state", typed_config=packed(config))


def rule_filters() -> list[HttpFilter]:
    """Return the HTTP filters of rules, in the order in which they see a request; the router comes after them."""
    return [
        _filter(ANSWERS, Lua()),  # first: it notes the request also where one of the others answers
        _filter(CORS, Cors()),
        _filter(LIMIT, LocalRateLimit(stat_prefix="rules")),
        _filter(HEADERS, HeaderMutation()),
    ]


def _filter(name: str, config: Message) -> HttpFilter:
    return HttpFilter(name=name, typed_config=packed(config))
