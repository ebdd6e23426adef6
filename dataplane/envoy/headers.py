"""Request headers about the client: what clients may not send, and what servers are told.

Clients' own copies of guarded headers go first of all, before a route is chosen: neither a rule nor a server sees one.
What servers are told is set by the route configuration: changing it ends no connection.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from types import MappingProxyType

from envoy.config.common.mutation_rules.v3.mutation_rules_pb2 import HeaderMutation
from envoy.config.core.v3.address_pb2 import CidrRange
from envoy.config.core.v3.base_pb2 import HeaderValue, HeaderValueOption
from envoy.config.core.v3.extension_pb2 import TypedExtensionConfig
from envoy.config.route.v3.route_pb2 import RouteConfiguration
from envoy.extensions.filters.network.http_connection_manager.v3.http_connection_manager_pb2 import (
    HttpConnectionManager,
)
from envoy.extensions.http.early_header_mutation.header_mutation.v3 import header_mutation_pb2
from envoy.extensions.http.original_ip_detection.xff.v3.xff_pb2 import XffConfig, XffTrustedCidrs
from envoy.type.matcher.v3.regex_pb2 import RegexMatcher
from envoy.type.matcher.v3.string_pb2 import StringMatcher

from dataplane.envoy.clients import HTTP_RULES, NONE, SUCCESS, VERDICT, is_observing
from dataplane.envoy.resources import packed
from dataplane.snapshot import Listener
from listeners.forwarded_headers import ENGINE_PREFIX, EVERYWHERE, ForwardedFor, ForwardedHeaders

EARLY = "envoy.http.early_header_mutation.header_mutation"
LOOKUP = "envoy.http.original_ip_detection.xff"
FORWARDED_FOR = "x-forwarded-for"
PROTO = "x-forwarded-proto"
EXTERNAL_ADDRESS = "x-envoy-external-address"

_PARTS = MappingProxyType(
    {
        "subjectdn": "%DOWNSTREAM_PEER_SUBJECT%",
        "issuerdn": "%DOWNSTREAM_PEER_ISSUER%",
        "fingerprint": "%DOWNSTREAM_PEER_FINGERPRINT_256%",
    }
)


def judge_headers(manager: HttpConnectionManager, forwarded: ForwardedHeaders) -> None:
    """Have ``manager`` drop what clients may not send, and find out who the client is."""
    manager.early_header_mutation_extensions.append(_early(forwarded))
    manager.skip_xff_append = True  # the route configuration adds to it, or does not
    if forwarded.source_lookup:
        manager.original_ip_detection_extensions.append(_lookup(forwarded.trusted_sources))
    else:
        manager.use_remote_address.value = True


def tell_servers(routes: RouteConfiguration, listener: Listener) -> None:
    """Have requests of ``routes`` carry the headers that the listener is set to."""
    forwarded = listener.forwarded
    routes.request_headers_to_remove.extend(_removed(forwarded))
    if forwarded.forwarded_for == ForwardedFor.APPEND:
        routes.request_headers_to_add.append(
            _appended(FORWARDED_FOR, "%DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT%")
        )
    routes.request_headers_to_add.extend(_set(name, value) for name, value in _headers(listener))


@lru_cache
def _removed(forwarded: ForwardedHeaders) -> tuple[str, ...]:
    # Removed once more before ours are added: a connection that was open before an alias was given knows nothing of it.
    removed = [EXTERNAL_ADDRESS, *forwarded.guarded]
    if not forwarded.proto:
        removed.append(PROTO)  # the engine itself always sets it
    if forwarded.forwarded_for == ForwardedFor.REMOVE:
        removed.append(FORWARDED_FOR)
    return tuple(removed)


def _headers(listener: Listener) -> Iterator[tuple[str, str]]:
    forwarded = listener.forwarded
    if forwarded.host:
        yield "x-forwarded-host", "%REQ(:AUTHORITY)%"
    if forwarded.port:
        yield "x-forwarded-port", str(listener.port)
    if forwarded.client_port:
        yield "x-forwarded-client-srcport", "%DOWNSTREAM_DIRECT_REMOTE_PORT%"
    if forwarded.load_balancer_id:
        yield "slb-id", listener.load_balancer_id
    if forwarded.load_balancer_address:
        yield "slb-ip", "%DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT%"
    for part in forwarded.certificate_parts:
        yield forwarded.header_of(part), _PARTS.get(part) or _verification(listener)


def _verification(listener: Listener) -> str:
    """Return what servers are told of the verification: without a valid certificate nobody gets past enforce."""
    if is_observing(listener):
        return f"%DYNAMIC_METADATA({HTTP_RULES}:{VERDICT})%"
    return SUCCESS if listener.mutual_authentication else NONE


def _early(forwarded: ForwardedHeaders) -> TypedExtensionConfig:
    pattern = "|".join(_spellings(name) for name in forwarded.guarded)
    mutations = [
        _removal(StringMatcher(safe_regex=RegexMatcher(regex=pattern))),
        # By these a client could steer the engine: retries, timeouts, where it comes from.
        _removal(StringMatcher(prefix=ENGINE_PREFIX)),
        HeaderMutation(remove=PROTO),
    ]
    return TypedExtensionConfig(
        name=EARLY, typed_config=packed(header_mutation_pb2.HeaderMutation(mutations=mutations))
    )


def _spellings(name: str) -> str:
    """Return a pattern of all names that servers may take for ``name``: many make “_” of any other character."""
    return "[^a-z0-9]".join(re.split(r"[-_]", name))


def _removal(matcher: StringMatcher) -> HeaderMutation:
    return HeaderMutation(remove_on_match=HeaderMutation.RemoveOnMatch(key_matcher=matcher))


def _lookup(trusted: tuple[str, ...]) -> TypedExtensionConfig:
    # Whoever trusts everybody means clients of both families.
    wanted = {*trusted, *EVERYWHERE} if not set(EVERYWHERE).isdisjoint(trusted) else set(trusted)
    config = XffConfig(xff_trusted_cidrs=XffTrustedCidrs(cidrs=[_range(network) for network in sorted(wanted)]))
    config.skip_xff_append.value = True
    return TypedExtensionConfig(name=LOOKUP, typed_config=packed(config))


def _range(network: str) -> CidrRange:
    address, _slash, length = network.partition("/")
    found = CidrRange(address_prefix=address)
    found.prefix_len.value = int(length)
    return found


def _set(name: str, value: str) -> HeaderValueOption:
    return HeaderValueOption(
        header=HeaderValue(key=name, value=value), append_action=HeaderValueOption.OVERWRITE_IF_EXISTS_OR_ADD
    )


def _appended(name: str, value: str) -> HeaderValueOption:
    return HeaderValueOption(
        header=HeaderValue(key=name, value=value), append_action=HeaderValueOption.APPEND_IF_EXISTS_OR_ADD
    )
