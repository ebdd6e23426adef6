"""When a request is tried on another server.

Every request is, while no server can have begun with it: no connection came about, or it broke before the request was
on it. A request whose method may be repeated (RFC 9110, 9.2.2) is also when the connection breaks before the answer.
One retry policy cannot know the method, so a filter says by a header of the engine what more such requests allow.
"""

from envoy.config.common.mutation_rules.v3.mutation_rules_pb2 import HeaderMutation as Mutation
from envoy.config.core.v3.base_pb2 import HeaderValue, HeaderValueOption
from envoy.extensions.common.matching.v3.extension_matcher_pb2 import ExtensionWithMatcher
from envoy.extensions.filters.common.matcher.action.v3.skip_action_pb2 import SkipFilter
from envoy.extensions.filters.http.header_mutation.v3.header_mutation_pb2 import HeaderMutation, Mutations
from envoy.extensions.filters.network.http_connection_manager.v3.http_connection_manager_pb2 import HttpFilter
from envoy.type.matcher.v3.http_inputs_pb2 import HttpRequestHeaderMatchInput
from xds.core.v3.extension_pb2 import TypedExtensionConfig
from xds.type.matcher.v3.matcher_pb2 import Matcher

from dataplane.envoy.resources import packed

# A client cannot send it: the engine takes its own headers from nobody outside, and removes this one before a server.
HEADER = "x-envoy-retry-on"
MORE = "reset"
NOT_REPEATABLE = ("POST", "PATCH", "CONNECT")


def retry_filter() -> HttpFilter:
    """Return the filter; it must be the last but the router, which reads the header."""
    option = HeaderValueOption(
        header=HeaderValue(key=HEADER, value=MORE), append_action=HeaderValueOption.OVERWRITE_IF_EXISTS_OR_ADD
    )
    mutations = Mutations(request_mutations=[Mutation(append=option)])
    method = TypedExtensionConfig(
        name="method", typed_config=packed(HttpRequestHeaderMatchInput(header_name=":method"))
    )
    skip = Matcher.OnMatch(action=TypedExtensionConfig(name="skip", typed_config=packed(SkipFilter())))
    tree = Matcher.MatcherTree(
        input=method, exact_match_map=Matcher.MatcherTree.MatchMap(map=dict.fromkeys(NOT_REPEATABLE, skip))
    )
    config = ExtensionWithMatcher(xds_matcher=Matcher(matcher_tree=tree))
    config.extension_config.name = "lbadmin.retries"
    config.extension_config.typed_config.CopyFrom(packed(HeaderMutation(mutations=mutations)))
    return HttpFilter(name="lbadmin.retries", typed_config=packed(config))
