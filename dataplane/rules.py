"""Read the forwarding rules of listeners. One that cannot be read is left out and named, the others serve."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from listeners.forwarding.rule import Rule, stored_rule
from listeners.models import ForwardingRule

COLUMNS = ("listener_id", "id", "name", "priority", "direction", "conditions", "actions")


@dataclass(slots=True)
class CollectedRules:
    """The rules of one listener, by priority."""

    rules: list[Rule] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)


def collect_rules(listener_ids: Iterable[str]) -> dict[str, CollectedRules]:
    """Return the rules of listeners, each by direction and priority; those without any are missing."""
    found: dict[str, CollectedRules] = defaultdict(CollectedRules)
    rows = ForwardingRule.objects.filter(listener_id__in=list(listener_ids))
    for listener_id, *columns in rows.order_by("listener_id", "direction", "priority").values_list(*COLUMNS):
        try:
            found[listener_id].rules.append(stored_rule(*columns))
        except (KeyError, TypeError, ValueError, AttributeError):
            found[listener_id].unreadable.append(columns[1])
    return found
