"""What the REST API of alert rules takes and gives."""

from datetime import datetime
from typing import Annotated, Any, Literal

from ninja import Field, Schema
from pydantic import Strict

from access.rest import Body, PageOut
from alerts.forecast.foretelling import Telling
from alerts.forecast.time_travel import Message
from alerts.kinds import KINDS
from alerts.models import AlertRule
from alerts.rules.thresholds import LONGEST_HOURS

SubjectKindName = Annotated[str, Field(max_length=32, json_schema_extra={"enum": list(KINDS)})]
CertificateKind = Literal["server", "ca", "client"]
ITEMS_SHOWN = 500
Hours = Annotated[int, Strict()]


class StepIn(Body):
    """Whom a rule tells: a group or the certificate's owner, so many hours after the first were told."""

    after_hours: Hours = Field(
        0, ge=0, le=LONGEST_HOURS, description="0: at once. Later ones while nobody acknowledged."
    )
    group_id: str = Field("", max_length=64)
    to_owner: bool = Field(False, description="The contact or group that bears the name of the certificate's owner.")


class AlertRuleIn(Body):
    """A new alert rule; what is left out of its scope stays open."""

    name: str = Field(max_length=1000)
    enabled: bool = True
    subject_kinds: list[SubjectKindName] = []
    certificate_kinds: list[CertificateKind] = []
    tag_key: str = Field("", max_length=1000)
    tag_value: str = Field("", max_length=1000, description="Empty with a key: whatever the tag's value.")
    owner: str = Field("", max_length=1000)
    product: Literal["", "NLB", "ALB", "CLB"] = ""
    listener_id: str = Field("", max_length=64)
    only_unused: bool = Field(False, description="Only certificates that nothing uses.")
    thresholds_hours: list[Hours] = Field(
        default=[720, 168, 24, 0], max_length=100, description="Hours before the end; 0 is the end itself."
    )
    mutes: bool = Field(False, description="Nobody is told of what the rule holds.")
    steps: list[StepIn] | None = Field(None, max_length=100, description="Left out: the default group, at once.")


class RuleChange(Body):
    """What to change of an alert rule; what is left out stays as it is."""

    name: str | None = Field(None, max_length=1000)
    enabled: bool | None = None
    subject_kinds: list[SubjectKindName] | None = None
    certificate_kinds: list[CertificateKind] | None = None
    tag_key: str | None = Field(None, max_length=1000)
    tag_value: str | None = Field(None, max_length=1000)
    owner: str | None = Field(None, max_length=1000)
    product: Literal["", "NLB", "ALB", "CLB"] | None = None
    listener_id: str | None = Field(None, max_length=64)
    only_unused: bool | None = None
    thresholds_hours: list[Hours] | None = Field(None, max_length=100)
    mutes: bool | None = None
    steps: list[StepIn] | None = Field(None, max_length=100)


class RuleMove(Body):
    """Where an alert rule goes."""

    position: Hours = Field(description="From 1; the default rule stays the last.")


class AlertStepOut(Schema):
    """Whom a rule tells, and when."""

    after_hours: int
    group_id: str
    to_owner: bool

    @staticmethod
    def resolve_group_id(step: Any) -> str:
        """Give an empty id where the owner is told."""
        return step.group_id or ""


class AlertRuleOut(Schema):
    """An alert rule. The first enabled one, by position, whose scope holds a subject decides on it."""

    id: str
    name: str
    position: int
    enabled: bool
    is_default: bool
    subject_kinds: list[str]
    certificate_kinds: list[str]
    tag_key: str
    tag_value: str
    owner: str
    product: str
    listener_id: str
    only_unused: bool
    thresholds_hours: list[int]
    mutes: bool
    steps: list[AlertStepOut]
    revision: int
    created_at: datetime
    created_by: str

    @staticmethod
    def resolve_steps(rule: AlertRule) -> list[Any]:
        """Give the steps in their order."""
        return list(rule.steps.all())


class RulePage(PageOut[AlertRuleOut]):
    """All alert rules, in their order."""


class HeldOut(Schema):
    """Something that a rule decides on, and what it tells of it next."""

    subject_kind: str
    certificate_id: str
    name: str
    ends_at: datetime
    next_at: datetime | None = Field(description="Null: nothing more is told before the end or at it.")
    next_threshold_hours: int | None = Field(alias="next_hours")


class AlertRulePreview(Schema):
    """What a rule decides on now."""

    total: int
    items: list[HeldOut] = Field(alias="shown", description="The first 100 by their end.")


class ForecastItem(Schema):
    """Something that a message would tell."""

    subject_kind: str
    subject_id: str
    name: str
    threshold_hours: int
    ends_at: datetime


class ForecastMessage(Schema):
    """A message that would go out: when, over which channel, for whom, and about what."""

    at: datetime
    channel_id: str
    channel_name: str
    group_id: str
    group_name: str
    kind: str
    total: int
    items: list[ForecastItem] = Field(description="The first 500.")

    @staticmethod
    def resolve_items(message: Message) -> list[Telling]:
        """Give the first, soonest end first."""
        return message.tellings[:ITEMS_SHOWN]


class ForecastOut(Schema):
    """What would be told in a span of time if nothing were replaced, mended or acknowledged before."""

    begins_at: datetime
    ends_at: datetime
    is_complete: bool = Field(description="False: more subjects end in the span than are looked at.")
    messages: list[ForecastMessage]
