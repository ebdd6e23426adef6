"""Listeners and their certificates over REST."""

import json
import socket
from typing import Any

import pytest

from access.tokens import create_token
from listeners import services
from listeners.models import Listener
from tests import factories
from tests.factories import OPERATOR
from tests.listeners.conftest import Call
from tests.waiting import free_port

pytestmark = pytest.mark.django_db


def body(**fields: Any) -> dict[str, Any]:
    return {
        "load_balancer_id": factories.make_load_balancer().pk,
        "port": free_port(),
        "server_group_id": factories.make_server_group().pk,
        "certificate_id": factories.make_server_certificate("a.test").pk,
        **fields,
    }


def test_a_listener_is_created_with_the_clouds_default_policy_and_a_warning(rest: Call) -> None:
    answer = rest("POST", "/listeners", body())
    assert answer.status_code == 201
    created = answer.json()
    assert created["security_policy"] == "tls_cipher_policy_1_0"
    assert [warning["code"] for warning in created["warnings"]] == ["listener.weak-policy"]
    assert "No TLS security policy was named" in created["warnings"][0]["message"]
    assert created["state"] == "pending"
    assert answer["ETag"] == '"1"'
    assert Listener.objects.get(pk=created["id"]).created_by == "admin"


def test_a_sound_listener_is_created_without_a_warning(rest: Call) -> None:
    answer = rest("POST", "/listeners", body(security_policy="tls_cipher_policy_1_2_strict_with_1_3"))
    assert answer.json()["warnings"] == []


def test_a_port_that_another_program_holds_is_warned_of(rest: Call) -> None:
    with socket.create_server(("127.0.0.1", 0)) as holder:
        answer = rest("POST", "/listeners", body(port=holder.getsockname()[1]))
    assert answer.status_code == 201
    assert answer.json()["warnings"][0]["code"] == "listener.port-held"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("port", 0),
        ("port", 65_536),
        ("port", "text"),
        ("port", "443"),
        ("port", True),
        ("port", 443.5),
        ("port", None),
        ("idle_timeout_seconds", 5),
        ("security_policy", "none"),
        ("mutual_authentication", "yes"),
        ("additional_certificate_ids", "cert"),
        ("certificate_id", "absent"),
        ("server_group_id", "../x"),
        ("load_balancer_id", ""),
        ("colour", "red"),
    ],
)
def test_bad_input_is_a_problem_that_names_the_field(rest: Call, field: str, value: object) -> None:
    answer = rest("POST", "/listeners", body(**{field: value}))
    assert answer.status_code in (404, 422)
    assert answer["Content-Type"] == "application/problem+json"
    assert field in answer.json()["field"]
    assert not Listener.objects.exists()


@pytest.mark.parametrize("text", ["a\x00b", "\ud800\ud800"])
@pytest.mark.parametrize("field", ["name", "certificate_id", "server_group_id", "load_balancer_id"])
def test_a_text_that_no_column_can_hold_is_a_problem(rest: Call, field: str, text: str) -> None:
    answer = rest("POST", "/listeners", body(**{field: text}))
    assert answer.status_code in (400, 404, 422)
    assert answer["Content-Type"] == "application/problem+json"
    assert not Listener.objects.exists()


def test_a_taken_port_is_a_conflict(rest: Call) -> None:
    listener = factories.make_listener(name="shop")
    answer = rest("POST", "/listeners", body(load_balancer_id=listener.load_balancer_id, port=listener.port))
    assert answer.status_code == 409
    assert answer.json()["code"] == "listener.port-taken"
    assert answer.json()["way_out"]


def test_it_is_shown_changed_and_guarded_by_its_etag(rest: Call) -> None:
    listener = factories.make_listener()
    path = f"/listeners/{listener.pk}"
    etag = rest("GET", path)["ETag"]
    changed = rest("PATCH", path, {"idle_timeout_seconds": 60}, If_Match=etag)
    assert changed.json()["idle_timeout_seconds"] == 60
    assert changed["ETag"] == '"2"'
    stale = rest("PATCH", path, {"name": "mine"}, If_Match=etag)
    assert stale.status_code == 412
    assert "admin" in stale.json()["detail"]
    assert rest("PATCH", path, {"name": "mine"}, If_Match="soon").status_code == 422
    assert rest("PATCH", path, {"name": "mine"}, If_Match="*").status_code == 200
    assert rest("PATCH", path, {"port": 99}).status_code == 422


def test_it_is_stopped_started_and_deleted(rest: Call) -> None:
    path = f"/listeners/{factories.make_listener().pk}"
    assert rest("POST", f"{path}/stop").json()["state"] == "stopped"
    assert rest("POST", f"{path}/start").json()["desired"] == "running"
    preview = rest("GET", f"{path}/deletion").json()
    assert preview["impact"]["change"] == "delete"
    assert "drain" in preview["impact"]["connections"]
    assert rest("DELETE", path).status_code == 204
    for method in ("GET", "PATCH", "DELETE"):
        assert rest(method, path, {}).status_code == 404


def test_certificates_are_added_listed_matched_and_removed(rest: Call) -> None:
    path = f"/listeners/{factories.make_listener().pk}/certificates"
    ids = [factories.make_server_certificate(name).pk for name in ("a.test", "*.b.test")]
    added = rest("POST", path, {"certificate_ids": ids})
    assert added.json()["additional_count"] == 2
    listed = rest("GET", f"{path}?role=additional").json()["items"]
    assert [(item["certificate_id"], item["names"]) for item in listed] == [
        (ids[0], ["a.test"]),
        (ids[1], ["*.b.test"]),
    ]
    assert len(rest("GET", path).json()["items"]) == 3
    first = rest("GET", f"{path}?limit=2").json()
    assert len(rest("GET", f"{path}?limit=2&cursor={first['next_cursor']}").json()["items"]) == 1
    match = rest("GET", f"{path}/match?server_name=X.b.test").json()
    assert (match["binding"]["certificate_id"], match["name"]) == (ids[1], "*.b.test")
    assert rest("GET", f"{path}/match?server_name=c.test").json()["binding"]["role"] == "default"
    assert rest("GET", f"{path}/match").json()["name"] == ""
    old = rest("GET", f"{path}/match?tls_version=TLSv1.0&ecdsa=false").json()
    assert (old["binding"], old["steps"][-1]["code"]) == (None, "cannot-use")
    assert rest("GET", f"{path}/match?tls_version=SSLv3").json()["field"] == "tls_version"
    assert rest("GET", f"{path}/match?server_name=a..b").status_code == 422
    assert rest("DELETE", f"{path}/{ids[0]}").json()["additional_count"] == 1
    assert rest("POST", f"{path}/remove", {"certificate_ids": ids[1:]}).json()["additional_count"] == 0
    assert rest("DELETE", f"{path}/{ids[0]}").status_code == 404


def test_a_sixteenth_certificate_is_a_conflict_with_the_numbers(rest: Call) -> None:
    ids = [f"cert-{number}" for number in range(16)]
    answer = rest("POST", f"/listeners/{factories.make_listener().pk}/certificates", {"certificate_ids": ids})
    assert answer.status_code == 409
    assert "16" in answer.json()["detail"]
    assert "15" in answer.json()["detail"]


def test_the_default_certificate_is_changed_and_rolled_back(rest: Call) -> None:
    listener, other = factories.make_listener(), factories.make_server_certificate()
    path = f"/listeners/{listener.pk}"
    before = rest("GET", path).json()["default_certificate_id"]
    changed = rest("PUT", f"{path}/default-certificate", {"certificate_id": other.pk})
    assert changed.json()["default_certificate_id"] == other.pk
    (binding,) = rest("GET", f"{path}/certificates").json()["items"]
    assert binding["previous_certificate_id"] == before
    back = rest("POST", f"{path}/bindings/{binding['id']}/roll-back")
    assert back.json()["default_certificate_id"] == before
    assert rest("POST", f"{path}/bindings/{10**30}/roll-back").status_code == 404


def test_mutual_authentication_is_switched_and_its_ca_certificate_changed(rest: Call) -> None:
    path = f"/listeners/{factories.make_listener().pk}"
    one, other = factories.make_ca_certificate().pk, factories.make_ca_certificate().pk
    assert rest("PUT", f"{path}/mutual-authentication", {"enabled": True}).status_code == 422
    on = rest("PUT", f"{path}/mutual-authentication", {"enabled": True, "ca_certificate_id": one}).json()
    assert (on["mutual_authentication"], on["ca_certificate_id"]) == (True, one)
    assert rest("PUT", f"{path}/ca-certificate", {"ca_certificate_id": other}).json()["ca_certificate_id"] == other
    off = rest("PUT", f"{path}/mutual-authentication", {"enabled": False}).json()
    assert (off["mutual_authentication"], off["ca_certificate_id"]) == (False, None)
    assert rest("PUT", f"{path}/ca-certificate", {"ca_certificate_id": one}).status_code == 409


def test_a_list_goes_on_page_by_page(rest: Call) -> None:
    balancer = factories.make_load_balancer().pk
    ports = sorted(factories.make_listener(load_balancer_id=balancer).port for _ in range(3))
    first = rest("GET", f"/listeners?load_balancer_id={balancer}&limit=2").json()
    second = rest("GET", f"/listeners?load_balancer_id={balancer}&limit=2&cursor={first['next_cursor']}").json()
    assert [item["port"] for item in first["items"] + second["items"]] == ports
    assert second["next_cursor"] == ""
    assert rest("GET", f"/listeners?q={ports[1]}").json()["items"][0]["port"] == ports[1]
    assert rest("GET", "/listeners?certificate_id=%00").json()["items"] == []
    assert rest("GET", "/listeners?load_balancer_id=%00&server_group_id=%00&q=%00").status_code == 200
    assert rest("GET", "/listeners?cursor=nonsense").status_code == 422
    assert rest("GET", "/listeners?limit=501").status_code == 422


def test_no_private_key_is_ever_answered(rest: Call) -> None:
    listener = factories.make_listener()
    for path in (f"/listeners/{listener.pk}", f"/listeners/{listener.pk}/certificates", "/listeners"):
        assert "PRIVATE" not in json.dumps(rest("GET", path).json())


def test_without_a_token_nothing_is_answered(client: Any) -> None:
    for path in ("/listeners", "/load-balancers", "/server-groups", "/quotas", "/nodes", "/tls-policies"):
        assert client.get(f"/api/v1{path}").status_code == 401


def test_quotas_are_changed_by_administrators_only(rest: Call, client: Any, django_user_model: Any) -> None:
    name = "nlb_quota_loadbalancer_certificates_num"
    assert rest("PATCH", f"/quotas/{name}", {"limit": 30}).json()["limit"] == 30
    assert rest("PATCH", "/quotas/absent", {"limit": 30}).status_code == 404
    assert rest("PATCH", f"/quotas/{name}", {"limit": -1}).status_code == 422
    assert {quota["name"]: quota["limit"] for quota in rest("GET", "/quotas").json()["items"]}[name] == 30
    token = create_token(django_user_model.objects.create_user("bob"))
    refused = client.patch(
        f"/api/v1/quotas/{name}",
        {"limit": 99},
        content_type="application/json",
        headers={"Authorization": f"Bearer {token}"},
    )
    assert refused.status_code == 403
    assert refused.json()["code"] == "quota.forbidden"


def test_the_policies_tell_what_is_asked_for_and_what_is_offered(rest: Call) -> None:
    policies = {policy["id"]: policy for policy in rest("GET", "/tls-policies").json()["items"]}
    assert len(policies) == 5
    assert "AES256-SHA256" in policies["tls_cipher_policy_1_2"]["refused_ciphers"]


def test_a_revision_of_a_listener_counts_its_certificates_changes(rest: Call) -> None:
    listener = factories.make_listener()
    certificate = factories.make_server_certificate()
    services.add_additional_certificates(OPERATOR, listener.pk, certificate_ids=[certificate.pk])
    answer = rest("PATCH", f"/listeners/{listener.pk}", {"name": "shop"}, If_Match='"1"')
    assert answer.status_code == 412
    assert certificate.name in answer.json()["detail"]


def test_the_listeners_of_a_certificate_are_listed_in_any_role(rest: Call) -> None:
    shared, authority = factories.make_server_certificate("a.test"), factories.make_ca_certificate()
    factories.make_listener()
    default = factories.make_listener(certificate_id=shared.pk)
    additional = factories.make_listener(
        additional_certificate_ids=[shared.pk], mutual_authentication=True, ca_certificate_id=authority.pk
    )
    for certificate, users in ((shared, {default.pk, additional.pk}), (authority, {additional.pk})):
        listed = rest("GET", f"/listeners?certificate_id={certificate.pk}").json()["items"]
        assert {listener["id"] for listener in listed} == users
        shown = rest("GET", f"/certificates/{certificate.pk}").json()
        assert {user["id"] for user in shown["used_by"]} == users
        assert shown["used_by_count"] == len(users)
