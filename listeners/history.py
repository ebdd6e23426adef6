"""What a listener and all that hangs on it are at one moment, as plain data, and how two moments differ."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypedDict

from certificates.models import Certificate
from listeners.forwarded_rules import SETTINGS
from listeners.impact import change_of
from listeners.models import Binding, Listener, ServerGroup
from listeners.words import FIELD_NAMES, SLOT_NAMES, shown_value

# For life, or who did what when. Whether the listener runs is no setting either: going back must not stop it.
_NOT_KEPT = {"id", "load_balancer_id", "protocol", "transport", "port", "desired", "revision"} | {
    "created_at", "created_by", "updated_at", "updated_by",
}  # fmt: skip
FIELDS = tuple(
    field.attname
    for field in Listener._meta.concrete_fields  # noqa: SLF001 - documented in spite of its name
    if field.attname not in _NOT_KEPT
)
STATES_KEPT = 200  # of one listener
FOLLOWS = "follows_listener"  # of a rule; older states lack it
RULE_FIELDS = ("id", "name", "priority", "direction", "conditions", "actions")


class BoundCertificate(TypedDict):
    """A certificate on a listener."""

    role: str
    certificate_id: str
    domain: str


class State(TypedDict):
    """A listener at one moment; what a field, role or rule means is said by the models of the same names."""

    fields: dict[str, Any]
    bindings: list[BoundCertificate]
    rules: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that differs, in words: its label, and what it is before and after (empty: not there)."""

    label: str
    before: str
    after: str
    change: str  # which kind of change it is: see listeners.impact


def state_of(listener: Listener) -> State:
    """Return what ``listener`` is now, by two queries."""
    bindings = listener.bindings.order_by("id").values("role", "certificate_id", "domain")
    return {
        "fields": {name: getattr(listener, name) for name in FIELDS},
        "bindings": [BoundCertificate(**row) for row in bindings],
        "rules": list(listener.rules.order_by("direction", "priority").values(*RULE_FIELDS, FOLLOWS)),
    }


def differences(before: State, after: State, protocol: str) -> list[Difference]:
    """Return what differs between two states of a listener, by one query for the names of what they mention."""
    names = _names(before, after)
    return [
        *_fields(before["fields"], after["fields"], names, protocol),
        *_bindings(before["bindings"], after["bindings"], names),
        *_rules(before["rules"], after["rules"]),
    ]


def _fields(
    before: Mapping[str, Any], after: Mapping[str, Any], names: Mapping[str, str], protocol: str
) -> Iterator[Difference]:
    for name in FIELDS:
        old, new = before.get(name), after.get(name)
        if name in before and name in after and old != new:
            label = FIELD_NAMES.get(name, name)
            yield Difference(label, _shown(name, old, names), _shown(name, new, names), change_of(name, protocol))


def _shown(name: str, value: Any, names: Mapping[Any, str]) -> str:
    if name == "forwarded_headers":
        return ", ".join(_told_header(*each) for each in value.items())
    return names[value] if isinstance(value, str) and value in names else shown_value(name, value)


def _told_header(name: str, value: Any) -> str:
    """Return a setting of request headers in words; only those that differ from the defaults are kept."""
    label = SETTINGS[name].header or name.replace("_", " ")
    return f"{label}: {' '.join(value) if isinstance(value, list) else shown_value(name, value)}"


def _bindings(
    before: Sequence[BoundCertificate], after: Sequence[BoundCertificate], names: Mapping[str, str]
) -> Iterator[Difference]:
    old = {_place(each): each["certificate_id"] for each in before}
    new = {_place(each): each["certificate_id"] for each in after}
    for place in dict.fromkeys([*old, *new]):
        if old.get(place) != new.get(place):
            label = " ".join(filter(None, (SLOT_NAMES[place[0]], place[1])))
            change = _change_of_certificate(place[0], old.get(place), new.get(place))
            yield Difference(label, _named(old.get(place), names), _named(new.get(place), names), change)


def _change_of_certificate(role: str, before: str | None, after: str | None) -> str:
    if role == Binding.Role.CA:
        return "ca-certificate"
    if before and after:
        return "default-certificate"
    return "certificates-added" if after else "certificates-removed"


def _place(each: BoundCertificate) -> tuple[str, str, str]:
    """Return where a certificate is: one of many is its own place, unless it is there for one name."""
    is_one_of_many = each["role"] == Binding.Role.ADDITIONAL and not each["domain"]
    return each["role"], each["domain"], each["certificate_id"] if is_one_of_many else ""


def _named(certificate_id: str | None, names: Mapping[str, str]) -> str:
    return names.get(certificate_id, certificate_id) if certificate_id else ""


def _rules(before: Sequence[Mapping[str, Any]], after: Sequence[Mapping[str, Any]]) -> Iterator[Difference]:
    old, new = ({rule["id"]: {FOLLOWS: False, **rule} for rule in rules} for rules in (before, after))
    for rule_id in dict.fromkeys([*old, *new]):
        if old.get(rule_id) != new.get(rule_id):
            yield Difference("Forwarding rule", _told_rule(old.get(rule_id)), _told_rule(new.get(rule_id)), "rules")


def _told_rule(rule: Mapping[str, Any] | None) -> str:
    if rule is None:
        return ""
    conditions = ", ".join(each["type"] for each in rule["conditions"]) or "every request"
    return f"{rule['priority']}. {rule['name']}: {conditions} → {', '.join(each['type'] for each in rule['actions'])}"


def _names(*states: State) -> dict[Any, str]:
    """Return what the objects that states mention are called; those that are gone are missing."""
    certificates = {each["certificate_id"] for state in states for each in state["bindings"]}
    groups = {state["fields"].get("server_group_id") for state in states} - {None}
    return {
        **dict(Certificate.objects.filter(pk__in=certificates).values_list("pk", "name")),
        **dict(ServerGroup.objects.filter(pk__in=groups).values_list("pk", "name")),
    }
