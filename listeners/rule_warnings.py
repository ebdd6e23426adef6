"""What an operator should know of stored forwarding rules."""

from collections.abc import Iterable

from django.utils.translation import gettext as _

from listeners.forwarding.rule import Rule
from listeners.forwarding.shadows import unreachable
from listeners.warnings import ListenerWarning


def rule_warnings(rules: Iterable[Rule]) -> list[ListenerWarning]:
    """Warn of rules that can never answer."""
    text = _(
        "Rule “%(rule)s” never answers: rule “%(before)s”, priority %(priority)s, takes all of its requests before."
    )
    return [
        ListenerWarning(
            "rule.unreachable", text % {"rule": rule.name, "before": before.name, "priority": before.priority}
        )
        for rule, before in unreachable(rules)
    ]
