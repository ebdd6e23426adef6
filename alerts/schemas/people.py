"""What the REST API of contacts, contact groups and acknowledgements takes and gives."""

import datetime as dt
from typing import Literal

from ninja import Field, Schema
from pydantic import AwareDatetime

from access.rest import Body, PageOut
from alerts.models import Contact, ContactGroup
from alerts.people.timing import Timing

MOST_MEMBERS = 1000
Pace = Literal["at-once", "daily", "weekly"]


class ContactIn(Body):
    """A new contact."""

    name: str = Field(max_length=1000, examples=["Ana Souza"])
    email: str = Field(max_length=1000, examples=["ana@example.com"])
    language: str = Field("", max_length=16, description="Of the messages; empty: the installation's.")
    group_ids: list[str] = Field([], max_length=MOST_MEMBERS)


class ContactChange(Body):
    """What to change of a contact; what is left out stays as it is."""

    name: str | None = Field(None, max_length=1000)
    email: str | None = Field(None, max_length=1000)
    language: str | None = Field(None, max_length=16)
    group_ids: list[str] | None = Field(None, max_length=MOST_MEMBERS)


class ContactOut(Schema):
    """A contact; ``channel_id`` is the channel over which it is told."""

    id: str
    name: str
    email: str
    language: str
    channel_id: str = Field(alias="channel.pk")
    group_ids: list[str]
    revision: int
    created_at: dt.datetime
    created_by: str

    @staticmethod
    def resolve_group_ids(contact: Contact) -> list[str]:
        """Give the groups by name."""
        return [group.pk for group in contact.groups.all()]


class TimingIn(Body):
    """When a group wants to be told; all times are of its time zone."""

    time_zone: str = Field("UTC", max_length=64, description="A name of the IANA database.", examples=["Europe/Berlin"])
    pace: Pace = "at-once"
    digest_at: dt.time | None = Field(None, description="Of a daily or weekly digest.", examples=["09:00"])
    digest_weekday: int | None = Field(None, ge=0, le=6, description="Of a weekly digest; 0 is Monday.")
    quiet_from: dt.time | None = Field(None, description="Nothing is sent from here on …", examples=["22:00"])
    quiet_until: dt.time | None = Field(None, description="… until here, also over midnight.", examples=["07:00"])

    @property
    def value(self) -> Timing:
        """The timing as services take it."""
        return Timing(**self.model_dump())


class GroupIn(Body):
    """A new contact group."""

    name: str = Field(max_length=1000, examples=["On call"])
    contact_ids: list[str] = Field([], max_length=MOST_MEMBERS)
    channel_ids: list[str] = Field([], max_length=MOST_MEMBERS, description="Channels that are no contact's own.")
    timing: TimingIn | None = Field(None, description="Left out: at once, at any hour.")


class GroupChange(Body):
    """What to change of a contact group; what is left out stays as it is. ``timing`` is given whole."""

    name: str | None = Field(None, max_length=1000)
    contact_ids: list[str] | None = Field(None, max_length=MOST_MEMBERS)
    channel_ids: list[str] | None = Field(None, max_length=MOST_MEMBERS)
    timing: TimingIn | None = None


class TimingOut(Schema):
    """When a group wants to be told."""

    time_zone: str
    pace: str
    digest_at: dt.time | None
    digest_weekday: int | None
    quiet_from: dt.time | None
    quiet_until: dt.time | None


class GroupOut(Schema):
    """A contact group; the default one is told of what no rule gives to others."""

    id: str
    name: str
    is_default: bool
    contact_ids: list[str]
    channel_ids: list[str]
    timing: TimingOut
    revision: int
    created_at: dt.datetime
    created_by: str

    @staticmethod
    def resolve_contact_ids(group: ContactGroup) -> list[str]:
        """Give the contacts by name."""
        return [contact.pk for contact in group.contacts.all()]

    @staticmethod
    def resolve_channel_ids(group: ContactGroup) -> list[str]:
        """Give the channels by name."""
        return [channel.pk for channel in group.channels.all()]

    @staticmethod
    def resolve_timing(group: ContactGroup) -> ContactGroup:
        """Give the fields of the group that are about time."""
        return group


class AcknowledgeIn(Body):
    """Take a notice on, or put it off."""

    reason: str = Field(max_length=2000, examples=["Ana has ordered the new one"])
    until: AwareDatetime | None = Field(
        None, description="Snooze: nobody is told before, and everybody again then. Left out: acknowledge."
    )


class AcknowledgementOut(Schema):
    """What somebody said of a generation of a subject; ``until`` is the end of a snooze."""

    subject_kind: str
    subject_id: str
    generation: str
    reason: str
    until: dt.datetime | None
    by: str
    at: dt.datetime


ContactPage = PageOut[ContactOut]
GroupPage = PageOut[GroupOut]
AcknowledgementPage = PageOut[AcknowledgementOut]
