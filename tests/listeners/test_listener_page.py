"""The pages of one listener: what it does, and changing, starting, stopping and deleting it."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from events.actor import Actor
from listeners import services
from listeners.models import Listener, ListenerStatus, NodeStatus, ServedReceipt, ServerHealth
from tests import factories
from tests.listeners.pages import opened

pytestmark = pytest.mark.django_db

BOB = Actor("bob", "page")


@pytest.fixture
def listener() -> Listener:
    return factories.make_listener(name="shop")


def _url(page: str, listener: Listener) -> str:
    return reverse(f"listener-{page}", args=[listener.pk])


def _observe(listener: Listener, **fields: Any) -> ListenerStatus:
    now = timezone.now()
    NodeStatus.objects.get_or_create(node="node-1", defaults={"pid": 1, "started_at": now, "seen_at": now})
    values = {"state": "running", "desired_version": "v1", "acknowledged_version": "v1", **fields}
    return ListenerStatus.objects.create(listener=listener, node="node-1", **values)


def _values(listener: Listener, **changed: Any) -> dict[str, Any]:
    return {
        "name": listener.name,
        "idle_timeout_seconds": listener.idle_timeout_seconds,
        "connections_per_second": listener.connections_per_second,
        "alpn_policy": listener.alpn_policy,
        "security_policy": listener.security_policy,
        "server_group_id": listener.server_group_id,
        **changed,
    }


def test_the_page_says_what_is_wanted_and_what_each_node_observes(admin_client: Client, listener: Listener) -> None:
    _observe(listener, handshakes=12_345, connections_active=7)
    text = admin_client.get(_url("detail", listener)).text
    for shown in ("node-1", "Running", "Up to date", "12,345"):
        assert shown in text


def test_a_listener_that_no_node_knows_says_so(admin_client: Client, listener: Listener) -> None:
    assert "No node has reported this listener yet" in admin_client.get(_url("detail", listener)).text


def test_a_rejected_configuration_shows_its_reason(admin_client: Client, listener: Listener) -> None:
    problems = [{"code": "engine.rejected", "message": "key does not match"}]
    _observe(listener, state="rejected", acknowledged_version="v0", problems=problems)
    text = admin_client.get(_url("detail", listener)).text
    assert "key does not match" in text
    assert "the last good one serves" in text


def test_each_failure_has_its_reason_in_words_and_a_way_out(admin_client: Client, listener: Listener) -> None:
    _observe(listener, failures={"no-client-certificate": 3, "never-heard-of": 1})
    text = admin_client.get(_url("detail", listener)).text
    assert "Install a client certificate on the client" in text
    assert "A reason that this console has no words for." in text


def test_an_unhealthy_server_shows_why(admin_client: Client, listener: Listener) -> None:
    server = factories.group_of(listener).servers.get()
    ServerHealth.objects.create(
        server=server, listener=listener, node="node-1", state="unhealthy", reason="refused", since=timezone.now()
    )
    text = admin_client.get(_url("detail", listener)).text
    assert "Unhealthy" in text
    assert "refused" in text


def test_served_receipts_are_listed(admin_client: Client, listener: Listener) -> None:
    common = {"listener": listener, "node": "node-1", "expected_sha256": "ab" * 32, "at": timezone.now()}
    ServedReceipt.objects.create(
        **common, server_name="a.test", served_sha256="ab" * 32, is_expected=True, handshake_milliseconds=2.5
    )
    ServedReceipt.objects.create(**common, served_sha256="cd" * 32, is_expected=False, names_left_out=4)
    text = admin_client.get(_url("detail", listener)).text
    assert "a.test" in text
    assert "2.5 ms" in text
    assert "Not as expected" in text
    assert "and 4 names not asked one by one" in text


def test_the_live_part_is_sent_again_only_when_it_changed(admin_client: Client, listener: Listener) -> None:
    status = _observe(listener)
    first = admin_client.get(_url("live", listener))
    assert first.status_code == 200
    assert "<html" not in first.text
    again = admin_client.get(_url("live", listener), headers={"if-none-match": first["ETag"]})
    assert again.status_code == 304
    ListenerStatus.objects.filter(pk=status.pk).update(handshakes=9)
    assert admin_client.get(_url("live", listener), headers={"if-none-match": first["ETag"]}).status_code == 200


def test_a_change_is_confirmed_with_what_it_does_to_open_connections(admin_client: Client, listener: Listener) -> None:
    page = admin_client.get(_url("edit", listener))
    sent = _values(listener, idle_timeout_seconds="60", security_policy="tls_cipher_policy_1_2_strict") | opened(page)
    review = admin_client.post(_url("edit", listener), sent)
    assert "Open connections of this listener end after the drain time" in review.text
    assert "tls_cipher_policy_1_0" in review.text
    assert "curl -X PATCH" in review.text
    listener.refresh_from_db()
    assert listener.idle_timeout_seconds == 900
    answer = admin_client.post(_url("edit", listener), sent | {"go": "confirm"})
    assert answer["Location"] == _url("detail", listener)
    listener.refresh_from_db()
    assert (listener.idle_timeout_seconds, listener.security_policy) == (60, "tls_cipher_policy_1_2_strict")
    assert listener.updated_by == "admin"


def test_another_server_group_is_shown_by_name(admin_client: Client, listener: Listener) -> None:
    group = factories.make_server_group()
    page = admin_client.get(_url("edit", listener))
    sent = _values(listener, server_group_id=group.pk) | opened(page)
    review = admin_client.post(_url("edit", listener), sent)
    assert f'<span class="is">{group.name}</span>' in review.text


def test_back_from_the_confirmation_keeps_what_was_typed(admin_client: Client, listener: Listener) -> None:
    page = admin_client.get(_url("edit", listener))
    sent = _values(listener, name="typed-name") | opened(page)
    assert 'value="typed-name"' in admin_client.post(_url("edit", listener), sent | {"go": "back"}).text


def test_a_save_without_a_change_says_so(admin_client: Client, listener: Listener) -> None:
    page = admin_client.get(_url("edit", listener))
    answer = admin_client.post(_url("edit", listener), _values(listener) | opened(page), follow=True)
    assert "Nothing was changed" in answer.text


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("idle_timeout_seconds", "9"),
        ("connections_per_second", "-1"),
        ("alpn_policy", "HTTP3"),
        ("security_policy", "none"),
        ("server_group_id", ""),
    ],
)
def test_a_bad_value_is_refused_at_its_field(admin_client: Client, listener: Listener, field: str, value: str) -> None:
    page = admin_client.get(_url("edit", listener))
    answer = admin_client.post(_url("edit", listener), _values(listener, **{field: value}) | opened(page))
    assert answer.status_code == 422
    assert answer.context["form"].errors[field]


def test_a_name_that_the_service_refuses_is_shown_at_the_name(admin_client: Client, listener: Listener) -> None:
    page = admin_client.get(_url("edit", listener))
    sent = _values(listener, name="a b") | opened(page) | {"go": "confirm"}
    assert admin_client.post(_url("edit", listener), sent).context["form"].errors["name"]


def test_a_stale_save_shows_what_the_other_did_and_keeps_what_was_typed(
    admin_client: Client, listener: Listener
) -> None:
    page = admin_client.get(_url("edit", listener))
    services.update_listener(BOB, listener.pk, idle_timeout_seconds=60)
    sent = _values(listener, name="mine") | opened(page) | {"go": "confirm"}
    answer = admin_client.post(_url("edit", listener), sent)
    assert answer.status_code == 409
    assert "bob" in answer.text
    assert "900 → <strong>60</strong>" in answer.text
    assert 'value="mine"' in answer.text
    offered = answer.context["form"].initial
    admin_client.post(
        _url("edit", listener), offered | opened(answer) | {"go": "confirm", "proxy_protocol_enabled": ""}
    )
    listener.refresh_from_db()
    assert (listener.name, listener.idle_timeout_seconds) == ("mine", 60)


def test_a_forged_opening_is_taken_as_the_stored_one(admin_client: Client, listener: Listener) -> None:
    sent = _values(listener, name="new") | {"revision": "x", "opened": "forged"}
    assert admin_client.post(_url("edit", listener), sent).status_code == 200


def test_stop_and_start_ask_first_and_say_what_happens(admin_client: Client, listener: Listener) -> None:
    page = admin_client.get(_url("stop", listener))
    assert "New connections are refused" in page.text
    assert "curl -X POST" in page.text
    admin_client.post(_url("stop", listener), opened(page))
    listener.refresh_from_db()
    assert listener.desired == "stopped"
    admin_client.post(_url("start", listener), opened(admin_client.get(_url("start", listener))))
    listener.refresh_from_db()
    assert listener.desired == "running"


def test_delete_asks_first_and_leaves_certificates_and_servers(admin_client: Client, listener: Listener) -> None:
    certificate, group = listener.bindings.get().certificate, factories.group_of(listener)
    page = admin_client.get(_url("delete", listener))
    assert Listener.objects.exists()
    answer = admin_client.post(_url("delete", listener), opened(page))
    assert answer["Location"] == reverse("load-balancer-detail", args=[listener.load_balancer_id])
    assert not Listener.objects.exists()
    certificate.refresh_from_db()
    group.refresh_from_db()


def test_a_stale_deletion_is_refused(admin_client: Client, listener: Listener) -> None:
    page = admin_client.get(_url("delete", listener))
    services.update_listener(BOB, listener.pk, name="other")
    answer = admin_client.post(_url("delete", listener), opened(page))
    assert answer.status_code == 412
    assert "bob" in answer.text
    assert Listener.objects.exists()
