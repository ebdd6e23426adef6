"""A plan in words: a line for each object, and one for each field that changes."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from django.utils.translation import gettext as _

from manifests.planning import SIGNS, Difference, PlannedChange

NOTHING = "Nothing to do: everything is as the manifest says."


def plan_lines(changes: Sequence[PlannedChange]) -> Iterator[str]:
    """Yield the lines of a plan: + is created, ~ is changed, - is deleted."""
    for change in changes:
        yield f"{SIGNS[change.action]} {change.kind} {change.name}"
        for difference in change.differences:
            yield f"    {told(difference)}"
    yield summary(changes)


def told(difference: Difference) -> str:
    """Return one difference in a line."""
    if difference.before is None and difference.after is not None:
        return f"{difference.field}: + {_shown(difference.after)}"
    if difference.after is None and difference.before is not None:
        return f"{difference.field}: - {_shown(difference.before)}"
    return f"{difference.field}: {_shown(difference.before)} → {_shown(difference.after)}"


def _shown(value: Any) -> str:
    return value if isinstance(value, str) and value else json.dumps(value, ensure_ascii=False)


def summary(changes: Sequence[PlannedChange]) -> str:
    """Return how many objects of each action there are."""
    if not changes:
        return _(NOTHING)
    counts = {action: sum(change.action == action for change in changes) for action in SIGNS}
    return _("%(create)s to create, %(update)s to change, %(delete)s to delete.") % counts
