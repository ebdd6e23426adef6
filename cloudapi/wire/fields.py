"""The parameters that an operation takes, as it declares them: names, types, ranges."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

Kind = Literal["text", "integer", "flag", "switch", "struct", "list"]
MOST_ITEMS = 200


@dataclass(frozen=True)
class Field:
    """One parameter. ``low`` and ``high`` bound a number's value, a text's length, or how many items a list has.

    ``kept`` parameters mean nothing on one's own machines: they are stored as they came and returned.
    """

    name: str
    kind: Kind
    required: bool = False
    low: int | None = None
    high: int | None = None
    choices: tuple[str, ...] = ()
    pattern: str = ""
    default: Any = None
    kept: bool = False
    parts: tuple["Field", ...] = field(default=(), repr=False)

    @cached_property
    def by_name(self) -> dict[str, "Field"]:
        """The fields of a struct."""
        return {part.name: part for part in self.parts}

    @property
    def item(self) -> "Field":
        """What a list is of."""
        return self.parts[0]


def text(name: str, *, choices: Sequence[str] = (), **more: Any) -> Field:
    """Declare a text; one of ``choices`` may be spelt in any case and is read as it is spelt here."""
    return Field(name, "text", choices=tuple(choices), **more)


def integer(name: str, low: int | None = None, high: int | None = None, **more: Any) -> Field:
    """Declare a whole number from ``low`` to ``high``."""
    return Field(name, "integer", low=low, high=high, **more)


def flag(name: str, **more: Any) -> Field:
    """Declare ``true`` or ``false``; read as a bool."""
    return Field(name, "flag", **more)


def switch(name: str, **more: Any) -> Field:
    """Declare ``on`` or ``off``, as CLB has them; read as a bool."""
    return Field(name, "switch", **more)


def struct(name: str, *parts: Field, **more: Any) -> Field:
    """Declare ``Name.Part=…``; one JSON object is taken as well."""
    return Field(name, "struct", parts=parts, **more)


def texts(name: str, *, most: int = MOST_ITEMS, choices: Sequence[str] = (), low: int = 1, **more: Any) -> Field:
    """Declare ``Name.1=…``, at most ``most`` of them; one JSON array is taken as well."""
    return Field(name, "list", low=low, high=most, parts=(text("", choices=choices),), **more)


def integers(name: str, *, most: int = MOST_ITEMS, low: int = 1, **more: Any) -> Field:
    """Declare ``Name.1=…`` of whole numbers."""
    return Field(name, "list", low=low, high=most, parts=(integer(""),), **more)


def structs(name: str, *parts: Field, most: int = MOST_ITEMS, low: int = 1, **more: Any) -> Field:
    """Declare ``Name.1.Part=…``; one JSON array of objects is taken as well."""
    return Field(name, "list", low=low, high=most, parts=(struct("", *parts),), **more)
