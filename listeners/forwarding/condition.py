"""What conditions of rules have in common: the values as a person writes them, and which of two takes in the other."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

from typing_extensions import override

from listeners.forwarding import patterns
from listeners.forwarding.patterns import Pattern


@dataclass(frozen=True, slots=True)
class Pair:
    """A key and its value; both may have wildcards."""

    key: str
    value: str

    def __str__(self) -> str:
        return f"{self.key}={self.value}"


@dataclass(frozen=True, slots=True)
class Condition(ABC):
    """What all conditions have in common."""

    type: ClassVar[str]
    is_of_answers: ClassVar[bool] = False
    has_wildcards: ClassVar[bool] = False

    @property
    def key_of_subject(self) -> str:
        """What two conditions of one rule must not share: the type, and of headers the key."""
        return self.type

    @property
    @abstractmethod
    def shown(self) -> tuple[str, ...]:
        """The values as a person writes them."""

    @property
    def expression(self) -> str:
        """The expression that the subject must match; empty where the condition is no matter of text."""
        return ""

    @abstractmethod
    def check(self, place: str) -> None:
        """Refuse values that cannot be. Raises InvalidInputError."""

    def includes(self, other: "Condition") -> bool:
        """Tell whether whatever meets ``other``, of the same subject, meets this; False also where it is not known."""
        return set(other.shown) <= set(self.shown)


@dataclass(frozen=True, slots=True)
class TextCondition(Condition):
    """A condition with texts as values."""

    values: tuple[str, ...]

    @property
    @override
    def shown(self) -> tuple[str, ...]:
        return self.values


@dataclass(frozen=True, slots=True)
class PatternCondition(TextCondition):
    """A condition whose texts may have wildcards."""

    has_wildcards: ClassVar[bool] = True
    ignores_case: ClassVar[bool] = False
    takes_regex: ClassVar[bool] = False

    @property
    def patterns(self) -> tuple[Pattern, ...]:
        """The values, those that are regular expressions told apart."""
        return tuple(Pattern(value, takes_regex=self.takes_regex) for value in self.values)

    @override
    def includes(self, other: Condition) -> bool:
        if not isinstance(other, PatternCondition):
            return False
        return all(
            any(patterns.includes(wide, narrow, ignore_case=self.ignores_case) for wide in self.patterns)
            for narrow in other.patterns
        )


@dataclass(frozen=True, slots=True)
class PairCondition(Condition):
    """A condition with keys and values."""

    has_wildcards: ClassVar[bool] = True
    pairs: tuple[Pair, ...]

    @property
    @override
    def shown(self) -> tuple[str, ...]:
        return tuple(map(str, self.pairs))

    @override
    def includes(self, other: Condition) -> bool:
        return isinstance(other, PairCondition) and all(
            any(_pair_includes(wide, narrow) for wide in self.pairs) for narrow in other.pairs
        )


def _pair_includes(wide: Pair, narrow: Pair) -> bool:
    return patterns.includes_wild(wide.key, narrow.key) and patterns.includes_wild(wide.value, narrow.value)
