"""Who is told of what: the steps of alert rules, and the channels that groups, contacts and owners are reached by.

``load_audiences`` reads the facts once; everything else is pure, so that it answers for any moment.
"""

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from alerts.models import AlertRule, AlertStep, Channel, Contact, ContactGroup
from alerts.people.timing import Timing, departure

HOUR = dt.timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Audience:
    """Channels that are told together, and when; ``group_id`` is empty for a contact who is told as an owner."""

    group_id: str
    name: str
    channel_ids: tuple[str, ...]
    timing: Timing = field(default_factory=Timing)


@dataclass(frozen=True, slots=True)
class Step:
    """Whom a rule tells, so long after the first were told; without a group it is the certificate's owner."""

    after: dt.timedelta
    group_id: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where one message goes, and when."""

    channel_id: str
    audience: Audience
    departs_at: dt.datetime


@dataclass(frozen=True, slots=True)
class Audiences:
    """Everybody who may be told. Channels that are off are left out."""

    default: Audience
    groups: Mapping[str, Audience] = field(default_factory=dict)
    owners: Mapping[str, Audience] = field(default_factory=dict)  # by their names as ``folded`` writes them
    steps: Mapping[str, tuple[Step, ...]] = field(default_factory=dict)  # of each rule; none where it mutes
    all_channels: frozenset[str] = frozenset()

    def steps_of(self, rule_id: str) -> tuple[Step, ...]:
        """Return the steps of a rule, the default group's for what no rule decides."""
        return self.steps.get(rule_id, (Step(dt.timedelta(0), self.default.group_id),))

    def told_by(self, step: Step, owner: str = "") -> Audience:
        """Return whom a step tells; one that reaches no channel tells the default group, so that nothing is silent."""
        found = self.groups.get(step.group_id) if step.group_id else self.owners.get(folded(owner))
        return found if found and found.channel_ids else self.default

    def places(
        self, rule_id: str, owner: str, told_for: dt.timedelta | None, now: dt.datetime, *, but: str = ""
    ) -> list[Place]:
        """Return where a notice has to go by ``now``, each channel once, by the audience that lets it go soonest.

        ``told_for`` is how long ago it was first told, None for not yet: then the later steps wait. ``but`` is a
        channel that must not be told: that it fails is told to the others, whoever they are.
        """
        due = [step for step in self.steps_of(rule_id) if is_due(step, told_for)]
        audiences = list(dict.fromkeys(self.told_by(step, owner) for step in due))
        found = _soonest(audiences, now, but)
        if due and but and not found:
            found = _soonest([Audience("", "", tuple(sorted(self.all_channels)))], now, but)
        return found


def is_due(step: Step, told_for: dt.timedelta | None) -> bool:
    """Whether a step's time has come: the first at once, the later ones so long after the first were told."""
    return not step.after or (told_for is not None and told_for >= step.after)


def in_order(audiences: list[Audience], now: dt.datetime) -> list[tuple[dt.datetime, Audience]]:
    """Return the audiences with when each lets a message go, soonest first."""
    leaving = [(departure(audience.timing, now), audience) for audience in audiences]
    return sorted(leaving, key=lambda pair: (pair[0], pair[1].name, pair[1].group_id))


def _soonest(audiences: list[Audience], now: dt.datetime, but: str) -> list[Place]:
    found: dict[str, Place] = {}
    for departs_at, audience in in_order(audiences, now):
        for channel_id in audience.channel_ids:
            if channel_id != but:
                found.setdefault(channel_id, Place(channel_id, audience, departs_at))
    return list(found.values())


def folded(name: str) -> str:
    """Return a name as owners are compared: without regard to case and outer spaces."""
    return name.strip().casefold()


def timing_of(group: ContactGroup) -> Timing:
    """Return when a group wants to be told."""
    return Timing(
        time_zone=group.time_zone,
        quiet_from=group.quiet_from,
        quiet_until=group.quiet_until,
        pace=group.pace,
        digest_at=group.digest_at,
        digest_weekday=group.digest_weekday,
    )


def load_audiences() -> Audiences:
    """Read everybody who may be told, in a fixed number of queries."""
    enabled = dict(Channel.objects.filter(enabled=True).order_by().values_list("pk", "contact_id"))
    own = {contact_id: pk for pk, contact_id in enabled.items() if contact_id}
    members = _members(enabled, own)
    groups = {group.pk: _audience(group, members) for group in ContactGroup.objects.all()}
    default = ContactGroup.objects.filter(is_default=True).values_list("pk", flat=True).first()
    return Audiences(
        default=groups[default] if default else Audience("", "", ()),
        groups=groups,
        # A group that bears an owner's name is told before a contact of that name.
        owners=_contacts(own) | {folded(group.name): group for group in groups.values()},
        steps=_steps(),
        all_channels=frozenset(enabled),
    )


def _audience(group: ContactGroup, members: Mapping[str, set[str]]) -> Audience:
    return Audience(group.pk, group.name, tuple(sorted(members.get(group.pk, ()))), timing_of(group))


def _members(enabled: Mapping[str, str | None], own: Mapping[str, str]) -> dict[str, set[str]]:
    """Return the channels of each group: its own and those of its contacts."""
    found: dict[str, set[str]] = {}
    for group_id, channel_id in ContactGroup.channels.through.objects.values_list("contactgroup_id", "channel_id"):
        if channel_id in enabled:
            found.setdefault(group_id, set()).add(channel_id)
    for group_id, contact_id in ContactGroup.contacts.through.objects.values_list("contactgroup_id", "contact_id"):
        if contact_id in own:
            found.setdefault(group_id, set()).add(own[contact_id])
    return found


def _contacts(own: Mapping[str, str]) -> dict[str, Audience]:
    names = Contact.objects.filter(pk__in=list(own)).values_list("pk", "name")
    return {folded(name): Audience("", name, (own[pk],)) for pk, name in names}


def _steps() -> dict[str, tuple[Step, ...]]:
    """Return the steps of each rule; one without any tells the default group, as ``steps_of`` has it."""
    found: dict[str, tuple[Step, ...]] = dict.fromkeys(
        AlertRule.objects.filter(mutes=True).order_by().values_list("pk", flat=True), ()
    )
    for rule_id, step in _step_rows():
        found[rule_id] = (*found.get(rule_id, ()), step)
    return found


def _step_rows() -> Iterator[tuple[str, Step]]:
    rows = AlertStep.objects.filter(rule__mutes=False).order_by("rule_id", "after_hours", "pk")
    for rule_id, hours, group_id in rows.values_list("rule_id", "after_hours", "group_id"):
        yield rule_id, Step(hours * HOUR, group_id or "")
