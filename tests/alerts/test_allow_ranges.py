"""Where messages may go: the public Internet, and what an administrator allows."""

import importlib
import json
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from access.tokens import create_token
from alerts.models import AllowedRange, Channel, Delivery
from alerts.scanning import run_scan
from alerts.sending.deliveries import send_due
from alerts.services.channels import create_channel
from alerts.services.ranges import allow_range, forbid_range
from alerts.services.resending import send_test
from console.errors import ConflictError, ForbiddenError, InvalidInputError
from events.actor import COMMAND, SYSTEM
from events.models import Change
from tests.alerts.rows import DAY, make_certificate
from tests.alerts.servers import Receiver, status

pytestmark = pytest.mark.django_db(transaction=True)
LOOPBACK = "127.0.0.0/8"


def webhook(url: str) -> Channel:
    return create_channel(SYSTEM, kind="webhook", name="pager", target=url).channel


def test_private_receiver_is_refused_until_its_range_is_allowed(receiver: Receiver) -> None:
    make_certificate(timezone.now() + 5 * DAY)
    channel = webhook(receiver.url)
    run_scan(SYSTEM)
    send_due(3)
    delivery = Delivery.objects.get()
    assert delivery.state == Delivery.State.PENDING
    assert "127.0.0.1, which is no address of the public Internet" in delivery.last_error
    assert "Allowed ranges" in delivery.last_error
    assert receiver.requests == []
    allow_range(COMMAND, network=LOOPBACK, reason="The pager")
    send_due(3)
    delivery.refresh_from_db()
    channel.refresh_from_db()
    assert (delivery.state, channel.failing_since) == (Delivery.State.SENT, None)


def test_address_is_checked_on_every_try(receiver: Receiver) -> None:
    row = allow_range(COMMAND, network=LOOPBACK, reason="The pager")
    channel = webhook(receiver.url)
    assert send_test(SYSTEM, channel.pk).state == Delivery.State.SENT
    forbid_range(COMMAND, row.pk)
    assert send_test(SYSTEM, channel.pk).state == Delivery.State.FAILED
    assert len(receiver.requests) == 1


@pytest.mark.parametrize("host", ["2130706433", "0x7f.1", "0177.0.0.1", "[::ffff:127.0.0.1]", "localhost"])
def test_spelling_of_a_private_address_does_not_matter(receiver: Receiver, host: str) -> None:
    channel = webhook(receiver.url.replace("127.0.0.1", host))
    result = send_test(SYSTEM, channel.pk)
    assert "no address of the public Internet" in result.last_error or "Invalid IPv4 address" in result.last_error
    assert receiver.requests == []


def test_redirect_into_the_private_is_not_followed(receiver: Receiver) -> None:
    allow_range(COMMAND, network=LOOPBACK, reason="The pager")
    receiver.answer = status(307, Location="http://10.0.0.1/")
    assert "redirects are not followed" in send_test(SYSTEM, webhook(receiver.url).pk).last_error


@pytest.mark.parametrize(
    ("network", "code"),
    [
        ("10.0.0.0/33", "allowed-range.invalid"),
        ("10.0.0.1/8", "allowed-range.invalid"),
        ("nonsense", "allowed-range.invalid"),
        ("", "allowed-range.invalid"),
        ("0.0.0.0/0", "allowed-range.too-wide"),
        ("::/1", "allowed-range.too-wide"),
    ],
)
def test_range_must_be_one(network: str, code: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        allow_range(COMMAND, network=network, reason="x")
    assert (refused.value.code, refused.value.field) == (code, "network")
    assert not AllowedRange.objects.exists()


@pytest.mark.parametrize("reason", ["", "  ", "x" * 201, "a\u202eb"])
def test_range_needs_a_reason(reason: str) -> None:
    with pytest.raises(InvalidInputError):
        allow_range(COMMAND, network="10.0.0.0/8", reason=reason)


def test_same_range_is_allowed_once() -> None:
    allow_range(COMMAND, network="10.0.0.1", reason="x")
    with pytest.raises(ConflictError):
        allow_range(COMMAND, network="10.0.0.1/32", reason="x")


def test_only_administrators_change_ranges_and_each_change_is_kept(client: Client, admin_client: Client) -> None:
    client.force_login(User.objects.create_user("olga"))
    form = {"network": "10.20.0.0/16", "reason": "The pager"}
    assert client.post("/alerts/ranges/create/", form).status_code == 422
    assert "staff status" in client.get("/alerts/ranges/").content.decode()
    assert admin_client.post("/alerts/ranges/create/", form)["Location"] == "/alerts/ranges/"
    row = AllowedRange.objects.get()
    assert "10.20.0.0/16" in client.get("/alerts/ranges/").content.decode()
    assert client.post(f"/alerts/ranges/{row.pk}/delete/").status_code == 403
    assert "The pager" in admin_client.get(f"/alerts/ranges/{row.pk}/delete/").content.decode()
    admin_client.post(f"/alerts/ranges/{row.pk}/delete/")
    assert not AllowedRange.objects.exists()
    kinds = Change.objects.filter(object_type="allowed_range").order_by("pk").values_list("kind", "actor_name")
    assert list(kinds) == [("allowed_range.created", "admin"), ("allowed_range.deleted", "admin")]


def test_rest_allows_lists_and_takes_back_for_administrators_alone(client: Client) -> None:
    staff = User.objects.create_user("root", is_staff=True)
    tokens = {user.username: create_token(user, "test") for user in (staff, User.objects.create_user("olga"))}

    def api(method: str, path: str, who: str, body: Any = None) -> Any:
        return client.generic(
            method,
            f"/api/v1{path}",
            json.dumps(body) if body else "",
            content_type="application/json",
            headers={"Authorization": f"Bearer {tokens[who]}"},
        )

    body = {"network": "192.168.7.0/24", "reason": "The pager"}
    assert api("POST", "/allowed-ranges", "olga", body).status_code == 403
    made = api("POST", "/allowed-ranges", "root", body)
    assert made.status_code == 201
    (row,) = api("GET", "/allowed-ranges", "olga").json()["items"]
    assert (row["network"], row["created_by"]) == ("192.168.7.0/24", "root")
    assert api("DELETE", f"/allowed-ranges/{row['id']}", "olga").status_code == 403
    assert api("DELETE", f"/allowed-ranges/{row['id']}", "root").status_code == 204
    assert api("DELETE", f"/allowed-ranges/{row['id']}", "root").status_code == 404


def test_someone_who_is_no_administrator_any_more_is_none() -> None:
    with pytest.raises(ForbiddenError):
        allow_range(SYSTEM, network="10.0.0.0/8", reason="x")


def test_upgrade_allows_the_private_addresses_that_webhooks_name() -> None:
    for number, target in enumerate(
        (
            "http://10.1.2.3/hook",
            "http://2130706433/",
            "https://[fd00::1]:8443/x",
            "https://8.8.8.8/",
            "http://pager.test/",
        )
    ):
        create_channel(SYSTEM, kind="webhook", name=f"pager-{number}", target=target)
    migration = importlib.import_module("alerts.migrations.0009_allow_ranges_in_use")
    migration.allow_ranges_in_use(apps, None)
    migration.allow_ranges_in_use(apps, None)
    allowed = set(AllowedRange.objects.values_list("network", flat=True))
    assert allowed == {"10.1.2.3/32", "127.0.0.1/32", "fd00::1/128"}
