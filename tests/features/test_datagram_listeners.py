"""What UDP and QUIC listeners become. Pure: no rows are needed."""

from typing import Any

import pytest
from envoy.config.accesslog.v3.accesslog_pb2 import ComparisonFilter
from envoy.config.cluster.v3.cluster_pb2 import Cluster
from envoy.config.core.v3.address_pb2 import SocketAddress
from envoy.config.listener.v3.listener_pb2 import Listener as Message
from envoy.extensions.filters.network.http_connection_manager.v3.http_connection_manager_pb2 import (
    HttpConnectionManager,
)
from envoy.extensions.filters.network.tcp_proxy.v3.tcp_proxy_pb2 import TcpProxy, UpstreamConnectMode
from envoy.extensions.filters.udp.udp_proxy.v3.route_pb2 import Route
from envoy.extensions.filters.udp.udp_proxy.v3.udp_proxy_pb2 import UdpProxyConfig
from envoy.extensions.transport_sockets.quic.v3.quic_transport_pb2 import QuicDownstreamTransport

from dataplane.engine.limits import MOST_SESSIONS, session_limit
from dataplane.envoy.compile import compile_listener
from dataplane.envoy.names import LISTENER, listener_of
from dataplane.envoy.resources import CompiledListener
from dataplane.snapshot import (
    ADDITIONAL,
    DEFAULT,
    LONG_AGO,
    Challenge,
    Listener,
    ServedCertificate,
    Server,
    ServerGroup,
    Slot,
    Snapshot,
)
from tests.features.conftest import manager_of

GROUP = ServerGroup("sgp-1", "group", "wrr", (Server("127.0.0.1", 9000, 100),), None, protocol="UDP")
CHALLENGES = (Challenge(1, "a.test", "f" * 64),)


def certificate(number: int, *names: str) -> ServedCertificate:
    return ServedCertificate(
        id=f"cert-{number}",
        name=f"certificate {number}",
        version_id=number,
        sha256=f"{number:064}",
        chain_sha256="",
        dns_names=names,
        key_algorithm="ECDSA",
        key_bits=256,
        signature_hash="SHA256",
        not_after=LONG_AGO,
        has_key=True,
    )


def compiled(protocol: str, **fields: Any) -> CompiledListener:
    listener = Listener(
        id="lsn-1",
        load_balancer_id="lb-1",
        name="listener",
        address="127.0.0.1",
        port=4433,
        server_group_id=GROUP.id,
        idle_timeout_seconds=42,
        security_policy="",
        alpn_policy="",
        protocol=protocol,
        **{
            "slots": (),
            "proxy_protocol": False,
            "connections_per_second": 0,
            "mutual_authentication": False,
            **fields,
        },
    )
    certificates = {each.id: each for each in (certificate(1, "default.test"), certificate(2, "a.test", "*.b.test"))}
    return compile_listener(
        Snapshot({listener.id: listener}, {GROUP.id: GROUP}, certificates, challenges=CHALLENGES), listener.id
    )


def message(found: CompiledListener) -> Message:
    assert found.listener is not None
    assert listener_of(LISTENER, found.listener.name) == found.id
    return Message.FromString(found.listener.payload)


def udp_proxy(listener: Message) -> UdpProxyConfig:
    proxy = UdpProxyConfig()
    assert listener.listener_filters[0].typed_config.Unpack(proxy)
    return proxy


SLOTS = (Slot(1, DEFAULT, "cert-1"), Slot(2, ADDITIONAL, "cert-2"))


def test_udp_listener_passes_sessions_to_its_own_cluster() -> None:
    found = compiled("UDP")
    listener = message(found)
    route = Route()
    assert udp_proxy(listener).matcher.on_no_match.action.typed_config.Unpack(route)
    assert route.cluster == "lsn-1"
    assert set(found.clusters) == {"lsn-1"}
    assert listener.address.socket_address.protocol == SocketAddress.UDP
    assert udp_proxy(listener).idle_timeout.seconds == 42
    assert not udp_proxy(listener).use_per_packet_load_balancing
    assert found.place == ("127.0.0.1", 4433, "udp")
    assert not found.problems


def test_udp_listener_takes_datagrams_of_every_size() -> None:
    listener = message(compiled("UDP"))
    assert listener.udp_listener_config.downstream_socket_config.max_rx_datagram_size.value == 65_535
    assert udp_proxy(listener).upstream_socket_config.max_rx_datagram_size.value == 65_535


def test_udp_sessions_are_bounded_and_a_flood_beyond_is_not_logged() -> None:
    found = compiled("UDP", session_limit=77)
    cluster = Cluster.FromString(found.clusters["lsn-1"].payload)
    assert cluster.circuit_breakers.thresholds[0].max_connections.value == 77
    comparison = udp_proxy(message(found)).access_log[0].filter.duration_filter.comparison
    assert (comparison.op, comparison.value.default_value) == (ComparisonFilter.GE, 1)


def test_session_limit_leaves_files_to_others() -> None:
    assert 8 <= session_limit() <= MOST_SESSIONS


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"proxy_protocol": True}, "listener.proxy-protocol-over-udp"),
        ({"connections_per_second": 5}, "listener.rate-over-udp"),
    ],
)
def test_what_udp_cannot_have_is_told_and_the_rest_is_served(fields: dict[str, Any], code: str) -> None:
    found = compiled("UDP", **fields)
    assert found.listener is not None
    assert [problem.code for problem in found.problems] == [code]
    assert not Cluster.FromString(found.clusters["lsn-1"].payload).HasField("transport_socket")


def test_tcp_listener_reaches_for_a_server_at_once() -> None:
    found = compiled("TCP", connections_per_second=7, proxy_protocol=True)
    limit, proxy = message(found).default_filter_chain.filters
    assert limit.name == "envoy.filters.network.local_ratelimit"
    config = TcpProxy()
    assert proxy.typed_config.Unpack(config)
    assert config.upstream_connect_mode == UpstreamConnectMode.IMMEDIATE
    assert Cluster.FromString(found.clusters["lsn-1"].payload).HasField("transport_socket")
    assert found.place == ("127.0.0.1", 4433, "tcp")
    assert not found.problems


def test_quic_listener_serves_the_names_and_secrets_that_others_would() -> None:
    found = compiled("QUIC", slots=SLOTS)
    listener = message(found)
    (named,) = listener.filter_chains
    assert list(named.filter_chain_match.server_names) == ["*.b.test", "a.test"]
    assert [secrets(chain) for chain in (listener.default_filter_chain, named)] == [
        ["listener/lsn-1/default"],
        ["listener/lsn-1/2"],
    ]
    assert set(found.secrets) == {"listener/lsn-1/default", "listener/lsn-1/2"}
    assert found.place == ("127.0.0.1", 4433, "udp")
    assert set(found.routes) == {"lsn-1"}
    assert not found.problems


def secrets(chain: Any) -> list[str]:
    context = transport(chain).downstream_tls_context.common_tls_context
    return [each.name for each in context.tls_certificate_sds_secret_configs]


def transport(chain: Any) -> QuicDownstreamTransport:
    config = QuicDownstreamTransport()
    assert chain.transport_socket.typed_config.Unpack(config)
    return config


def test_quic_reads_requests_of_http3_and_nothing_before_the_handshake() -> None:
    served = compiled("QUIC", slots=SLOTS)
    chain, manager = message(served).default_filter_chain, manager_of(served)
    assert manager.codec_type == HttpConnectionManager.HTTP3
    assert manager.rds.route_config_name == "lsn-1"
    context = transport(chain).downstream_tls_context
    assert list(context.common_tls_context.alpn_protocols) == ["h3"]
    assert context.session_ticket_keys_sds_secret_config.name == "listener/lsn-1/tickets"
    assert transport(chain).HasField("enable_early_data")
    assert not transport(chain).enable_early_data.value


def test_no_timeout_of_a_listener_changes_what_quic_connections_depend_on() -> None:
    found = [compiled("QUIC", slots=SLOTS, request_timeout_seconds=seconds) for seconds in (1, 3600)]
    one, other = (message(each).udp_listener_config.quic_options for each in found)
    assert one == other
    assert one.idle_timeout.seconds == 3600
    assert one.crypto_handshake_timeout.seconds == 5


def test_acme_servers_are_answered_over_tcp_alone() -> None:
    assert not any(
        chain.filter_chain_match.application_protocols for chain in message(compiled("QUIC", slots=SLOTS)).filter_chains
    )


def test_quic_listener_without_a_default_certificate_is_not_served() -> None:
    found = compiled("QUIC", slots=SLOTS[1:])
    assert found.listener is None
    assert "listener.no-default-certificate" in [problem.code for problem in found.problems]
