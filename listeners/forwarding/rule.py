"""A forwarding rule: from JSON to frozen values and back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from django.utils.translation import gettext as _

from listeners.forwarding.actions import ACTIONS, Action, ForwardGroup, Redirect, Rewrite
from listeners.forwarding.checks import check_choice, refuse, shortened
from listeners.forwarding.condition import Condition
from listeners.forwarding.conditions import CONDITIONS, Path
from listeners.forwarding.reading import Value, build, dump, read

Direction = Literal["Request", "Response"]
REQUEST: Direction = "Request"
RESPONSE: Direction = "Response"
DIRECTIONS = (REQUEST, RESPONSE)
PRIORITIES = range(1, 10_001)


@dataclass(frozen=True, slots=True)
class Rule:
    """What becomes of the requests, or answers, that meet all conditions."""

    id: str
    name: str
    priority: int
    direction: str
    conditions: tuple[Condition, ...]
    actions: tuple[Action, ...]

    @property
    def final(self) -> Action | None:
        """The action that ends the rule; only a rule of answers can do without."""
        return next((action for action in self.actions if action.ends_the_rule), None)

    @property
    def server_group_ids(self) -> tuple[str, ...]:
        """The server groups that its actions name, each once."""
        return tuple(dict.fromkeys(each for action in self.actions for each in action.server_group_ids))

    @property
    def path(self) -> Path | None:
        """Its condition on the path."""
        return self.of_condition(Path)

    @property
    def target(self) -> Rewrite | Redirect | None:
        """Its action that leads to another path or query; a rule cannot have two of them."""
        return self.of_action(Rewrite) or self.of_action(Redirect)

    @property
    def forwards(self) -> ForwardGroup | None:
        """Its action of forwarding."""
        return self.of_action(ForwardGroup)

    def of_action(self, kind: type[Value]) -> Value | None:
        """Return its first action of one kind."""
        for action in self.actions:
            if type(action) is kind:
                return action
        return None

    def of_condition(self, kind: type[Value]) -> Value | None:
        """Return its first condition of one kind."""
        for condition in self.conditions:
            if type(condition) is kind:
                return condition
        return None


def stored_rule(  # noqa: PLR0917 - the columns of a row, in their order
    rule_id: str,
    name: str,
    priority: int,
    direction: str,
    conditions: Sequence[Mapping[str, Any]],
    actions: Sequence[Mapping[str, Any]],
) -> Rule:
    """Build a rule that was checked before it was stored. Raises KeyError or TypeError for what is not one."""
    return Rule(
        rule_id,
        name,
        priority,
        direction,
        tuple(build(CONDITIONS[each["type"]], each) for each in conditions),
        tuple(build(ACTIONS[each["type"]], each) for each in actions),
    )


def read_conditions(data: Sequence[Any], place: str = "conditions") -> tuple[Condition, ...]:
    """Read conditions and check each of them. Raises InvalidInputError."""
    return tuple(_read(CONDITIONS, each, f"{place}.{n}", _("The kind of condition")) for n, each in enumerate(data))


def read_actions(data: Sequence[Any], direction: str, place: str = "actions") -> tuple[Action, ...]:
    """Read the actions of a rule and check each of them. Raises InvalidInputError."""
    return tuple(_read_action(each, direction, f"{place}.{n}") for n, each in enumerate(data))


def as_json(parts: Sequence[Condition | Action]) -> list[dict[str, Any]]:
    """Return conditions or actions as they are stored and shown."""
    return [{"type": each.type, **dump(each)} for each in parts]


def _read(kinds: "Mapping[str, type[Condition]]", data: Any, place: str, label: str) -> Condition:
    found = read(kinds[_kind(kinds, data, place, label)], data, place)
    found.check(place)
    return found


def _read_action(data: Any, direction: str, place: str) -> Action:
    action = read(ACTIONS[_kind(ACTIONS, data, place, _("The kind of action"))], data, place)
    if direction == RESPONSE and hasattr(action, "check_for_answers"):
        action.check_for_answers(place)
    else:
        action.check(place)
    return action


def _kind(kinds: Mapping[str, object], data: Any, place: str, label: str) -> str:
    if not isinstance(data, Mapping):
        raise refuse(
            place,
            _("“%(value)s” is not of the right kind.") % {"value": shortened(str(data))},
            "type-invalid",
            _("Give an object with a type."),
        )
    check_choice(f"{place}.type", data.get("type"), label, kinds)
    return str(data["type"])
