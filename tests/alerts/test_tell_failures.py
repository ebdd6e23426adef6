"""Failures of the data plane and of addresses outside are told once, and when they are over."""

import datetime as dt

import pytest
import time_machine
from django.contrib.auth.models import User
from django.core import mail
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from alerts.models import HandshakeWatch
from alerts.people.owners import with_owner
from alerts.scanning import run_scan
from alerts.sending.deliveries import send_due
from alerts.watching import watch_failures
from events.actor import SYSTEM
from events.models import Change, Notice
from listeners.models import Listener, ListenerStatus, NodeStatus, ServedReceipt, ServerHealth
from tests.alerts.rows import DAY, NOW, make_email
from tests.factories import make_listener, make_server_group
from watchlist.models import WatchedAddress

pytestmark = pytest.mark.django_db(transaction=True)
MINUTE = dt.timedelta(minutes=1)


@pytest.fixture(autouse=True)
def channel() -> None:
    make_email()


@pytest.fixture
def listener() -> Listener:
    row = make_listener()
    Listener.objects.filter(pk=row.pk).update(desired=Listener.Desired.RUNNING)
    report_node()
    return row


def report_node(name: str = "edge-1", *, ago: dt.timedelta = dt.timedelta(0), problem: str = "") -> None:
    now = timezone.now()
    NodeStatus.objects.update_or_create(
        node=name, defaults={"pid": 1, "started_at": now, "seen_at": now - ago, "problem": problem}
    )


def tell() -> list[str]:
    """Look for failures, send what there is to say, and return the subjects of the new messages."""
    before = len(mail.outbox)
    watch_failures(timezone.now())
    send_due(10)
    return [str(message.subject) for message in mail.outbox[before:]]


def text() -> str:
    return str(mail.outbox[-1].body)


def receipt(listener: Listener, name: str, error: str = "") -> None:
    ServedReceipt.objects.create(
        listener=listener,
        node="edge-1",
        server_name=name,
        expected_sha256="a" * 64,
        served_sha256=("b" if error else "a") * 64,
        is_expected=not error,
        error=error,
        at=timezone.now(),
    )


def status(listener: Listener, state: str, node: str = "edge-1", **fields: object) -> None:
    ListenerStatus.objects.update_or_create(listener=listener, node=node, defaults={"state": state, **fields})


def test_other_certificate_than_the_stored_one_is_told_until_it_is_served(listener: Listener) -> None:
    receipt(listener, "shop.test", "The listener serves another certificate.")
    (subject,) = tell()
    assert str(listener) in subject
    assert "shop.test: The listener serves another certificate" in text()
    assert f"/listeners/{listener.pk}/" in text()
    receipt(listener, "www.shop.test", "The listener serves another certificate.")
    assert tell() == []  # the same trouble goes on
    receipt(listener, "shop.test")
    receipt(listener, "www.shop.test")
    (subject,) = tell()
    assert "Resolved" in subject
    assert not Notice.objects.filter(is_open=True).exists()


def test_stopped_listener_serves_nothing_wrong(listener: Listener) -> None:
    receipt(listener, "shop.test", "The listener serves another certificate.")
    Listener.objects.update(desired=Listener.Desired.STOPPED)
    assert tell() == []


def test_rejected_configuration_is_told_in_the_words_of_the_engine(listener: Listener) -> None:
    reason = "Didn't find a registered\nimplementation"
    problems = [{"code": "engine.refused", "parameters": {"reason": reason}, "message": reason}]
    status(listener, "rejected", desired_version="v2", problems=problems)
    (subject,) = tell()
    assert "\n" not in subject
    assert "Didn't find a registered implementation" in subject
    status(listener, "running", problems=[])
    (subject,) = tell()
    assert "Resolved" in subject
    status(listener, "rejected", desired_version="v2", problems=problems)
    assert len(tell()) == 1  # it came back, and so is told afresh


def test_listener_that_another_node_serves_is_not_blocked(listener: Listener) -> None:
    report_node("edge-2")
    blocked = [{"code": "listener.owned", "parameters": {}, "message": "edge-1 owns it"}]
    status(listener, "running")
    status(listener, "blocked", node="edge-2", problems=blocked)
    assert tell() == []
    status(listener, "blocked", problems=blocked)
    assert len(tell()) == 1


def test_node_that_falls_silent_is_told_and_one_that_is_stopped_is_not() -> None:
    report_node("edge-1", ago=MINUTE)
    report_node("edge-2", ago=DAY, problem=NodeStatus.STOPPED)
    assert tell() == []  # a restart takes seconds
    report_node("edge-1", ago=3 * MINUTE)
    (subject,) = tell()
    assert "edge-1" in subject
    assert "3 minutes" in subject
    report_node("edge-1")
    (subject,) = tell()
    assert "Resolved: edge-1" in subject


def test_what_a_gone_node_saw_last_is_no_news(listener: Listener) -> None:
    status(listener, "rejected", problems=[{"code": "x", "message": "no"}])
    report_node(ago=3 * MINUTE)
    (subject,) = tell()
    assert "Node: edge-1" in subject


def test_group_is_down_when_all_of_its_servers_are(listener: Listener) -> None:
    group = make_server_group("10.0.0.1", "10.0.0.2")
    first, second = group.servers.order_by("pk")
    since = timezone.now() - 5 * MINUTE
    for server, state in ((first, "unhealthy"), (second, "healthy")):
        ServerHealth.objects.create(server=server, listener=listener, node="edge-1", state=state, since=since)
    assert tell() == []
    ServerHealth.objects.filter(server=second).update(state="unhealthy", since=timezone.now())
    assert tell() == []  # not for half a minute yet
    ServerHealth.objects.filter(server=second).update(since=since)
    (subject,) = tell()
    assert group.name in subject
    assert f"/server-groups/{group.pk}/" in text()
    ServerHealth.objects.filter(server=first).update(state="healthy", since=timezone.now())
    (subject,) = tell()
    assert "Resolved" in subject


def test_jump_of_failed_handshakes_is_told_and_little_traffic_is_not(listener: Listener) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        status(listener, "running", handshakes=10_000, failures={"unknown-ca": 100})
        report_node()

        def five_minutes(handshakes: int, **failures: int) -> list[str]:
            clock.shift(5 * MINUTE)
            report_node()
            row = ListenerStatus.objects.get()
            counted = {reason: row.failures.get(reason, 0) + failures.get(reason, 0) for reason in failures}
            status(listener, "running", handshakes=row.handshakes + handshakes, failures={**row.failures, **counted})
            return tell()

        assert tell() == []
        assert five_minutes(100) == []
        assert five_minutes(2, unknown_ca=0, **{"unknown-ca": 40}) == []  # hardly anybody calls
        assert five_minutes(100, **{"not-tls": 900}) == []  # strangers at the door
        (subject,) = five_minutes(100, **{"protocol-version": 60})
        assert "60 of the last 160 handshakes failed" in subject
        assert five_minutes(100, **{"protocol-version": 60}) == []
        assert HandshakeWatch.objects.get().jumped_since is not None
        (subject,) = five_minutes(200, **{"protocol-version": 3})
        assert "Resolved" in subject


def watched(**fields: object) -> WatchedAddress:
    return WatchedAddress.objects.create(
        name="partner", host="partner.test", port=443, next_check_at=timezone.now(), created_by="alice", **fields
    )


def test_certificate_outside_is_told_before_its_end_and_settled_by_a_new_one() -> None:
    now = timezone.now()
    row = watched(
        sha256="a", ends_sha256="a", not_before=now - 60 * DAY, not_after=now + 6 * DAY, ends_at=now + 6 * DAY
    )
    run_scan(SYSTEM)
    send_due(10)
    (message,) = mail.outbox
    assert message.subject.startswith("partner expires in")
    assert f"/watch-list/{row.pk}/" in message.body
    later = now + 80 * DAY
    WatchedAddress.objects.update(sha256="b", ends_sha256="b", not_before=now, not_after=later, ends_at=later)
    run_scan(SYSTEM)
    send_due(10)
    assert "Resolved" in mail.outbox[-1].subject


def test_address_that_fails_three_times_in_a_row_is_told() -> None:
    row = watched(failures=2, failing_since=timezone.now(), problem={"code": "connect-refused", "parameters": {}})
    assert tell() == []
    WatchedAddress.objects.update(failures=3)
    (subject,) = tell()
    assert subject.startswith("partner The connection was refused")
    WatchedAddress.objects.filter(pk=row.pk).delete()
    (subject,) = tell()
    assert "Resolved" in subject


def test_untrusted_certificate_outside_is_told_once() -> None:
    watched(sha256="a", trust_problems=[{"code": "name-mismatch", "parameters": {"name": "partner.test"}}])
    (subject,) = tell()
    assert "not for “partner.test”" in subject
    assert tell() == []


def test_notice_of_an_address_outside_is_its_owners() -> None:
    watched(failures=3, failing_since=timezone.now(), problem={"code": "timeout", "parameters": {"seconds": "15"}})
    WatchedAddress.objects.update(owner="network team")
    watch_failures(timezone.now())
    (notice,) = with_owner(Notice.objects.all())
    assert vars(notice)["owner"] == "network team"


def test_notices_of_every_kind_have_a_line_and_their_page(listener: Listener) -> None:
    row = watched(
        failures=3, failing_since=timezone.now(), problem={"code": "timeout", "parameters": {"seconds": "15"}}
    )
    report_node("edge/2", ago=3 * MINUTE)
    receipt(listener, "shop.test", "The listener serves another certificate.")
    watch_failures(timezone.now())
    client = Client()
    client.force_login(User.objects.create_user("alice"))
    text = client.get(reverse("notice-list")).content.decode()
    for address in (
        reverse("watched-detail", args=[row.pk]),
        reverse("node-list"),
        reverse("listener-detail", args=[listener.pk]),
    ):
        assert f'href="{address}"' in text
    for noun in ("Watched address", "Node", "Served certificate"):
        assert f'<span class="cell-sub">{noun}</span>' in text


def test_forgotten_node_is_resolved_and_its_last_words_with_it(listener: Listener, admin_client: Client) -> None:
    receipt(listener, "shop.test", "The listener serves another certificate.")
    report_node(ago=3 * MINUTE)
    assert len(tell()) == 1
    assert "/nodes/edge-1/forget/" in admin_client.get("/nodes/").content.decode()
    assert "last seen" in admin_client.get("/nodes/edge-1/forget/").content.decode()
    assert admin_client.post("/nodes/edge-1/forget/").status_code == 302
    assert Notice.objects.filter(is_open=True).count() == 0
    assert ServedReceipt.objects.filter(node="edge-1").exists()
    assert Change.objects.filter(kind="node.forgotten", object_id="edge-1").exists()
    (subject,) = tell()
    assert "Resolved" in subject


def test_node_that_reports_is_not_forgotten(admin_client: Client) -> None:
    report_node()
    refused = admin_client.delete("/api/v1/nodes/edge-1")
    assert (refused.status_code, refused.json()["code"]) == (409, "node.reporting")
    with pytest.raises(CommandError, match="still reports"):
        call_command("forgetnode", "edge-1")
    report_node(problem=NodeStatus.STOPPED)
    assert admin_client.delete("/api/v1/nodes/edge-1").status_code == 204
    assert admin_client.delete("/api/v1/nodes/edge-1").status_code == 404
