"""What each setting of a listener and of its server group becomes."""

import dataclasses
from typing import Any

import pytest
from envoy.config.cluster.v3.cluster_pb2 import Cluster
from envoy.extensions.access_loggers.grpc.v3.als_pb2 import TcpGrpcAccessLogConfig
from envoy.extensions.filters.network.local_ratelimit.v3.local_rate_limit_pb2 import LocalRateLimit
from envoy.extensions.filters.network.tcp_proxy.v3.tcp_proxy_pb2 import UpstreamConnectMode
from envoy.extensions.transport_sockets.tls.v3.common_pb2 import TlsParameters

from dataplane.collect import Selection, collect_all
from dataplane.envoy.compile import compile_listener
from dataplane.snapshot import HealthCheck, Server
from listeners import services
from listeners.services import ServerSpec
from tests.dataplane.rows import OPERATOR, group_of, make_listener
from tests.features.conftest import Serve, proxy_of, tls_of

pytestmark = pytest.mark.django_db


def test_bounds_against_slow_and_refused_clients_are_always_on(serve: Serve) -> None:
    served = serve(make_listener())
    listener, proxy = served.listener, proxy_of(served.default_chain)
    assert listener.listener_filters_timeout.seconds == 5
    assert not listener.continue_on_listener_filters_timeout
    assert served.default_chain.transport_socket_connect_timeout.seconds == 5
    assert listener.per_connection_buffer_limit_bytes.value == 32 * 1024
    assert served.cluster.per_connection_buffer_limit_bytes.value == 128 * 1024
    assert proxy.upstream_connect_mode == UpstreamConnectMode.ON_DOWNSTREAM_TLS_HANDSHAKE
    assert proxy.max_early_data_bytes.value > 0
    assert listener.enable_reuse_port.value


def test_idle_timeout_and_address_are_the_listeners(serve: Serve) -> None:
    listener = make_listener(idle_timeout_seconds=42, port=8443)
    served = serve(listener)
    assert proxy_of(served.default_chain).idle_timeout.seconds == 42
    assert served.listener.address.socket_address.address == "127.0.0.1"
    assert served.listener.address.socket_address.port_value == 8443
    assert served.listener.name == served.listener.stat_prefix == served.cluster.name == listener.pk


def test_listener_binds_an_address_of_version_6(serve: Serve) -> None:
    listener = make_listener()
    services.update_load_balancer(OPERATOR, listener.load_balancer_id, bind_address="::1")
    assert serve(listener).listener.address.socket_address.address == "::1"


@pytest.mark.parametrize(
    ("policy", "oldest", "newest", "has_weak"),
    [
        ("tls_cipher_policy_1_0", TlsParameters.TLSv1_0, TlsParameters.TLSv1_2, True),
        ("tls_cipher_policy_1_1", TlsParameters.TLSv1_1, TlsParameters.TLSv1_2, True),
        ("tls_cipher_policy_1_2", TlsParameters.TLSv1_2, TlsParameters.TLSv1_2, True),
        ("tls_cipher_policy_1_2_strict", TlsParameters.TLSv1_2, TlsParameters.TLSv1_2, False),
        ("tls_cipher_policy_1_2_strict_with_1_3", TlsParameters.TLSv1_2, TlsParameters.TLSv1_3, False),
    ],
)
def test_policy_gives_versions_and_the_suites_that_can_be_offered(
    serve: Serve, policy: str, oldest: int, newest: int, has_weak: bool
) -> None:
    parameters = tls_of(serve(make_listener(security_policy=policy)).default_chain).common_tls_context.tls_params
    assert parameters.tls_minimum_protocol_version == oldest
    assert parameters.tls_maximum_protocol_version == newest
    assert ("AES128-SHA" in parameters.cipher_suites) == has_weak
    assert not any(suite.startswith("TLS_") for suite in parameters.cipher_suites)


@pytest.mark.parametrize(
    ("policy", "protocols"),
    [
        ("", []),
        ("HTTP1Only", ["http/1.1", "http/1.0"]),
        ("HTTP2Only", ["h2"]),
        ("HTTP2Optional", ["http/1.1", "http/1.0", "h2"]),
        ("HTTP2Preferred", ["h2", "http/1.1", "http/1.0"]),
    ],
)
def test_alpn_policy_gives_the_protocols_in_order(serve: Serve, policy: str, protocols: list[str]) -> None:
    context = tls_of(serve(make_listener(alpn_policy=policy)).default_chain).common_tls_context
    assert list(context.alpn_protocols) == protocols


def test_connection_limit_is_shared_by_all_chains(serve: Serve) -> None:
    listener = make_listener(connections_per_second=7)
    limit = LocalRateLimit()
    assert serve(listener).default_chain.filters[0].typed_config.Unpack(limit)
    assert limit.share_key == listener.pk
    assert (limit.token_bucket.max_tokens, limit.token_bucket.fill_interval.seconds) == (7, 1)
    assert len(serve(make_listener()).default_chain.filters) == 1


def test_session_tickets_live_300_seconds_and_come_by_name(serve: Serve) -> None:
    listener = make_listener()
    tls = tls_of(serve(listener).default_chain)
    assert tls.session_timeout.seconds == 300
    assert tls.session_ticket_keys_sds_secret_config.name == f"listener/{listener.pk}/tickets"


def test_every_connection_is_told_to_the_node(serve: Serve) -> None:
    listener = make_listener()
    config = TcpGrpcAccessLogConfig()
    assert serve(listener).listener.access_log[0].typed_config.Unpack(config)
    assert config.common_config.log_name == listener.pk
    assert config.common_config.grpc_service.envoy_grpc.cluster_name == "xds"


def test_servers_have_their_weights_and_weight_0_is_left_out(serve: Serve) -> None:
    listener = make_listener(
        servers=[ServerSpec("127.0.0.1", 1), ServerSpec("127.0.0.2", 2, 30), ServerSpec("127.0.0.3", 3, 0)]
    )
    endpoints = serve(listener).endpoints.endpoints[0].lb_endpoints
    found = [(one.endpoint.address.socket_address.port_value, one.load_balancing_weight.value) for one in endpoints]
    assert found == [(1, 100), (2, 30)]


def test_round_robin_ignores_weights(serve: Serve) -> None:
    listener = make_listener(servers=[ServerSpec("127.0.0.1", 1), ServerSpec("127.0.0.2", 2, 30)])
    services.update_server_group(OPERATOR, group_of(listener).pk, scheduler="rr")
    endpoints = serve(listener).endpoints.endpoints[0].lb_endpoints
    assert [one.load_balancing_weight.value for one in endpoints] == [1, 1]


def test_health_check_has_the_groups_figures_and_port(serve: Serve) -> None:
    listener = make_listener()
    services.update_server_group(
        OPERATOR,
        group_of(listener).pk,
        health_check_port=9999,
        health_check_timeout_seconds=3,
        health_check_interval_seconds=4,
        healthy_threshold=5,
        unhealthy_threshold=6,
    )
    served = serve(listener)
    check = served.cluster.health_checks[0]
    assert (check.timeout.seconds, check.interval.seconds, check.no_traffic_interval.seconds) == (3, 4, 4)
    assert (check.healthy_threshold.value, check.unhealthy_threshold.value) == (5, 6)
    assert served.endpoints.endpoints[0].lb_endpoints[0].endpoint.health_check_config.port_value == 9999


def test_group_without_health_check_has_none(serve: Serve) -> None:
    listener = make_listener()
    services.update_server_group(OPERATOR, group_of(listener).pk, health_check_enabled=False)
    assert not serve(listener).cluster.health_checks


def test_proxy_protocol_goes_to_the_servers_on_request(serve: Serve) -> None:
    with_it, without = make_listener(proxy_protocol_enabled=True), make_listener()
    assert serve(with_it).cluster.transport_socket.name == "envoy.transport_sockets.upstream_proxy_protocol"
    assert serve(without).cluster.transport_socket.name == ""
    assert serve(without).cluster.type == Cluster.EDS


def test_group_without_a_server_that_takes_connections_is_a_problem(serve: Serve) -> None:
    listener = make_listener(servers=[ServerSpec("127.0.0.1", 1, 0)])
    served = serve(listener)
    assert served.compiled.listener is not None
    assert served.problems == ["server_group.no-servers"]


@pytest.mark.parametrize(
    ("damage", "code"),
    [
        ({"address": "nowhere"}, "listener.address-invalid"),
        ({"port": 0}, "listener.port-invalid"),
        ({"port": 65_536}, "listener.port-invalid"),
        ({"security_policy": "none", "policy": None}, "listener.policy-unknown"),
        ({"alpn_policy": "HTTP3"}, "listener.alpn-policy-unknown"),
        ({"idle_timeout_seconds": 0}, "listener.idle-timeout-invalid"),
        ({"connections_per_second": 2_000_000}, "listener.rate-invalid"),
        ({"server_group_id": "sgp-gone"}, "listener.no-server-group"),
        ({"slots": ()}, "listener.no-default-certificate"),
    ],
)
def test_impossible_listener_is_left_out_with_the_reason(damage: dict[str, Any], code: str) -> None:
    listener = make_listener()
    snapshot = collect_all(Selection())
    damaged = dataclasses.replace(snapshot.listeners[listener.pk], **damage)
    compiled = compile_listener(dataclasses.replace(snapshot, listeners={listener.pk: damaged}), listener.pk)
    assert compiled.listener is None
    assert code in [problem.code for problem in compiled.problems]


def test_impossible_parts_of_a_server_group_are_left_out_and_the_rest_is_served() -> None:
    listener = make_listener()
    snapshot = collect_all(Selection())
    group = snapshot.server_groups[group_of(listener).pk]
    damaged = dataclasses.replace(
        group, servers=(*group.servers, Server("no where", 80, 100)), health_check=HealthCheck(0, 0, 5, 2, 2)
    )
    compiled = compile_listener(snapshot.with_server_groups({group.id: damaged}), listener.pk)
    assert compiled.listener is not None
    codes = [problem.code for problem in compiled.problems]
    assert codes == ["server.address-invalid", "server_group.health-check-invalid"]
