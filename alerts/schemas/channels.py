"""What the REST API of alerts takes and gives. A secret is given once, by the request that makes it."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from ninja import Field, Schema

from access.rest import Body
from alerts.models import Delivery, DeliveryAttempt, Heartbeat
from alerts.selectors.deliveries import notices_in
from alerts.sending.attempts import attempts_of
from alerts.transports.signing import MOST_OVERLAP_HOURS, OVERLAP_HOURS
from events.models import Notice

NOTICES_SHOWN = 500
ChannelKind = Literal["email", "webhook", "callback", "apprise"]


class ChannelIn(Body):
    """A new channel."""

    kind: ChannelKind
    name: str = Field(max_length=1000)
    target: str = Field(
        max_length=10_000,
        description="Mail addresses separated by commas, an http(s) address, or the Apprise address of a service.",
    )
    language: str = Field("", max_length=16, description="Of its messages, such as `en`; empty: the installation's.")
    enabled: bool = True
    in_default_group: bool = Field(True, description="Whether it joins the default group.")
    subject_template: str = Field(
        "", max_length=1000, description="Own words for the subject, with `$names`; empty: the usual one."
    )
    text_template: str = Field(
        "", max_length=20_000, description="Own words for the text of mail, chat and events; empty: the usual one."
    )


class ChannelChange(Body):
    """What to change of a channel; what is left out stays as it is."""

    name: str | None = Field(None, max_length=1000)
    target: str | None = Field(None, max_length=10_000)
    language: str | None = Field(None, max_length=16)
    enabled: bool | None = None
    subject_template: str | None = Field(None, max_length=1000)
    text_template: str | None = Field(None, max_length=20_000)


class ChannelOut(Schema):
    """A channel and how it is."""

    id: str
    kind: str
    name: str
    target: str = Field(description="Of a chat or paging service without what is secret in its address.")
    language: str
    subject_template: str
    text_template: str
    enabled: bool
    disabled_reason: str
    failing_since: datetime | None
    failures_in_a_row: int
    last_error: str
    last_sent_at: datetime | None
    previous_secret_until: datetime | None = Field(
        None, description="Until then messages are signed with the secret before the last rotation as well."
    )
    revision: int
    created_at: datetime
    created_by: str


class ChannelMade(ChannelOut):
    """A channel whose secret was just made."""

    secret: str = Field(
        description="What webhooks and form callbacks are signed with, else empty. It cannot be read again."
    )


class TemplatesIn(Body):
    """The own words of a channel that are tried; what is left out is as it is stored."""

    subject_template: str | None = Field(None, max_length=1000)
    text_template: str | None = Field(None, max_length=20_000)


class MessageOut(Schema):
    """A message as a channel would send it."""

    event: str
    subject: str
    text: str
    html: str = Field(description="Of mail alone.")


class Rotation(Body):
    """How a secret is replaced."""

    overlap_hours: int = Field(
        OVERLAP_HOURS,
        ge=0,
        le=MOST_OVERLAP_HOURS,
        description="How long messages carry the signature of the old secret beside that of the new one.",
    )


class RangeIn(Body):
    """A range of addresses that messages may go to although they are not of the public Internet."""

    network: str = Field(max_length=64, examples=["10.20.0.0/16"], description="CIDR, or a single address.")
    reason: str = Field(max_length=1000)


class RangeOut(Schema):
    """An allowed range."""

    id: int
    network: str
    reason: str
    created_at: datetime
    created_by: str


class RangePage(Schema):
    """All allowed ranges."""

    items: list[RangeOut]
    next_cursor: str


class HeartbeatIn(Body):
    """Where the heartbeat goes."""

    url: str = Field(max_length=10_000, description="An http(s) address, which is kept secret; empty: no heartbeat.")


class HeartbeatOut(Schema):
    """The heartbeat; of its address only the host is told."""

    enabled: bool
    host: str
    last_at: datetime | None
    last_problem: str
    revision: int

    @staticmethod
    def resolve_enabled(row: Heartbeat) -> bool:
        """Whether there is an address."""
        return row.sealed_url is not None


class DeliveryOut(Schema):
    """A message: how far it is and what the other side said. ``id`` is its Message-ID or webhook-id."""

    id: UUID = Field(alias="key")
    channel_id: str
    channel_name: str = Field(alias="channel.name")
    kind: str
    state: str
    attempts: int
    next_attempt_at: datetime | None
    sent_at: datetime | None
    last_error: str
    last_answer: str
    settled_recipients: dict[str, str]
    created_at: datetime

    @staticmethod
    def resolve_next_attempt_at(delivery: Delivery) -> datetime | None:
        """Give the time of the next attempt only where there will be one."""
        return delivery.next_attempt_at if delivery.state == Delivery.State.PENDING else None


class NoticeOut(Schema):
    """One thing to be told once; ``is_open`` while it is the newest that is true of its subject."""

    id: int
    subject_kind: str
    subject_id: str
    subject_name: str
    generation: str
    threshold_hours: int
    state: str
    is_open: bool
    expires_at: datetime
    created_at: datetime


class AttemptOut(Schema):
    """One try: what was asked, without secrets, and what came of it; without an end its sender was killed."""

    number: int
    started_at: datetime
    finished_at: datetime | None
    succeeded: bool
    request: str
    answer: str
    error: str


class DeliveryDetail(DeliveryOut):
    """A message with what it tells, and each of its attempts."""

    notices: list[NoticeOut]
    notices_total: int
    attempt_log: list[AttemptOut]

    @staticmethod
    def resolve_attempt_log(delivery: Delivery) -> list[DeliveryAttempt]:
        """Give the attempts, oldest first."""
        return list(attempts_of(delivery))

    @staticmethod
    def resolve_notices(delivery: Delivery) -> list[Notice]:
        """Give the first of them; a digest may have thousands."""
        return notices_in(delivery, NOTICES_SHOWN)

    @staticmethod
    def resolve_notices_total(delivery: Delivery) -> int:
        """Count them all."""
        return delivery.items.count()


class ScanOut(Schema):
    """One run of the expiry scan."""

    id: int
    requested_by: str
    started_at: datetime
    finished_at: datetime | None
    notices_made: int
    deliveries_made: int
    problem: str


class ChannelPage(Schema):
    """Some channels."""

    items: list[ChannelOut]
    next_cursor: str


class DeliveryPage(Schema):
    """Some deliveries, newest first."""

    items: list[DeliveryOut]
    next_cursor: str


class NoticePage(Schema):
    """Some notices, newest first."""

    items: list[NoticeOut]
    next_cursor: str


class ScanPage(Schema):
    """Some scans, newest first."""

    items: list[ScanOut]
    next_cursor: str
