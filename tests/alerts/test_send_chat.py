"""Chat and paging services, spoken to by a process of its own."""

import json
from urllib.parse import urlsplit

import pytest
from django.test import Client
from django.utils import timezone

from alerts.models import Channel, Delivery
from alerts.scanning import run_scan
from alerts.sending.deliveries import send_due
from alerts.services.channels import create_channel, update_channel
from alerts.services.resending import send_test
from alerts.transports.chat.conversation import chat_address, converse
from alerts.transports.chat.process import Guard
from console.errors import InvalidInputError
from console.routable import PUBLIC
from console.sealing import unseal
from events.actor import SYSTEM
from events.models import Change
from tests.alerts.rows import DAY, allow_loopback, make_certificate
from tests.alerts.servers import Receiver, status

pytestmark = pytest.mark.django_db(transaction=True)


def chat(receiver: Receiver, scheme: str = "json", path: str = "/topic") -> Channel:
    """Create a channel to a service that may run anywhere, here on the receiver."""
    target = f"{scheme}://{urlsplit(receiver.url).netloc}{path}"
    return create_channel(SYSTEM, kind="apprise", name="chat", target=target).channel


def test_message_arrives_with_its_subject_and_text(receiver: Receiver) -> None:
    allow_loopback()
    receiver.answer = status(200, b"{}")
    make_certificate(timezone.now() + 5 * DAY, name="shop")
    chat(receiver)
    run_scan(SYSTEM)
    send_due(20)
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.last_answer) == (Delivery.State.SENT, "Accepted by JSON.")
    posted = json.loads(receiver.requests[0].body)
    assert posted["title"] == "shop expires in 4 days"
    assert "shop" in posted["message"]
    assert posted["type"] == "warning"


def test_guard_holds_for_every_service(receiver: Receiver) -> None:
    result = send_test(SYSTEM, chat(receiver, "ntfy").pk)
    assert result.state == Delivery.State.FAILED
    assert "127.0.0.1, which is no address of the public Internet" in result.last_error
    assert receiver.requests == []


def test_redirect_into_the_private_is_refused(receiver: Receiver) -> None:
    allow_loopback()
    receiver.answer = status(302, Location="http://10.9.8.7/")
    assert "10.9.8.7" in send_test(SYSTEM, chat(receiver).pk).last_error


def test_answer_of_the_service_is_kept_without_the_secret(receiver: Receiver) -> None:
    allow_loopback()
    receiver.answer = status(500)
    result = send_test(SYSTEM, chat(receiver, path="/hidden-token-in-the-path").pk)
    assert "error=500" in result.last_answer
    logged = result.attempt_log.get()
    for text in (result.last_error, result.last_answer, logged.request, logged.answer, logged.error):
        assert "secret-password" not in text


def test_secrets_of_the_address_are_sealed_masked_and_in_no_change(admin_client: Client) -> None:
    address = "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#alerts"
    form = {"name": "chat", "target": address, "language": ""}
    admin_client.post("/alerts/channels/create/apprise/", form)
    channel = Channel.objects.get()
    assert unseal(channel.sealed_target or b"").decode() == address
    pages = [f"/alerts/channels/{channel.pk}/", f"/alerts/channels/{channel.pk}/edit/", "/alerts/channels/"]
    for text in (channel.target, *(admin_client.get(page).content.decode() for page in pages)):
        assert text
        assert "TIiajkdnlazkcOXrIdevi7FQ" not in text
    assert not Change.objects.filter(detail__icontains="TIiajkdnlazkcOXrIdevi7FQ").exists()


def test_address_stays_when_only_the_name_is_changed() -> None:
    address = "ntfys://user:password1@ntfy.example.test/alerts"
    channel = create_channel(SYSTEM, kind="apprise", name="chat", target=address).channel
    update_channel(SYSTEM, channel.pk, name="renamed", target=channel.target)
    channel.refresh_from_db()
    assert (channel.name, unseal(channel.sealed_target or b"").decode()) == ("renamed", address)
    assert "password1" not in channel.target


@pytest.mark.parametrize("address", ["nonsense", "pigeon://coop/", "syslog://", "dbus://", "", "json://a b"])
def test_what_is_no_service_that_reaches_people_is_refused(address: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        chat_address(address)
    assert refused.value.field == "target"


@pytest.mark.parametrize(
    ("event", "arguments"),
    [
        ("subprocess.Popen", ("sh", [], None, None)),
        ("os.system", ("true",)),
        ("open", ("/etc/passwd", "r", 0)),
        ("open", ("/srv/secret", "r", 0)),
        ("open", ("/usr/lib/x", "w", 0o1101)),
    ],
)
def test_process_may_run_nothing_and_read_no_file_of_ours(event: str, arguments: tuple[object, ...]) -> None:
    with pytest.raises(PermissionError):
        Guard(PUBLIC)(event, arguments)


def test_local_services_are_refused_before_anything_is_sent() -> None:
    assert converse({"verb": "send", "url": "syslog://"})["problem"] == "local"
