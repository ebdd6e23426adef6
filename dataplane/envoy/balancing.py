"""How a cluster chooses among its servers, and what it hashes where the same client shall get the same one.

Hashes are taken by the cluster itself, so another scheduler is a new cluster and touches neither a filter chain nor a
route. Two things the engine cannot know by itself come from outside: both addresses of a stream, which a filter notes
(``tuple_filter``), and the source of a datagram, which the UDP proxy hashes.
"""

from functools import lru_cache

from envoy.config.cluster.v3.cluster_pb2 import LoadBalancingPolicy
from envoy.config.core.v3.base_pb2 import DataSource
from envoy.config.core.v3.extension_pb2 import TypedExtensionConfig
from envoy.config.core.v3.substitution_format_string_pb2 import SubstitutionFormatString
from envoy.config.listener.v3.listener_components_pb2 import Filter
from envoy.config.route.v3.route_components_pb2 import RouteAction
from envoy.extensions.filters.common.set_filter_state.v3.value_pb2 import FilterStateValue
from envoy.extensions.filters.network.set_filter_state.v3.set_filter_state_pb2 import Config as SetFilterState
from envoy.extensions.load_balancing_policies.common.v3.common_pb2 import ConsistentHashingLbConfig, SlowStartConfig
from envoy.extensions.load_balancing_policies.least_request.v3.least_request_pb2 import LeastRequest
from envoy.extensions.load_balancing_policies.maglev.v3.maglev_pb2 import Maglev
from envoy.extensions.load_balancing_policies.round_robin.v3.round_robin_pb2 import RoundRobin
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message
from google.protobuf.wrappers_pb2 import UInt64Value

from dataplane.envoy.resources import packed
from dataplane.snapshot import Listener, ServerGroup

ROUND_ROBIN = "rr"  # the scheduler that ignores weights
LEAST_CONNECTIONS = "wlc"
SOURCE_HASH = "sch"
TUPLE_HASH = "tch"
PARAMETER_HASH = "uch"
# A prime, so that each of 1,000 servers has some 16 places; a table of as many entries is made in under a millisecond.
TABLE_SIZE = 16_381
TUPLE_KEY = "lbadmin.tuple"
_TUPLE = "%DOWNSTREAM_REMOTE_ADDRESS% %DOWNSTREAM_LOCAL_ADDRESS%"


def load_balancing(listener: Listener, group: ServerGroup) -> LoadBalancingPolicy:
    """Return the policy by which ``listener`` chooses a server of ``group``."""
    is_udp = listener.protocol == "UDP"
    return _policy(group.scheduler, group.hash_parameter, group.slow_start_seconds, is_udp=is_udp)


@lru_cache
def _policy(scheduler: str, parameter: str, slow_start_seconds: int, *, is_udp: bool) -> LoadBalancingPolicy:
    name = "round_robin"
    config: Message = _round_robin(slow_start_seconds)
    if scheduler == LEAST_CONNECTIONS:
        # With equal weights all servers are looked at; two chosen at random would only come near the least.
        name, config = "least_request", LeastRequest(selection_method=LeastRequest.FULL_SCAN)
    elif scheduler in {SOURCE_HASH, TUPLE_HASH, PARAMETER_HASH}:
        name, config = "maglev", _maglev(None if is_udp else _hashed(scheduler, parameter))
    extension = TypedExtensionConfig(name=f"envoy.load_balancing_policies.{name}", typed_config=packed(config))
    return LoadBalancingPolicy(policies=[LoadBalancingPolicy.Policy(typed_extension_config=extension)])


def _round_robin(slow_start_seconds: int) -> RoundRobin:
    config = RoundRobin()
    if slow_start_seconds:
        window = Duration(seconds=slow_start_seconds)
        config.slow_start_config.CopyFrom(SlowStartConfig(slow_start_window=window))
    return config


def _maglev(hashed: RouteAction.HashPolicy | None) -> Maglev:
    config = Maglev(table_size=UInt64Value(value=TABLE_SIZE))
    if hashed is not None:
        config.consistent_hashing_lb_config.CopyFrom(ConsistentHashingLbConfig(hash_policy=[hashed]))
    return config


def _hashed(scheduler: str, parameter: str) -> RouteAction.HashPolicy:
    policy = RouteAction.HashPolicy
    if scheduler == TUPLE_HASH:
        return policy(filter_state=policy.FilterState(key=TUPLE_KEY))
    if scheduler == PARAMETER_HASH:
        return policy(query_parameter=policy.QueryParameter(name=parameter))
    return policy(connection_properties=policy.ConnectionProperties(source_ip=True))


def notes_tuple(group: ServerGroup | None) -> bool:
    """Tell whether a stream's filters must note both addresses for the choice of a server of ``group``."""
    return group is not None and group.scheduler == TUPLE_HASH


def tuple_filter() -> Filter:
    """Return the network filter that notes both addresses and ports of a connection."""
    value = FilterStateValue(
        object_key=TUPLE_KEY,
        factory_key="envoy.hashable_string",
        format_string=SubstitutionFormatString(text_format_source=DataSource(inline_string=_TUPLE)),
    )
    config = SetFilterState(on_new_connection=[value])
    return Filter(name="envoy.filters.network.set_filter_state", typed_config=packed(config))


def weight_of(server_weight: int, group: ServerGroup) -> int:
    """Return what the engine shall count a server as."""
    return 1 if group.scheduler == ROUND_ROBIN else server_weight
