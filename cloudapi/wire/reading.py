"""Read flat parameters (``Servers.1.Port=80``) by the fields that an operation declares."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

from cloudapi.wire.fields import Field

Fault = Literal["missing", "unknown", "illegal", "size"]
DEEPEST = 12
HIGHEST_INTEGER = 2**63
LONGEST_SHOWN = 80
_INDEX = re.compile(r"[1-9][0-9]{0,5}")
_INTEGER = re.compile(r"-?[0-9]{1,19}")
_WORDS = {"flag": {"true": True, "false": False}, "switch": {"on": True, "off": False}}


class ParameterError(Exception):
    """A parameter that cannot be read; the product gives it its code. ``name`` is as the client spelt it."""

    def __init__(self, fault: Fault, name: str, message: str) -> None:
        super().__init__(message)
        self.fault = fault
        self.name = name[:LONGEST_SHOWN]
        self.message = message


def read(fields: Sequence[Field], flat: Mapping[str, str]) -> dict[str, Any]:
    """Return the values by name, nested as declared; defaults are filled in, what was not sent is left out.

    Raises ParameterError for what is unknown, missing, of another type or out of range.
    """
    whole = Field("", "struct", parts=tuple(fields))
    tree: dict[Any, Any] = {}
    for name, value in flat.items():
        _place(whole, tree, name, value)
    return _struct(whole, tree, "")


def _place(whole: Field, tree: dict[Any, Any], name: str, value: str) -> None:
    """Put one parameter where it belongs in the tree of texts."""
    segments = name.split(".", DEEPEST)
    if len(segments) > DEEPEST:
        raise ParameterError("unknown", name, f"The parameter {name[:LONGEST_SHOWN]} is nested too deep.")
    at, node = whole, tree
    for segment in segments[:-1]:
        at, key = _step(at, segment, name)
        node = node.setdefault(key, {})
        if not isinstance(node, dict):
            raise ParameterError("illegal", name, f"The parameter {name} is given twice: whole and in parts.")
    at, key = _step(at, segments[-1], name)
    if key in node:
        raise ParameterError("illegal", name, f"The parameter {name} is given twice: whole and in parts.")
    node[key] = value


def _step(at: Field, segment: str, name: str) -> tuple[Field, str | int]:
    if at.kind == "list":
        if not _INDEX.fullmatch(segment) or int(segment) > (at.high or 0):
            message = f"The index in {name[:LONGEST_SHOWN]} is not between 1 and {at.high}."
            raise ParameterError("size", name.rpartition(f".{segment}")[0], message)
        return at.item, int(segment)
    if at.kind == "struct" and segment in at.by_name:
        return at.by_name[segment], segment
    raise ParameterError("unknown", name, f"The operation has no parameter {name[:LONGEST_SHOWN]}.")


def _value(field: Field, raw: Any, name: str) -> Any:
    if field.kind in {"struct", "list"}:
        return _nested(field, raw, name)
    if isinstance(raw, dict | list):
        raise ParameterError("illegal", name, f"The parameter {name} is no list and has no parts.")
    spelt = _spelt(raw)
    if field.kind == "text":
        return _text(field, spelt, name)
    if field.kind == "integer":
        return _integer(field, spelt, name)
    words = _WORDS[field.kind]
    if spelt.lower() not in words:
        raise ParameterError("illegal", name, f"The parameter {name} is neither {' nor '.join(words)}.")
    return words[spelt.lower()]


def _spelt(raw: Any) -> str:
    """Return a value of JSON as it is spelt outside of JSON."""
    if isinstance(raw, bool):
        return "true" if raw else "false"
    return "" if raw is None else str(raw)


def _nested(field: Field, raw: Any, name: str) -> Any:
    given = _parsed(raw, name) if isinstance(raw, str) else raw
    if field.kind == "struct":
        if not isinstance(given, dict):
            raise ParameterError("illegal", name, f"The parameter {name} is no object.")
        return _struct(field, given, f"{name}." if name else "")
    return _list(field, given, name)


def _parsed(text: str, name: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise ParameterError("illegal", name, f"The parameter {name} is no JSON.") from None


def _list(field: Field, given: Any, name: str) -> list[Any]:
    items = _by_index(given, name) if isinstance(given, dict) else given
    if not isinstance(items, list):
        raise ParameterError("illegal", name, f"The parameter {name} is no list.")
    if not (field.low or 0) <= len(items) <= (field.high or 0):
        raise ParameterError("size", name, f"The list {name} has {len(items)} items; {field.low} to {field.high} fit.")
    return [_value(field.item, item, f"{name}.{number}") for number, item in enumerate(items, 1)]


def _by_index(given: Mapping[Any, Any], name: str) -> list[Any]:
    if set(given) != set(range(1, len(given) + 1)):
        raise ParameterError("illegal", name, f"The list {name} has gaps: its items are numbered 1, 2, 3 and so on.")
    return [given[number] for number in sorted(given)]


def _struct(field: Field, given: Mapping[Any, Any], path: str) -> dict[str, Any]:
    for key in given:
        if key not in field.by_name:
            raise ParameterError("unknown", f"{path}{key}", f"There is no parameter {path}{str(key)[:LONGEST_SHOWN]}.")
    values = {key: _value(field.by_name[key], raw, f"{path}{key}") for key, raw in given.items() if raw is not None}
    for part in _absent(field.parts, values):
        if part.required:
            raise ParameterError("missing", f"{path}{part.name}", f"The parameter {path}{part.name} is missing.")
        if part.default is not None:
            values[part.name] = part.default
    return values


def _absent(parts: Iterable[Field], values: Mapping[str, Any]) -> list[Field]:
    return [part for part in parts if part.name not in values]


def _text(field: Field, spelt: str, name: str) -> str:
    if "\0" in spelt:
        raise ParameterError("illegal", name, f"The parameter {name} holds a NUL.")
    if field.required and not spelt:
        raise ParameterError("missing", name, f"The parameter {name} is empty.")
    if field.choices:
        return _choice(field, spelt, name)
    low, high = field.low or 0, field.high
    if len(spelt) < low or (high is not None and len(spelt) > high):
        raise ParameterError("illegal", name, f"The parameter {name} has {len(spelt)} characters; {low} to {high} fit.")
    if field.pattern and not re.fullmatch(field.pattern, spelt):
        raise ParameterError("illegal", name, f"The parameter {name} has characters or a form that it cannot have.")
    return spelt


def _choice(field: Field, spelt: str, name: str) -> str:
    for choice in field.choices:
        if choice.casefold() == spelt.casefold():
            return choice
    raise ParameterError("illegal", name, f"The parameter {name} is none of {', '.join(field.choices)}.")


def _integer(field: Field, spelt: str, name: str) -> int:
    if not _INTEGER.fullmatch(spelt) or abs(int(spelt)) >= HIGHEST_INTEGER:
        raise ParameterError("illegal", name, f"The parameter {name} is no whole number.")
    number = int(spelt)
    if (field.low is not None and number < field.low) or (field.high is not None and number > field.high):
        raise ParameterError(
            "illegal", name, f"The parameter {name} is {number}; it can be {field.low} to {field.high}."
        )
    return number
