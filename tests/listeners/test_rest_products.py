"""Listeners of every product over REST: what is sent, what is answered, and the words of a refusal."""

import pytest

from listeners.models import Listener
from tests import factories
from tests.listeners.conftest import Call

pytestmark = pytest.mark.django_db


def test_an_https_listener_with_everything(rest: Call) -> None:
    quic = factories.make_listener(product="ALB", protocol="QUIC", port=443)
    authority = factories.make_ca_certificate()
    body = {
        "load_balancer_id": quic.load_balancer_id,
        "protocol": "HTTPS",
        "port": 443,
        "name": "shop",
        "server_group_id": quic.server_group_id,
        "certificate_id": factories.make_server_certificate("shop.test").pk,
        "additional_certificate_ids": [factories.make_server_certificate("b.test").pk],
        "security_policy": "tls_cipher_policy_1_2_strict_with_1_3",
        "idle_timeout_seconds": 600,
        "request_timeout_seconds": 1,
        "http2_enabled": False,
        "compression_enabled": False,
        "access_log_enabled": True,
        "quic_listener_id": quic.pk,
        "mutual_authentication": True,
        "mutual_authentication_mode": "observe",
        "ca_certificate_id": authority.pk,
        "desired": "stopped",
        "tags": {"team": "payments"},
    }
    created = rest("POST", "/listeners", body)
    assert created.status_code == 201, created.json()
    shown = rest("GET", f"/listeners/{created.json()['id']}").json()
    given = {name: value for name, value in body.items() if name in shown}
    assert {name: shown[name] for name in given} == given
    assert (shown["product"], shown["transport"], shown["additional_count"]) == ("ALB", "tcp", 1)


def test_a_redirect_is_set_and_taken_back(rest: Call) -> None:
    balancer, group = factories.make_load_balancer(product="ALB"), factories.make_server_group(protocol="HTTP")
    body = {"load_balancer_id": balancer.pk, "protocol": "HTTP", "port": 80, "redirect_port": 443}
    created = rest("POST", "/listeners", body).json()
    assert (created["server_group_id"], created["security_policy"], created["warnings"]) == (None, "", [])
    path = f"/listeners/{created['id']}"
    refused = rest("PATCH", path, {"server_group_id": group.pk}).json()
    assert (refused["code"], refused["field"]) == ("listener.redirect-with-server-group", "redirect_port")
    changed = rest("PATCH", path, {"server_group_id": group.pk, "redirect_port": None}).json()
    assert (changed["server_group_id"], changed["redirect_port"]) == (group.pk, None)


def test_a_clb_s_listener_is_stopped_unless_it_is_to_run(rest: Call) -> None:
    balancer, group = factories.make_load_balancer(product="CLB"), factories.make_server_group()
    body = {"load_balancer_id": balancer.pk, "protocol": "TCP", "port": 25, "server_group_id": group.pk}
    assert rest("POST", "/listeners", body).json()["desired"] == "stopped"
    assert rest("POST", "/listeners", body | {"port": 26, "desired": "running"}).json()["desired"] == "running"


@pytest.mark.parametrize(
    ("product", "protocol", "field", "value", "code"),
    [
        ("NLB", "UDP", "proxy_protocol_enabled", True, "listener.setting-not-applicable"),
        ("NLB", "UDP", "idle_timeout_seconds", 91, "listener.idle-timeout-invalid"),
        ("NLB", "TCP", "redirect_port", 443, "listener.setting-not-applicable"),
        ("NLB", "TCP", "protocol", "HTTPS", "listener.protocol-not-of-product"),
        ("ALB", "HTTP", "security_policy", "tls_cipher_policy_1_2", "listener.setting-not-applicable"),
        ("ALB", "HTTP", "alpn_policy", "HTTP2Only", "listener.setting-not-applicable"),
        ("ALB", "HTTP", "idle_timeout_seconds", 601, "listener.idle-timeout-invalid"),
        ("ALB", "HTTP", "quic_listener_id", "lsn-1", "listener.setting-not-applicable"),
        ("CLB", "HTTP", "request_timeout_seconds", 181, "listener.request-timeout-invalid"),
        ("CLB", "TCP", "connections_per_second", 1, "listener.setting-not-applicable"),
    ],
)
def test_what_is_illegal_is_refused_with_the_rule_and_a_way_out(  # noqa: PLR0917, one row of a table
    rest: Call, product: str, protocol: str, field: str, value: object, code: str
) -> None:
    balancer = factories.make_load_balancer(product=product)
    body = {"load_balancer_id": balancer.pk, "protocol": protocol, "port": 25, "server_group_id": "sgp-1"}
    answer = rest("POST", "/listeners", body | {field: value})
    problem = answer.json()
    assert (answer.status_code, problem["code"], problem["field"]) == (422, code, field)
    assert problem["way_out"]
    assert not Listener.objects.exists()


def test_an_edition_is_upgraded_and_never_taken_back(rest: Call) -> None:
    body = {"name": "edge", "bind_address": "127.0.0.1", "product": "ALB", "edition": "Basic"}
    created = rest("POST", "/load-balancers", body).json()
    assert (created["id"][:4], created["edition"]) == ("alb-", "Basic")
    path = f"/load-balancers/{created['id']}"
    assert rest("PATCH", path, {"edition": "StandardWithWaf"}).json()["edition"] == "StandardWithWaf"
    refused = rest("PATCH", path, {"edition": "Basic"})
    assert (refused.status_code, refused.json()["code"]) == (409, "load-balancer.edition-downgrade")


@pytest.mark.parametrize(("field", "value"), [("product", "GLB"), ("edition", "Basic"), ("edition", "Gold")])
def test_a_kind_that_is_none_is_refused(rest: Call, field: str, value: str) -> None:
    answer = rest("POST", "/load-balancers", {"name": "edge", "bind_address": "127.0.0.1", field: value})
    assert (answer.status_code, answer.json()["field"]) == (422, field)


def test_lists_are_filtered_by_product_and_protocol(rest: Call) -> None:
    alb = factories.make_listener(product="ALB", protocol="HTTP")
    factories.make_listener()
    for query in ("product=ALB", "protocol=HTTP"):
        assert [row["id"] for row in rest("GET", f"/listeners?{query}").json()["items"]] == [alb.pk]
    assert [row["id"] for row in rest("GET", "/load-balancers?product=ALB").json()["items"]] == [alb.load_balancer_id]
