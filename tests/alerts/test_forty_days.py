"""The last forty days of a certificate that lives for ninety: every message, to the hour, over real wires.

Owner and managers are told at once and by a daily digest, those on call after a day without an answer. In the middle
of it the clocks of the managers go back.
"""

import datetime as dt
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import pytest
import time_machine
from django.test import Client
from standardwebhooks import Webhook

from alerts.models import AlertRule, AlertStep, Contact
from alerts.people.timing import DAILY, Timing
from alerts.scanning import run_scan
from alerts.sending.deliveries import send_due
from alerts.services.acknowledgements import acknowledge
from alerts.services.channels import create_channel
from alerts.services.contacts import create_contact
from alerts.services.groups import create_group
from certificates.models import Certificate
from events.actor import SYSTEM, Actor
from events.models import Notice
from tests.alerts.rows import DAY, allow_loopback, make_certificate, replace
from tests.alerts.servers import Mailbox, Receiver

pytestmark = pytest.mark.django_db
START = dt.datetime(2026, 10, 1, 12, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)
Deed = Sequence[Callable[[], object]]
NINE_IN_BERLIN = Timing("Europe/Berlin", pace=DAILY, digest_at=dt.time(9))
# (day, hour in UTC, to whom, what)
STORY = [
    (10, 12, "ana", "api.test expires in 29 days, and 1 more certificate"),
    (11, 7, "managers", "api.test expires in 29 days, and 1 more certificate"),
    (11, 12, "ben", "api.test expires in 28 days, and 1 more certificate"),
    (11, 12, "pager", "certificate.expiring"),
    (12, 12, "ana", "Resolved: api.test (replaced by version 2, which ends on 2027-01-11)"),
    (12, 12, "ben", "Resolved: api.test (replaced by version 2, which ends on 2027-01-11)"),
    (12, 12, "pager", "notice.resolved"),
    (13, 7, "managers", "Resolved: api.test (replaced by version 2, which ends on 2027-01-11)"),
    # Ana put it off by the link in her mail on day 12: in a week it begins anew.
    (19, 12, "ana", "shop.test expires in 21 days"),
    (20, 7, "managers", "shop.test expires in 20 days"),
    # Ben takes it on before he is called again. Neither 7 days nor 1 day before the end anybody hears of it …
    (40, 12, "ana", "shop.test expired 0 seconds ago"),  # … but the end itself is told.
    (40, 15, "ana", "Resolved: shop.test (replaced by version 2, which ends on 2027-02-08)"),
    (40, 15, "ben", "Resolved: shop.test (replaced by version 2, which ends on 2027-02-08)"),
    (40, 15, "pager", "notice.resolved"),
    (41, 8, "managers", "Resolved: shop.test (replaced by version 2, which ends on 2027-02-08)"),  # winter time
]


@dataclass
class Observer:
    """Write down what arrives, and when, as it arrives."""

    mailbox: Mailbox
    receiver: Receiver
    secret: str
    story: list[tuple[int, int, str, str]] = field(default_factory=list)
    seen: tuple[int, int] = (0, 0)

    def look(self, day: int, hour: int) -> None:
        """Add what came since the last look."""
        mails, posts = self.mailbox.mails[self.seen[0] :], self.receiver.requests[self.seen[1] :]
        self.seen = len(self.mailbox.mails), len(self.receiver.requests)
        found = [(day, hour, to[0].partition("@")[0], str(mail["Subject"])) for to, mail in mails]
        for post in posts:
            event = Webhook(self.secret).verify(post.body, post.headers)
            found.append((day, hour, "pager", event["type"]))
        self.story += sorted(found)


def people(receiver: Receiver) -> str:
    """Lay down who is told and when; return the webhook's secret."""
    made = create_channel(SYSTEM, kind="webhook", name="pager", target=receiver.url, in_default_group=False)
    for name in ("Ana", "Ben", "Managers"):
        create_contact(SYSTEM, name=name, email=f"{name.lower()}@example.test")
    ids = {contact.name: contact.pk for contact in Contact.objects.all()}
    managers = create_group(SYSTEM, name="Board", contact_ids=[ids["Managers"]], timing=NINE_IN_BERLIN)
    on_call = create_group(SYSTEM, name="On call", contact_ids=[ids["Ben"]], channel_ids=[made.channel.pk])
    rule = AlertRule.objects.get(is_default=True)
    rule.steps.all().delete()
    AlertStep.objects.create(rule=rule, after_hours=0, to_owner=True)
    AlertStep.objects.create(rule=rule, after_hours=0, group=managers)
    AlertStep.objects.create(rule=rule, after_hours=24, group=on_call)
    return made.secret


def put_off(mailbox: Mailbox) -> None:
    """Do as Ana does: open the link of her first mail, choose a week, and say why."""
    text = mailbox.mails[0][1].get_body(("plain",))
    assert text
    link = re.search(r"/alerts/answer/\S+", text.get_content())
    assert link
    visitor = Client()
    ids = re.findall(r'name="notice" value="(\d+)"', visitor.get(link[0]).content.decode())
    assert visitor.post(link[0], {"answer": "7d", "reason": "the new one is ordered", "notice": ids}).status_code == 200


def take_on() -> None:
    """Do as Ben does."""
    acknowledge(Actor("ben", "page"), [Notice.objects.get(is_open=True).pk], reason="I roll it out on the last day")


def play(hours: int, clock: time_machine.Traveller, observer: Observer, deeds: Mapping[tuple[int, int], Deed]) -> None:
    """Let the days go by: scan every so many hours, send whenever something may be due."""
    scans = {(day, hour) for day in range(43) for hour in range(12 % hours, 24, hours)} | set(deeds)
    digests = {(day, hour) for day in range(43) for hour in (7, 8)}
    for day, hour in sorted(scans | digests):
        clock.move_to(START + (day * 24 + hour - 12) * HOUR)
        for deed in deeds.get((day, hour), ()):
            deed()
        if (day, hour) in scans:
            run_scan(SYSTEM)
        send_due(30)
        observer.look(day, hour)


@pytest.mark.parametrize("hours", [24, pytest.param(1, marks=pytest.mark.conformance)])
def test_every_message_of_the_last_forty_days(hours: int, mailbox: Mailbox, receiver: Receiver) -> None:
    with time_machine.travel(START, tick=False) as clock:
        allow_loopback()
        api = make_certificate(START + 40 * DAY - dt.timedelta(minutes=1), name="api.test")
        shop = make_certificate(START + 40 * DAY, name="shop.test")
        Certificate.objects.update(owner="ana")
        observer = Observer(mailbox, receiver, people(receiver))
        deeds: dict[tuple[int, int], Deed] = {
            (12, 12): (lambda: replace(api, START + 102 * DAY), lambda: put_off(mailbox)),
            (20, 11): (take_on,),
            (40, 15): (lambda: replace(shop, START + 130 * DAY),),
        }
        play(hours, clock, observer, deeds)
    assert observer.story == STORY
    assert len({mail["Message-ID"] for _to, mail in mailbox.mails}) == len(mailbox.mails)
    assert len(set(receiver.ids)) == len(receiver.ids)
