"""What a rule may say: each field checked, and set on the rule, before anything is stored."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from alerts.kinds import KINDS, SCOPE_KEYS
from alerts.models import AlertRule, AlertStep, ContactGroup
from alerts.people.naming import checked_name, is_harmless
from alerts.rules.scopes import scope_of
from alerts.rules.thresholds import LONGEST_HOURS, checked_hours
from certificates.models import Kind
from console.errors import InvalidInputError
from console.ids import is_id
from listeners.models import Listener, Product

MOST_STEPS = 10
LONGEST = {"tag_key": 64, "tag_value": 128, "owner": 200}
SCOPE = (
    "subject_kinds",
    "certificate_kinds",
    "tag_key",
    "tag_value",
    "owner",
    "product",
    "listener_id",
    "only_unused",
)
KEY_NOUNS = {
    "certificate_kinds": gettext_lazy("a kind of certificate"),
    "tag_key": gettext_lazy("a tag"),
    "owner": gettext_lazy("an owner"),
    "product": gettext_lazy("a product"),
    "listener_id": gettext_lazy("a listener"),
    "only_unused": gettext_lazy("what nothing uses"),
}
FIELDS = ("name", "enabled", *SCOPE, "thresholds_hours", "mutes")


@dataclass(frozen=True, slots=True)
class StepInput:
    """Whom a rule tells so many hours after the first were told: a group, or the certificate's owner."""

    after_hours: int = 0
    group_id: str = ""
    to_owner: bool = False


def set_fields(rule: AlertRule, given: Mapping[str, Any]) -> None:
    """Set what is given on a rule that is not stored yet; raise InvalidInputError with the field at fault."""
    for name, value in given.items():
        setattr(rule, name, _CHECKS[name](value) if name in _CHECKS else value)
    if rule.tag_value and not rule.tag_key:
        raise _invalid("tag_key", _("A tag's value needs the tag's key."), _("Name the key too."))
    if rule.is_default and (not rule.enabled or any(getattr(rule, name) for name in SCOPE)):
        message = _("The default rule holds everything that no other rule holds, and cannot be switched off.")
        raise _invalid("enabled", message, _("Make a rule before it, or have it mute."))
    if any(name in given for name in SCOPE):
        _check_scope(rule)
    if not rule.mutes:
        checked_hours(rule.thresholds_hours)


def _check_scope(rule: AlertRule) -> None:
    """Refuse a kind of subject that has not what the rule asks for: it would never hold one, without a word."""
    asked = scope_of(rule).asked
    for kind in rule.subject_kinds:
        if missing := sorted(asked - KINDS[kind].scope_keys, key=SCOPE_KEYS.index):
            message = _("“%(kind)s” cannot be asked for %(key)s, so that the rule would never hold one.")
            way_out = _("Make a rule of its own for it, or do not ask for that.")
            raise _invalid("subject_kinds", message % {"kind": KINDS[kind].noun, "key": KEY_NOUNS[missing[0]]}, way_out)


def _name(value: str) -> str:
    return checked_name(value, "alert-rule.invalid-name")


def _subject_kinds(value: Collection[str]) -> list[str]:
    return _chosen("subject_kinds", value, list(KINDS))


def _certificate_kinds(value: Collection[str]) -> list[str]:
    return _chosen("certificate_kinds", value, Kind.values)


def _chosen(field: str, value: Collection[str], known: Sequence[str]) -> list[str]:
    """Return what is chosen, in the order of the table."""
    unknown = sorted(set(value) - set(known))
    if unknown:
        message = _("“%(value)s” is none of the kinds that there are.") % {"value": unknown[0][:50]}
        raise _invalid(field, message, _("Use one of: %(choices)s.") % {"choices": ", ".join(known)})
    return [name for name in known if name in value]


def _text(field: str) -> Any:
    def check(value: str) -> str:
        text = value.strip()
        if len(text) > LONGEST[field] or not is_harmless(text):
            message = _("At most %(most)d characters, without line breaks, are possible here.")
            raise _invalid(field, message % {"most": LONGEST[field]}, _("Shorten it."))
        return text

    return check


def _product(value: str) -> str:
    if value and value not in Product.values:
        message = _("“%(value)s” is no product.") % {"value": value[:50]}
        raise _invalid("product", message, _("Use one of: %(choices)s.") % {"choices": ", ".join(Product.values)})
    return value


def _listener(value: str) -> str:
    if value and not (is_id(value) and Listener.objects.filter(pk=value).exists()):
        message = _("There is no listener “%(id)s”.") % {"id": value[:64]}
        raise _invalid("listener_id", message, _("Use the id of a listener, as its page shows it."))
    return value


def _hours(value: Sequence[int]) -> list[int]:
    return list(checked_hours(value)) if value else []


_CHECKS = {
    "name": _name,
    "subject_kinds": _subject_kinds,
    "certificate_kinds": _certificate_kinds,
    "tag_key": _text("tag_key"),
    "tag_value": _text("tag_value"),
    "owner": _text("owner"),
    "product": _product,
    "listener_id": _listener,
    "thresholds_hours": _hours,
}


def checked_steps(rule: AlertRule, steps: Sequence[StepInput]) -> list[AlertStep]:
    """Return the steps of a rule, in their order; one that tells needs a step at once."""
    if not rule.mutes and not any(step.after_hours == 0 for step in steps):
        raise _invalid(
            "steps", _("Nobody is told at once."), _("Name a group, or the owner, that is told after 0 hours.")
        )
    if len(steps) > MOST_STEPS:
        raise _invalid("steps", _("A rule has at most %(most)d steps.") % {"most": MOST_STEPS}, _("Use fewer."))
    if len(set(steps)) != len(steps):
        raise _invalid("steps", _("The same step is there twice."), _("Keep one of them."))
    known = set(ContactGroup.objects.values_list("pk", flat=True))
    return [_step(rule, step, known) for step in sorted(steps, key=lambda step: step.after_hours)]


def _step(rule: AlertRule, step: StepInput, groups: Collection[str]) -> AlertStep:
    if not 0 <= step.after_hours <= LONGEST_HOURS:
        raise _invalid("steps", _("A step follows after 0 to %(most)d hours.") % {"most": LONGEST_HOURS}, "")
    if bool(step.group_id) == step.to_owner:
        raise _invalid("steps", _("A step tells either a group or the owner."), _("Choose one of the two."))
    if step.group_id and step.group_id not in groups:
        message = _("There is no contact group “%(id)s”.") % {"id": step.group_id[:64]}
        raise _invalid("steps", message, _("Use the id of a contact group."))
    return AlertStep(rule=rule, after_hours=step.after_hours, group_id=step.group_id or None, to_owner=step.to_owner)


def _invalid(field: str, message: str, way_out: str) -> InvalidInputError:
    code = f"alert-rule.invalid-{field.replace('_', '-')}"
    return InvalidInputError(message, code, field=field, way_out=way_out)
