"""Read forwarding rules."""

from collections.abc import Iterable

from console.ids import is_id
from listeners.forwarding.rule import Rule, stored_rule
from listeners.models import ForwardingRule, Listener, ServerGroup
from listeners.services.rows import not_found


def rules_of(listener: Listener) -> list[ForwardingRule]:
    """Return the rules of a listener, those for requests first, each by priority; the default rule has no row."""
    return list(ForwardingRule.objects.filter(listener=listener).order_by("direction", "priority"))


def rule_by_id(listener: Listener, rule_id: str) -> ForwardingRule:
    """Return a rule of ``listener``. Raises NotFoundError."""
    found = ForwardingRule.objects.filter(pk=rule_id, listener=listener).first() if is_id(rule_id) else None
    if found is None:
        raise not_found("forwarding_rule", rule_id)
    return found


def parsed(row: ForwardingRule) -> Rule:
    """Return what a row means. Raises KeyError or TypeError for one that damage has reached."""
    return stored_rule(row.pk, row.name, row.priority, row.direction, row.conditions, row.actions)


def group_names(rules: Iterable[Rule], listener: Listener) -> dict[str, str]:
    """Return the names of the server groups of rules and of the listener itself, by id."""
    wanted = {group_id for rule in rules for group_id in rule.server_group_ids}
    if listener.server_group_id:
        wanted.add(listener.server_group_id)
    return dict(ServerGroup.objects.filter(pk__in=wanted).values_list("pk", "name"))
