"""Rules that can never answer, since an earlier one takes all that they would."""

from collections.abc import Iterable

from listeners.forwarding.condition import Condition
from listeners.forwarding.rule import Rule


def unreachable(rules: Iterable[Rule]) -> list[tuple[Rule, Rule]]:
    """Return each rule that cannot be reached, with the earlier rule that stands before it.

    What is returned is sure; rules that several others cover only together are not found.
    """
    ordered = sorted(rules, key=lambda rule: (rule.direction, rule.priority))
    found = []
    for n, rule in enumerate(ordered):
        earlier = (each for each in ordered[:n] if each.direction == rule.direction)
        before = next((each for each in earlier if _takes_all_of(each, rule)), None)
        if before is not None:
            found.append((rule, before))
    return found


def _takes_all_of(wide: Rule, narrow: Rule) -> bool:
    subjects = {condition.key_of_subject: condition for condition in narrow.conditions}
    return all(_is_implied(condition, subjects) for condition in wide.conditions)


def _is_implied(condition: Condition, subjects: dict[str, Condition]) -> bool:
    other = subjects.get(condition.key_of_subject)
    return other is not None and condition.includes(other)
