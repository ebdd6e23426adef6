"""Whether anybody would notice that alerts have stopped: the warning on every page, figures, and the heartbeat."""

import datetime as dt
from collections.abc import Iterator

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from alerts import context
from alerts.heartbeat import beat, heartbeat, set_heartbeat
from alerts.models import Heartbeat, Scan
from alerts.scanning import run_scan
from alerts.services.resending import send_test
from console.errors import InvalidInputError, StaleError
from console.sealing import unseal
from events.actor import SYSTEM
from events.models import Change
from tests.alerts.rows import allow_loopback, make_certificate, make_webhook
from tests.alerts.servers import Receiver, status

pytestmark = pytest.mark.django_db(transaction=True)
WARNING = "No expiry scan for"


@pytest.fixture
def _looking() -> Iterator[None]:
    """Have the next page look whether the scan runs."""
    context.forget()
    yield
    context.keep("")


@pytest.mark.usefixtures("_looking")
@pytest.mark.parametrize("path", ["/", "/certificates/", "/alerts/channels/", "/nodes/"])
def test_every_page_warns_when_no_scan_ran_for_twice_its_period(
    admin_client: Client, clock: time_machine.Traveller, path: str
) -> None:
    run_scan(SYSTEM)
    assert WARNING not in admin_client.get(path).content.decode()
    context.forget()
    clock.shift(dt.timedelta(minutes=22))
    assert WARNING in admin_client.get(path).content.decode()


@pytest.mark.usefixtures("_looking")
def test_scan_that_failed_is_no_healthy_one(admin_client: Client) -> None:
    Scan.objects.create(
        started_at=timezone.now() - dt.timedelta(hours=1), finished_at=timezone.now(), requested_by="lbadmin"
    )
    Scan.objects.create(started_at=timezone.now(), finished_at=timezone.now(), requested_by="lbadmin", problem="broken")
    assert WARNING in admin_client.get("/").content.decode()


@pytest.mark.usefixtures("_looking")
def test_a_process_looks_once_in_a_while(admin_client: Client) -> None:
    admin_client.get("/nodes/")
    Scan.objects.create(
        started_at=timezone.now() - dt.timedelta(hours=1), finished_at=timezone.now(), requested_by="lbadmin"
    )
    assert WARNING not in admin_client.get("/nodes/").content.decode()


def test_metrics_tell_of_scans_messages_channels_and_the_heartbeat(admin_client: Client, receiver: Receiver) -> None:
    make_certificate(timezone.now() + dt.timedelta(days=5))
    channel = make_webhook(receiver.url, name="pager")
    run_scan(SYSTEM)
    send_test(SYSTEM, channel.pk)
    set_heartbeat(SYSTEM, url=receiver.url)
    beat()
    figures = admin_client.get("/metrics").content.decode()
    for line in (
        "lbadmin_alerts_open_notices 1.0",
        'lbadmin_alerts_deliveries{state="pending"} 1.0',
        'lbadmin_alerts_deliveries{state="sent"} 1.0',
        f'lbadmin_alerts_channel_up{{channel="{channel.pk}",kind="webhook",name="pager"}} 1.0',
        "lbadmin_alerts_heartbeat_up 1.0",
    ):
        assert line in figures
    for name in ("last_scan", "next_scan", "last_delivery", "heartbeat"):
        assert f"\nlbadmin_alerts_{name}_timestamp_seconds 1." in figures


def test_dashboard_tells_of_the_last_delivery_and_the_queue(admin_client: Client, receiver: Receiver) -> None:
    make_certificate(timezone.now() + dt.timedelta(days=5))
    channel = make_webhook(receiver.url)
    run_scan(SYSTEM)
    send_test(SYSTEM, channel.pk)
    content = admin_client.get("/").content.decode()
    assert "1 message waits" in content
    assert "Last delivery" in content


def test_heartbeat_is_asked_and_kept(receiver: Receiver) -> None:
    allow_loopback()
    receiver.answer = status(200)
    row = set_heartbeat(SYSTEM, url=receiver.url + "/very-secret")
    assert (row.host, row.last_at) == ("127.0.0.1", None)
    assert b"very-secret" not in bytes(row.sealed_url or b"")
    assert unseal(row.sealed_url or b"").decode().endswith("very-secret")
    assert beat().last_at is not None
    assert [request.path for request in receiver.requests] == ["/hook/very-secret"]
    assert "very-secret" not in str(Change.objects.get(kind="heartbeat.updated").__dict__)


def test_heartbeat_that_is_refused_is_shown_and_harms_no_scan(receiver: Receiver, admin_client: Client) -> None:
    allow_loopback()
    receiver.answer = status(500)
    set_heartbeat(SYSTEM, url=receiver.url)
    assert run_scan(SYSTEM).problem == ""
    assert beat().last_problem == "It answered 500."
    assert "It answered 500." in admin_client.get("/alerts/heartbeat/").content.decode()
    assert "Failing" in admin_client.get("/").content.decode()
    receiver.answer = status(204)
    assert beat().last_problem == ""


def test_heartbeat_goes_to_no_private_address(receiver: Receiver) -> None:
    set_heartbeat(SYSTEM, url=receiver.url)
    assert "Allowed ranges" in beat().last_problem
    assert receiver.requests == []


def test_no_address_is_no_heartbeat() -> None:
    assert beat().pk is None
    set_heartbeat(SYSTEM, url="https://beats.example.test/x")
    set_heartbeat(SYSTEM, url="")
    assert heartbeat().sealed_url is None
    assert Heartbeat.objects.count() == 1


@pytest.mark.parametrize("url", ["ftp://example.test/", "nonsense", "http://me:secret@example.test/"])
def test_address_of_the_heartbeat_must_be_one(url: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        set_heartbeat(SYSTEM, url=url)
    assert refused.value.field == "url"
    assert not Heartbeat.objects.exists()


def test_second_of_two_who_set_the_heartbeat_is_told() -> None:
    set_heartbeat(SYSTEM, url="https://one.example.test/", expected_revision=0)
    with pytest.raises(StaleError):
        set_heartbeat(SYSTEM, url="https://two.example.test/", expected_revision=0)


def test_page_sets_the_heartbeat_and_switches_it_off(admin_client: Client) -> None:
    page = "/alerts/heartbeat/"
    assert admin_client.post(page, {"url": "", "revision": "0"}).status_code == 422
    saved = admin_client.post(page, {"url": "https://beats.example.test/its-secret", "revision": "0"})
    assert saved["Location"] == page
    content = admin_client.get(page).content.decode()
    assert "beats.example.test" in content
    assert "its-secret" not in content
    admin_client.post(page, {"off": "1", "url": "", "revision": "1"})
    assert heartbeat().host == ""
