"""From JSON to frozen dataclasses and back: the fields of the class are the names of the JSON object, no others.

What is stored was checked before, so it is only built; what comes from outside is read strictly.
"""

from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from django.utils.translation import gettext as _

from listeners.forwarding.checks import refuse, shortened

Value = TypeVar("Value")


def build(kind: type[Value], data: Mapping[str, Any]) -> Value:
    """Build an object from JSON that was checked before; names that it does not know are passed over."""
    hints = _hints(kind)
    return kind(**{name: _built(hints[name], value) for name, value in data.items() if name in hints})


def read(kind: type[Value], data: Mapping[str, Any], place: str) -> Value:
    """Read an object strictly: every field of its type, none missing, none unknown. Raises InvalidInputError."""
    hints = _hints(kind)
    for name in data:
        if name not in hints and name != "type":
            raise refuse(
                place,
                _("“%(name)s” is not known here.") % {"name": shortened(str(name))},
                "field-unknown",
                _("Use %(names)s.") % {"names": ", ".join(hints)},
            )
    found = {name: _read(hints[name], data[name], f"{place}.{name}") for name in hints if name in data}
    for each in fields(kind):  # type: ignore[arg-type]
        if each.name not in found and _is_required(each):
            raise refuse(
                f"{place}.{each.name}",
                _("“%(name)s” is missing.") % {"name": each.name},
                "field-missing",
                _("Give a value for it."),
            )
    return kind(**found)


def dump(value: Any) -> Any:
    """Return ``value`` as JSON, in the order of its fields."""
    if is_dataclass(value):
        return {each.name: dump(getattr(value, each.name)) for each in fields(value)}
    return [dump(each) for each in value] if isinstance(value, tuple) else value


_KNOWN: dict[type, dict[str, Any]] = {}


def _hints(kind: type) -> dict[str, Any]:
    if kind not in _KNOWN:
        own = {each.name for each in fields(kind)}
        _KNOWN[kind] = {name: hint for name, hint in get_type_hints(kind).items() if name in own}
    return _KNOWN[kind]


def _built(hint: Any, value: Any) -> Any:
    if get_origin(hint) is tuple:
        (item, *_rest) = get_args(hint)
        return tuple(_built(item, each) for each in value)
    return build(hint, value) if is_dataclass(hint) and isinstance(hint, type) else value


def _read(hint: Any, value: Any, place: str) -> Any:
    if get_origin(hint) is tuple:
        (item, *_rest) = get_args(hint)
        return tuple(_read(item, each, f"{place}.{n}") for n, each in enumerate(_expected(value, list, place)))
    if is_dataclass(hint) and isinstance(hint, type):
        return read(hint, _expected(value, dict, place), place)
    return _expected(value, hint, place)


def _expected(value: Any, kind: type, place: str) -> Any:
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise refuse(
            place,
            _("“%(value)s” is not of the right kind.") % {"value": shortened(str(value))},
            "type-invalid",
            _("Give %(kind)s.") % {"kind": _named(kind)},
        )
    return value


def _named(kind: type) -> str:
    names = {
        str: _("a text"),
        int: _("a whole number"),
        bool: _("true or false"),
        list: _("a list"),
        dict: _("an object"),
    }
    return str(names[kind])


def _is_required(each: "Field[Any]") -> bool:
    return each.default is MISSING and each.default_factory is MISSING
