"""What a rule as a whole may be: which conditions and actions go together, in which edition, and how many."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

from console.errors import ConflictError
from listeners.forwarding.actions import (
    ForwardGroup,
    Redirect,
    Rewrite,
    TrafficLimit,
    TrafficMirror,
)
from listeners.forwarding.checks import check_choice, check_number, check_text, refuse
from listeners.forwarding.conditions import Cookie, Host, Path, QueryString, SourceIp, wildcards_of
from listeners.forwarding.patterns import group_count
from listeners.forwarding.rule import DIRECTIONS, PRIORITIES, RESPONSE, Rule
from listeners.forwarding.targets import captures_of

_NEED_FORWARD = (Rewrite, TrafficLimit, TrafficMirror)
_NOT_OF_ANSWERS = (QueryString, Cookie, SourceIp)


@dataclass(frozen=True, slots=True)
class Allowed:
    """What the listener of a rule can do; ``limits`` give a quota's name and number by ``products.Limited``."""

    edition: str  # in words
    protocol: str
    conditions: frozenset[str]
    actions: frozenset[str]
    response_rules: bool
    limits: Mapping[str, tuple[str, int]]


def check_rule(rule: Rule, allowed: Allowed) -> None:
    """Refuse a rule that cannot be, or not on this listener. Raises InvalidInputError, ConflictError for limits."""
    check_text("name", rule.name, _("The rule's name"), range(2, 129))
    check_number("priority", rule.priority, _("The priority"), PRIORITIES)
    check_choice("direction", rule.direction, _("The direction"), DIRECTIONS)
    _check_edition(rule, allowed)
    _check_conditions(rule)
    _check_actions(rule)
    _check_redirect(rule, allowed)
    _check_captures(rule)
    _check_limits(rule, allowed)


def _check_edition(rule: Rule, allowed: Allowed) -> None:
    if rule.direction == RESPONSE and not allowed.response_rules:
        raise refuse(
            "direction",
            _("%(edition)s has no rules for answers.") % {"edition": allowed.edition},
            "edition-direction",
            _("Make it a rule for requests, or upgrade the edition."),
        )
    _check_types("conditions", [each.type for each in rule.conditions], allowed.conditions, allowed.edition)
    _check_types("actions", [each.type for each in rule.actions], allowed.actions, allowed.edition)


def _check_types(place: str, types: list[str], possible: frozenset[str], edition: str) -> None:
    for n, each in enumerate(types):
        if each not in possible:
            raise refuse(
                f"{place}.{n}.type",
                _("%(edition)s does not know “%(type)s”.") % {"edition": edition, "type": each},
                "edition-type",
                _("It knows %(types)s; other editions know more.") % {"types": ", ".join(sorted(possible))},
            )


def _check_conditions(rule: Rule) -> None:
    if not rule.conditions:
        raise refuse(
            "conditions",
            _("The rule has no condition, so it would take every request."),
            "no-condition",
            _("Give a condition; for all other requests there is the default rule."),
        )
    seen: set[str] = set()
    for n, condition in enumerate(rule.conditions):
        if condition.key_of_subject in seen:
            raise refuse(
                f"conditions.{n}",
                _("The rule has two conditions on the same (%(subject)s).") % {"subject": condition.key_of_subject},
                "condition-twice",
                _("Put the values into one condition: any one of them meets it."),
            )
        seen.add(condition.key_of_subject)
        if condition.is_of_answers and rule.direction != RESPONSE:
            raise refuse(
                f"conditions.{n}.type",
                _("A rule for requests cannot look at the answer."),
                "condition-of-answers",
                _("Make it a rule for answers (direction Response)."),
            )
    if rule.direction == RESPONSE:
        _check_answer_conditions(rule)


def _check_answer_conditions(rule: Rule) -> None:
    for n, condition in enumerate(rule.conditions):
        has_regex = isinstance(condition, Host | Path) and any(each.is_regex for each in condition.patterns)
        if has_regex or isinstance(condition, _NOT_OF_ANSWERS):
            raise refuse(
                f"conditions.{n}",
                _("The engine cannot look at this once the answer is there."),
                "condition-of-requests",
                _(
                    "With an answer it knows its status and headers, and of the request the method, the headers, and"
                    " the host and path by exact values and wildcards."
                ),
            )


def _check_actions(rule: Rule) -> None:
    finals = [n for n, action in enumerate(rule.actions) if action.ends_the_rule]
    if len(finals) != 1 and not (rule.direction == RESPONSE and not finals and rule.actions):
        raise refuse(
            "actions",
            _("The rule has %(count)s actions that end it.") % {"count": len(finals)},
            "final-action",
            _("Give exactly one of ForwardGroup, Redirect and FixedResponse, as the last action.")
            if rule.direction != RESPONSE
            else _("Give at most one FixedResponse, as the last action, and otherwise InsertHeader or RemoveHeader."),
        )
    if finals and finals[0] != len(rule.actions) - 1:
        raise refuse(
            f"actions.{finals[0]}",
            _("“%(type)s” ends the rule, and other actions come after it.") % {"type": rule.actions[finals[0]].type},
            "final-action-last",
            _("Move it to the end."),
        )
    for n, action in enumerate(rule.actions):
        if not action.may_repeat and any(type(other) is type(action) for other in rule.actions[:n]):
            raise refuse(
                f"actions.{n}",
                _("The rule has two actions “%(type)s”.") % {"type": action.type},
                "action-twice",
                _("Leave one of them out."),
            )
        _check_company(rule, n)


def _check_company(rule: Rule, n: int) -> None:
    action = rule.actions[n]
    if rule.direction == RESPONSE and not action.is_for_answers:
        raise refuse(
            f"actions.{n}.type",
            _("“%(type)s” is an action for requests.") % {"type": action.type},
            "action-of-requests",
            _("Rules for answers can have InsertHeader, RemoveHeader and FixedResponse."),
        )
    if isinstance(action, _NEED_FORWARD) and not isinstance(rule.final, ForwardGroup):
        raise refuse(
            f"actions.{n}",
            _("“%(type)s” needs a request that is forwarded.") % {"type": action.type},
            "action-needs-forward",
            _("End the rule with ForwardGroup, or leave this action out."),
        )
    forwarded = rule.forwards.server_group_ids if rule.forwards else ()
    if isinstance(action, TrafficMirror) and action.server_group_id in forwarded:
        raise refuse(
            f"actions.{n}.server_group_id",
            _("The copies would go to the same server group as the requests."),
            "mirror-same-group",
            _("Choose another server group for the copies."),
        )


def _check_redirect(rule: Rule, allowed: Allowed) -> None:
    redirect = rule.of_action(Redirect)
    if redirect and redirect.protocol == "HTTP" and allowed.protocol != "HTTP":
        raise refuse(
            f"actions.{rule.actions.index(redirect)}.protocol",
            _("A listener for %(protocol)s can redirect to HTTPS only.") % {"protocol": allowed.protocol},
            "redirect-insecure",
            _("Choose HTTPS, or ${protocol} to keep the request's."),
        )


def _check_captures(rule: Rule) -> None:
    """Refuse references to what no regular expression of the path captures."""
    for n, action in enumerate(rule.actions):
        wanted = captures_of(action.path) if isinstance(action, Rewrite | Redirect) else set()
        if not wanted:
            continue
        values = rule.path.patterns if rule.path else ()
        if not values or any(not each.is_regex or group_count(each.text[1:]) < max(wanted) for each in values):
            raise refuse(
                f"actions.{n}.path",
                _("The path refers to ${%(number)s}, which not every value of the path condition captures.")
                % {"number": max(wanted)},
                "capture-unknown",
                _("Let each value of the path condition be a regular expression (~…) with that many groups."),
            )


def _check_limits(rule: Rule, allowed: Allowed) -> None:
    counts = {
        "actions": len(rule.actions),
        "conditions": len(rule.conditions),
        "wildcards": wildcards_of(rule.conditions),
    }
    labels = {"actions": _("actions"), "conditions": _("conditions"), "wildcards": _("values with wildcards")}
    for name, count in counts.items():
        quota, limit = allowed.limits.get(name, ("", count))
        if count > limit:
            raise ConflictError(
                _("The rule has %(count)s %(what)s; %(limit)s are allowed.")
                % {"count": count, "what": labels[name], "limit": limit},
                "quota.exceeded",
                field="actions" if name == "actions" else "conditions",
                about=quota,
                way_out=_("Divide it into several rules, or have an administrator raise the limit %(quota)s.")
                % {"quota": quota},
            )
