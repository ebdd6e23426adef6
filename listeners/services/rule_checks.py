"""What a listener's rules may be: the checks that need its product, its limits, or its other rules."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from django.utils.translation import gettext as _

from console.errors import ConflictError, InvalidInputError
from listeners import limits
from listeners.forwarding.classic import ClassicRule, classic_rule
from listeners.forwarding.legality import Allowed, check_rule
from listeners.forwarding.rule import REQUEST, Rule, as_json, read_actions, read_conditions
from listeners.legality import named
from listeners.models import ForwardingRule, Listener, Product
from listeners.products import HTTP_FAMILY, features_of

_FIELDS = ("name", "priority", "direction", "conditions", "actions")
_CLASSIC_FIELDS = ("name", "domain", "url", "server_group_id")


class Checker:
    """Makes rules of what is given for one listener, or refuses it."""

    def __init__(self, listener: Listener) -> None:
        refuse_without_requests(listener)
        self._is_classic = listener.load_balancer.product == Product.CLB
        self._listener = listener
        self._allowed = allowed_on(listener)
        self._matched = self._stored_matches() if self._is_classic else {}

    def _stored_matches(self) -> dict[str, tuple[str, Any]]:
        """Return the name of each rule, and what it matches, by id."""
        rows = ForwardingRule.objects.filter(listener=self._listener)
        return {row.pk: (row.name, row.conditions) for row in rows}

    def new(self, rule_id: str, given: Mapping[str, Any], last: Mapping[str, int]) -> Rule:
        """Return a new rule; without a priority it comes after ``last``, that of its direction."""
        self._refuse_foreign_fields(given)
        if self._is_classic:
            values = {name: given.get(name, "") for name in _CLASSIC_FIELDS}
            return self._classic(rule_id, ClassicRule(**values))
        direction = given.get("direction", REQUEST)
        return self._checked(
            Rule(
                rule_id,
                given.get("name", ""),
                given.get("priority") or last.get(direction, 0) + 1,
                direction,
                read_conditions(given.get("conditions", ())),
                read_actions(given.get("actions", ()), direction),
            )
        )

    def changed(self, rule: Rule, given: Mapping[str, Any]) -> Rule:
        """Return ``rule`` with what is given."""
        self._refuse_foreign_fields(given)
        if self._is_classic:
            return self._classic(rule.id, replace(classic_rule(rule), **given), rule.priority)
        values: dict[str, Any] = {name: given[name] for name in ("name", "priority", "direction") if name in given}
        direction = values.get("direction", rule.direction)
        values["conditions"] = read_conditions(given["conditions"]) if "conditions" in given else rule.conditions
        # Those that stay are read again too: the other direction may refuse them.
        values["actions"] = read_actions(given.get("actions", as_json(rule.actions)), direction)
        return self._checked(replace(rule, **values))

    def _checked(self, rule: Rule) -> Rule:
        check_rule(rule, self._allowed)
        return replace(rule, name=rule.name.strip())

    def _classic(self, rule_id: str, rule: ClassicRule, priority: int = 1) -> Rule:
        rule.check()
        made = rule.as_rule(rule_id, priority)
        conditions = as_json(made.conditions)
        others = (match for pk, match in self._matched.items() if pk != rule_id)
        same = next((name for name, matched in others if matched == conditions), None)
        if same is not None:
            raise ConflictError(
                _("Rule “%(name)s” has the same domain and URL.") % {"name": same},
                "rule.duplicate",
                field="domain",
                way_out=_("Change that rule, or give another domain or URL."),
            )
        self._matched[rule_id] = (made.name, conditions)
        return made

    def _refuse_foreign_fields(self, given: Mapping[str, Any]) -> None:
        own = _CLASSIC_FIELDS if self._is_classic else _FIELDS
        foreign = next((name for name in given if name not in own), None)
        if foreign is not None:
            raise InvalidInputError(
                _("A rule of a load balancer of the kind “%(kind)s” has no “%(field)s”.")
                % {"kind": named(self._listener.load_balancer), "field": foreign},
                "rule.field-not-of-product",
                field=foreign,
                way_out=_("Give %(fields)s.") % {"fields": ", ".join(own)},
            )
        _refuse_wrong_types(given)


def _refuse_wrong_types(given: Mapping[str, Any]) -> None:
    for name, value in given.items():
        kind = list | tuple if name in {"conditions", "actions"} else int if name == "priority" else str
        if not isinstance(value, kind) or isinstance(value, bool):
            raise InvalidInputError(
                _("“%(value)s” cannot be the %(field)s of a rule.") % {"value": str(value)[:60], "field": name},
                "rule.type-invalid",
                field=name,
                way_out=_("Give conditions and actions as lists, the priority as a number, and all else as text."),
            )


def allowed_on(listener: Listener) -> Allowed:
    """Return what rules of ``listener`` can have."""
    balancer = listener.load_balancer
    features = features_of(balancer)
    names = {part: features.quotas[part] for part in ("actions", "conditions", "wildcards") if part in features.quotas}
    values = limits.limits_of(names.values())
    return Allowed(
        edition=named(balancer),
        protocol=listener.protocol,
        conditions=features.rule_conditions,
        actions=features.rule_actions,
        response_rules=features.response_rules,
        limits={part: (name, values[name]) for part, name in names.items()},
    )


def refuse_without_requests(listener: Listener) -> None:
    """Refuse rules for a listener that reads no requests."""
    if listener.protocol not in HTTP_FAMILY:
        raise ConflictError(
            _("Listener “%(listener)s” passes on what it gets as it is: %(protocol)s has no requests to look at.")
            % {"listener": listener, "protocol": listener.protocol},
            "rule.no-requests",
            way_out=_("Create the rule on a listener for HTTP, HTTPS or QUIC."),
        )


def refuse_large_operation(listener: Listener, count: int) -> None:
    """Refuse nothing at all, and more rules than one operation takes."""
    if not count:
        raise InvalidInputError(
            _("No rule was given."), "rule.none-given", field="rules", way_out=_("Give at least one rule.")
        )
    limit = limits.limit_for(listener.load_balancer, "rules_per_operation")
    limit.refuse_above(
        count,
        _("%(count)s rules were given; one operation takes %(limit)s.") % {"count": count, "limit": limit.value},
        field="rules",
    )


def refuse_too_many_rules(listener: Listener, fresh: int) -> None:
    """Refuse more rules than a load balancer may have, of a CLB than a listener; the default rule does not count."""
    balancer = listener.load_balancer
    is_classic = balancer.product == Product.CLB
    counted = {"listener": listener} if is_classic else {"listener__load_balancer": balancer}
    limit = limits.limit_for(balancer, "rules")
    there = ForwardingRule.objects.filter(**counted).count()
    limit.refuse_above(
        there + fresh,
        _("“%(name)s” has %(there)s forwarding rules; %(limit)s are allowed.")
        % {"name": listener if is_classic else balancer, "there": there, "limit": limit.value},
        field="rules",
    )


def refuse_taken_priorities(listener: Listener, made: Sequence[tuple[ForwardingRule, Rule]]) -> None:
    """Refuse a priority that two rules of one direction would have."""
    moving = [row.pk for row, _rule in made]
    others = ForwardingRule.objects.filter(listener=listener).exclude(pk__in=moving)
    taken = {(row.direction, row.priority): row.name for row in others}
    for _row, rule in made:
        place = (rule.direction, rule.priority)
        if place in taken:
            free = next(
                n for n in range(rule.priority, rule.priority + len(taken) + 1) if (rule.direction, n) not in taken
            )
            raise ConflictError(
                _("Priority %(priority)s is that of rule “%(name)s”.")
                % {"priority": rule.priority, "name": taken[place]},
                "rule.priority-taken",
                field="priority",
                way_out=_("Choose another one; %(free)s is free.") % {"free": free},
            )
        taken[place] = rule.name
