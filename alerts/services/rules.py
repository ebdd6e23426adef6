"""Change alert rules. The ledger follows at the scan that each change asks for."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from alerts.models import AlertRule, AlertStep, ContactGroup
from alerts.rules.fields import FIELDS, StepInput, checked_steps, set_fields
from alerts.selectors.rules import rule_by_id
from alerts.waking import wake_scanner
from console.errors import ConflictError, InvalidInputError
from console.revisions import refuse_stale, save_revision
from events.actor import Actor
from events.feed import Recorder, recording

# Each rule is a condition of every rule after it.
MOST_RULES = 50


def create_rule(actor: Actor, *, steps: Sequence[StepInput] | None = None, **given: Any) -> AlertRule:
    """Create a rule before the default one; without ``steps`` it tells the default group at once.

    Raises InvalidInputError with the field at fault, ConflictError for a name in use or one rule too many.
    """
    rule = AlertRule(created_by=actor.name)
    with recording(actor) as changes:
        set_fields(rule, given)
        _check_name_is_free(rule)
        if AlertRule.objects.count() >= MOST_RULES:
            message = _("There are %(most)d rules, and no more are possible.") % {"most": MOST_RULES}
            raise ConflictError(message, "alert-rule.too-many", way_out=_("Delete one, or widen the scope of another."))
        rule.position = _last_position() + 1
        rows = checked_steps(rule, _first_step() if steps is None else steps)
        rule.save(force_insert=True)
        AlertStep.objects.bulk_create(rows)
        AlertRule.objects.filter(is_default=True).update(position=rule.position + 1)
        _record(changes, rule, "created", _("Alert rule %(name)s created"))
    return rule


def _first_step() -> list[StepInput]:
    default = ContactGroup.objects.filter(is_default=True).values_list("pk", flat=True).first()
    return [StepInput(group_id=default)] if default else []


def _last_position() -> int:
    rows = AlertRule.objects.filter(is_default=False)
    return rows.aggregate(last=Max("position"))["last"] or 0


def update_rule(
    actor: Actor,
    rule_id: str,
    *,
    expected_revision: int | None = None,
    steps: Sequence[StepInput] | None = None,
    **given: Any,
) -> AlertRule:
    """Change what is given of a rule; a save that changes nothing is none."""
    with recording(actor) as changes:
        rule = _for_change(rule_id, expected_revision)
        before = [getattr(rule, name) for name in FIELDS]
        set_fields(rule, given)
        _check_name_is_free(rule)
        replaced = _replace_steps(rule, steps)
        if replaced or [getattr(rule, name) for name in FIELDS] != before:
            save_revision(rule, *FIELDS)
            _record(changes, rule, "updated", _("Alert rule %(name)s changed"))
    return rule


def _replace_steps(rule: AlertRule, steps: Sequence[StepInput] | None) -> bool:
    present = [StepInput(step.after_hours, step.group_id or "", step.to_owner) for step in rule.steps.all()]
    rows = checked_steps(rule, present if steps is None else steps)
    wanted = [StepInput(step.after_hours, step.group_id or "", step.to_owner) for step in rows]
    if wanted == present:
        return False
    rule.steps.all().delete()
    AlertStep.objects.bulk_create(rows)
    return True


def move_rule(actor: Actor, rule_id: str, position: int, *, expected_revision: int | None = None) -> AlertRule:
    """Give a rule another place among those before the default one, the first being 1; the others make room."""
    with recording(actor) as changes:
        rule = _for_change(rule_id, expected_revision)
        others = list(AlertRule.objects.filter(is_default=False).exclude(pk=rule.pk))
        if rule.is_default:
            raise _is_default(rule, _("stays the last"))
        if not 1 <= position <= len(others) + 1:
            message = _("There is no place %(position)s among the rules.") % {"position": position}
            way_out = _("Choose a place from 1 to %(last)d.") % {"last": len(others) + 1}
            raise InvalidInputError(message, "alert-rule.invalid-position", field="position", way_out=way_out)
        if rule.position == position:
            return rule
        others.insert(position - 1, rule)
        _number(others)
        save_revision(rule)
        _record(changes, rule, "moved", _("Alert rule %(name)s moved"), position=position)
    return rule


def _number(rules: Sequence[AlertRule]) -> None:
    for position, rule in enumerate(rules, start=1):
        rule.position = position
    AlertRule.objects.bulk_update(rules, ("position",))
    AlertRule.objects.filter(is_default=True).update(position=len(rules) + 1)


def delete_rule(actor: Actor, rule_id: str, *, expected_revision: int | None = None) -> None:
    """Delete a rule; what it told of is decided on by the rules after it."""
    with recording(actor) as changes:
        rule = _for_change(rule_id, expected_revision)
        if rule.is_default:
            raise _is_default(rule, _("cannot be deleted"))
        _record(changes, rule, "deleted", _("Alert rule %(name)s deleted"))
        rule.delete()
        _number(list(AlertRule.objects.filter(is_default=False)))


def _is_default(rule: AlertRule, refusal: str) -> ConflictError:
    message = _("“%(name)s” is the default rule and %(refusal)s.") % {"name": rule.name, "refusal": refusal}
    way_out = _("Make a rule for what is to be told otherwise.")
    return ConflictError(message, "alert-rule.is-default", way_out=way_out)


def _for_change(rule_id: str, expected_revision: int | None) -> AlertRule:
    rule = rule_by_id(rule_id)
    refuse_stale(rule, expected_revision, "alert-rule.stale")
    return rule


def _record(changes: Recorder, rule: AlertRule, verb: str, summary: str, **detail: Any) -> None:
    changes.record(f"alert-rule.{verb}", rule, summary % {"name": rule.name}, **detail)
    transaction.on_commit(wake_scanner)


def _check_name_is_free(rule: AlertRule) -> None:
    if AlertRule.objects.filter(name=rule.name).exclude(pk=rule.pk).exists():
        message = _("A rule called “%(name)s” exists already.") % {"name": rule.name}
        raise ConflictError(message, "alert-rule.duplicate-name", field="name", way_out=_("Choose another name."))
