"""What each setting of a listener for requests becomes, and what its change touches."""

from typing import Any

import pytest
from envoy.config.listener.v3 import listener_pb2
from envoy.config.route.v3.route_pb2 import RouteConfiguration
from envoy.extensions.filters.network.http_connection_manager.v3.http_connection_manager_pb2 import (
    HttpConnectionManager,
)

from dataplane.envoy.compile import compile_listener
from dataplane.envoy.names import CLUSTER, ENDPOINTS, FILTERS, LISTENER, ROUTES, listener_of
from dataplane.envoy.resources import CompiledListener
from dataplane.snapshot import LONG_AGO, Listener, ServedCertificate, Server, ServerGroup, Slot, Snapshot
from listeners.tls_policies import POLICIES
from tests.features.conftest import manager_of, tls_of

GROUP = ServerGroup("sgp-1", "group", "wrr", (Server("127.0.0.1", 9000, 100),), None, protocol="HTTP")
CERTIFICATE = ServedCertificate(
    "cert-1", "one", 1, "a" * 64, "", ("a.test",), "EC", 256, "SHA256", not_after=LONG_AGO, has_key=True
)
POLICY = POLICIES["tls_cipher_policy_1_2_strict_with_1_3"]
SLOT = Slot(1, "default", CERTIFICATE.id)


def compiled(protocol: str, **fields: Any) -> CompiledListener:
    values: dict[str, Any] = {
        "id": "lsn-1",
        "load_balancer_id": "alb-1",
        "name": "shop",
        "address": "127.0.0.1",
        "port": 443,
        "server_group_id": GROUP.id,
        "slots": (SLOT,) if protocol == "HTTPS" else (),
        "idle_timeout_seconds": 15,
        "security_policy": POLICY.id,
        "policy": POLICY,
        "alpn_policy": "",
        "proxy_protocol": False,
        "connections_per_second": 0,
        "mutual_authentication": False,
        "protocol": protocol,
        "product": "ALB",
        **fields,
    }
    listener = Listener(**values)
    return compile_listener(Snapshot({"lsn-1": listener}, {GROUP.id: GROUP}, {CERTIFICATE.id: CERTIFICATE}), "lsn-1")


def different(before: CompiledListener, after: CompiledListener) -> set[str]:
    """Return which parts a change has touched."""
    parts = ("listener", "clusters", "endpoints", "routes", "filters", "secrets")
    return {part for part in parts if getattr(before, part) != getattr(after, part)}


@pytest.mark.parametrize(
    ("change", "touched"),
    [
        ({"idle_timeout_seconds": 16}, {"filters"}),
        ({"request_timeout_seconds": 61}, {"routes"}),
        ({"compression": False}, {"routes"}),
        ({"quic_listener_id": "lsn-2", "alt_svc_port": 443}, {"routes"}),
        ({"connections_per_second": 5}, {"listener"}),
    ],
)
def test_settings_of_requests_touch_no_filter_chain(change: dict[str, Any], touched: set[str]) -> None:
    assert different(compiled("HTTPS"), compiled("HTTPS", **change)) == touched


def test_http_2_is_offered_and_spoken_unless_it_is_off() -> None:
    on, off = compiled("HTTPS"), compiled("HTTPS", http2=False)
    assert (manager_of(on).codec_type, alpn(on)) == (HttpConnectionManager.AUTO, ["h2", "http/1.1"])
    assert (manager_of(off).codec_type, alpn(off)) == (HttpConnectionManager.HTTP1, ["http/1.1"])


def alpn(listener: CompiledListener) -> list[str]:
    assert listener.listener is not None
    message = listener_pb2.Listener.FromString(listener.listener.payload)
    return list(tls_of(message.default_filter_chain).common_tls_context.alpn_protocols)


def test_time_counts_only_while_nothing_moves() -> None:
    routes = RouteConfiguration.FromString(compiled("HTTP", request_timeout_seconds=61).routes["lsn-1"].payload)
    action = routes.virtual_hosts[0].routes[-1].route
    assert (action.idle_timeout.seconds, action.timeout.seconds) == (61, 0)
    assert action.HasField("timeout")  # without the field the engine's own 15 seconds would count


def test_bounds_of_requests_are_always_on() -> None:
    manager = manager_of(compiled("HTTP", idle_timeout_seconds=42))
    common = manager.common_http_protocol_options
    assert (common.idle_timeout.seconds, common.max_headers_count.value) == (42, 200)
    assert (manager.request_headers_timeout.seconds, manager.max_request_headers_kb.value) == (5, 60)
    assert manager.http2_protocol_options.max_concurrent_streams.value == 100


def test_listener_without_tls_needs_no_certificate_and_one_that_redirects_no_server_group() -> None:
    assert compiled("HTTP").problems == ()
    assert compiled("HTTP", server_group_id="", redirect_port=443).problems == ()
    assert [problem.code for problem in compiled("HTTP", server_group_id="").problems] == ["listener.no-server-group"]
    missing = [problem.code for problem in compiled("HTTPS", slots=()).problems]
    assert missing == ["listener.no-default-certificate"]


def test_host_of_a_request_without_one_is_the_address() -> None:
    for address, host in (("127.0.0.1", "127.0.0.1"), ("::1", "[::1]")):
        assert manager_of(compiled("HTTP", address=address)).http_protocol_options.default_host_for_http_10 == host


@pytest.mark.parametrize("kind", [CLUSTER, ENDPOINTS, FILTERS, LISTENER, ROUTES])
def test_every_resource_is_known_as_a_part_of_its_listener(kind: str) -> None:
    assert listener_of(kind, "lsn-1") == listener_of(kind, "lsn-1/sgp-1") == "lsn-1"
