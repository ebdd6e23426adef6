"""The form of a whole rule: its name and place, and its blocks."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from console.errors import DomainError
from console.forms import StyledForm
from listeners.forwarding.rule import RESPONSE
from listeners.models import ForwardingRule
from listeners.rule_forms.actions import ACTION_BLOCKS, GroupField
from listeners.rule_forms.blocks import Block, Part, numbers_of
from listeners.rule_forms.conditions import CONDITION_BLOCKS

_ANSWER_ACTIONS = frozenset({"FixedResponse", "InsertHeader", "RemoveHeader"})
_ANSWER_CONDITIONS = frozenset({"Host", "Path", "Header", "Method", "ResponseStatusCode", "ResponseHeader"})
_KINDS = (("condition", CONDITION_BLOCKS), ("action", ACTION_BLOCKS))


class RuleForm(StyledForm):
    """What a rule has beside its blocks."""

    name = forms.CharField(label=_("Name"), max_length=128, help_text=_("2 to 128 characters."))
    priority = forms.IntegerField(
        label=_("Priority"),
        min_value=1,
        max_value=10_000,
        required=False,
        help_text=_("1 to 10,000; the lowest is tried first. Empty: after all others."),
    )

    @classmethod
    def typed(cls, data: QueryDict) -> "RuleForm":
        """Return the form as it was sent, unchecked."""
        return cls(initial=_typed(cls(data)))


class ClassicRuleForm(StyledForm):
    """A rule of a Classic Load Balancer."""

    name = forms.CharField(label=_("Name"), max_length=40, help_text=_("1 to 40 characters."))
    domain = forms.CharField(
        label=_("Domain"),
        max_length=100,
        required=False,
        help_text=_("www.example.com, *.example.com or www.example.*; empty: any."),
    )
    url = forms.CharField(
        label=_("URL"),
        max_length=80,
        required=False,
        help_text=_("What the path begins with, such as /images/; empty: any."),
    )
    server_group_id = GroupField(label=_("Server group"))


class RuleBlocks:
    """The blocks of a rule's form, in their order; the action that ends the rule is always the last."""

    def __init__(self, conditions: Sequence[Block], actions: Sequence[Block]) -> None:
        self.conditions = list(conditions)
        self.actions = sorted(actions, key=lambda block: block.ends_the_rule)

    @property
    def all(self) -> list[Block]:
        """Every block."""
        return [*self.conditions, *self.actions]

    @classmethod
    def sent(cls, data: QueryDict) -> "RuleBlocks":
        """Return the blocks that a form was sent with."""
        return cls(*([*_sent(data, kind, known)] for kind, known in _KINDS))

    @classmethod
    def typed(cls, data: QueryDict, go: str) -> "RuleBlocks":
        """Return the blocks as they were sent, with one more or less, as the pressed button says.

        ``add-action`` adds one of the type ``new_action``; ``remove-action-2`` takes the second one away. Nothing is
        checked yet, so nothing is marked as wrong.
        """
        verb, _dash, place = go.partition("-")
        found = []
        for kind, known in _KINDS:
            blocks = [
                known[name](prefix=prefix, initial=_typed(known[name](data, prefix=prefix)))
                for number, name in numbers_of(data, kind)
                if name in known and (prefix := f"{kind}-{number}") and (verb, place) != ("remove", prefix)
            ]
            wanted = data.get(f"new_{kind}", "")
            if (verb, place) == ("add", kind) and wanted in known:
                highest = max((number for number, _name in numbers_of(data, kind)), default=-1)
                blocks.append(known[wanted](prefix=f"{kind}-{highest + 1}"))
            found.append(blocks)
        return cls(*found)

    @classmethod
    def stored(cls, row: ForwardingRule) -> "RuleBlocks":
        """Return the blocks of a stored rule."""
        return cls(
            _filled("condition", CONDITION_BLOCKS, row.conditions), _filled("action", ACTION_BLOCKS, row.actions)
        )

    @classmethod
    def fresh(cls, direction: str) -> "RuleBlocks":
        """Return the blocks that a new rule begins with."""
        types = ("ResponseStatusCode", "InsertHeader") if direction == RESPONSE else ("Host", "ForwardGroup")
        return cls([CONDITION_BLOCKS[types[0]](prefix="condition-0")], [ACTION_BLOCKS[types[1]](prefix="action-0")])

    def is_valid(self) -> bool:
        """Tell whether every block could be read; all are asked, so that all errors show at once."""
        answers = [block.is_valid() for block in self.all]
        return all(answers)

    def as_json(self) -> dict[str, list[Part]]:
        """Return the conditions and actions as the service takes them."""
        return {
            "conditions": [block.as_json() for block in self.conditions],
            "actions": [block.as_json() for block in self.actions],
        }

    def refuse(self, error: DomainError) -> bool:
        """Show a service's refusal at the block that it names; False when it names none."""
        kind, _dot, rest = error.field.partition(".")
        number, _dot, field = rest.partition(".")
        blocks = {"conditions": self.conditions, "actions": self.actions}.get(kind, [])
        if not number.isdecimal() or int(number) >= len(blocks):
            return False
        blocks[int(number)].refuse(field, str(error))
        return True


def choices(kind: str, allowed: Iterable[str], direction: str) -> list[tuple[str, Any]]:
    """Return the types of blocks that can be added to a rule of a direction."""
    of_answers = {"condition": _ANSWER_CONDITIONS, "action": _ANSWER_ACTIONS}[kind]
    possible = set(allowed) & of_answers if direction == RESPONSE else set(allowed)
    known = dict(_KINDS)[kind]
    return [
        (name, block.title)
        for name, block in known.items()
        if name in possible and (direction == RESPONSE or not name.startswith("Response"))
    ]


def _sent(data: QueryDict, kind: str, known: Mapping[str, type[Block]]) -> list[Block]:
    return [known[name](data, prefix=f"{kind}-{number}") for number, name in numbers_of(data, kind) if name in known]


def _typed(form: forms.Form) -> Part:
    return {name: form[name].data for name in form.fields}


def _filled(kind: str, known: Mapping[str, type[Block]], parts: Sequence[Part]) -> list[Block]:
    return [
        known[part["type"]](prefix=f"{kind}-{n}", initial=known[part["type"]].initial_of(part))
        for n, part in enumerate(parts)
    ]
