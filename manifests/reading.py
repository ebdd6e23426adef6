"""Read the text of a manifest: YAML without its traps, and the line of everything in it.

Refused are keys that stand twice, anchors that multiply, depth without end, tags that build objects, and several
documents in one file.
"""

from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from typing import Any

import yaml
from django.utils.translation import gettext as _
from pydantic import BaseModel, ValidationError

from console.errors import DomainError, InvalidInputError
from console.texts import storable
from manifests.schemas import Manifest

Path = tuple[str | int, ...]

MOST_BYTES = 8_000_000
DEEPEST = 40
MOST_REPEATED = 100_000  # parts that anchors repeat
_MERGE = "tag:yaml.org,2002:merge"
_PLAIN = {f"tag:yaml.org,2002:{kind}" for kind in ("str", "int", "float", "bool", "null", "map", "seq")}


class UnreadableError(InvalidInputError):
    """Say that a text is no manifest; ``line`` is where, 0 for the whole."""

    def __init__(self, message: str, line: int = 0, way_out: str = "") -> None:
        super().__init__(message, "manifest.unreadable", way_out=way_out)
        self.line = line


class _Walk:
    """Makes plain values of YAML nodes, and remembers where each stood."""

    def __init__(self) -> None:
        self.lines: dict[Path, int] = {}
        self._seen: set[int] = set()
        self._repeated = 0
        self._scalars = yaml.constructor.SafeConstructor()

    def value(self, node: yaml.Node, path: Path = ()) -> Any:
        """Return the value of ``node``, which stands at ``path``."""
        self.lines[path] = _line(node)
        self._repeated += id(node) in self._seen
        self._seen.add(id(node))
        if self._repeated > MOST_REPEATED or len(path) > DEEPEST:
            raise UnreadableError(
                _("The file is deeper than any manifest, or its anchors repeat too much."),
                _line(node),
                _("Write it with fewer anchors, or in several files."),
            )
        _refuse_kind(node)
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, (*path, n)) for n, item in enumerate(node.value)]
        return self._scalar(node)

    def _mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, Any]:
        merged: dict[str, Any] = {}
        own: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if key_node.tag == _MERGE:
                merged = {**self._merged(value_node, path), **merged}
                continue
            key = self._scalar(key_node) if isinstance(key_node, yaml.ScalarNode) else None
            if not isinstance(key, str):
                raise UnreadableError(
                    _("A key here is not a text."), _line(key_node), _("Put it into quotation marks, if it is meant.")
                )
            if key in own:
                raise UnreadableError(
                    _("“%(key)s” stands twice in one object.") % {"key": key[:60]}, _line(key_node), _("Keep one.")
                )
            own[key] = self.value(value_node, (*path, key))
            self.lines[*path, key] = _line(key_node)
        return {**merged, **own}

    def _merged(self, node: yaml.Node, path: Path) -> dict[str, Any]:
        """Return what ``<<`` takes over: the first of several objects wins."""
        found = self.value(node, path)
        parts = found if isinstance(found, list) else [found]
        if not all(isinstance(part, dict) for part in parts):
            raise UnreadableError(_("“<<” takes over objects only."), _line(node), _("Name the anchor of an object."))
        return {key: value for part in reversed(parts) for key, value in part.items()}

    def _scalar(self, node: yaml.Node) -> Any:
        _refuse_kind(node)
        try:
            value = self._scalars.construct_object(node)
            return storable(value) if isinstance(value, str) else value
        except (ValueError, yaml.YAMLError):
            raise UnreadableError(_("This value cannot be read."), _line(node), _("Write it as a text.")) from None


def _refuse_kind(node: yaml.Node) -> None:
    """Refuse what is no plain value, such as a date or an object of a program."""
    if node.tag not in _PLAIN:
        raise UnreadableError(
            _("A value of the kind “%(kind)s” has no place here.") % {"kind": node.tag.rpartition(":")[2][:40]},
            _line(node),
            _("Put it into quotation marks if it is a text."),
        )


def _line(part: yaml.Node | yaml.Event) -> int:
    return part.start_mark.line + 1 if part.start_mark else 0


def read_text(text: bytes) -> tuple[Any, dict[Path, int]]:
    """Return the value of a YAML or JSON text, and the line of each part of it. Raises UnreadableError."""
    if len(text) > MOST_BYTES:
        raise UnreadableError(
            _("The file has more than %(limit)s bytes.") % {"limit": MOST_BYTES}, 0, _("Split it into several.")
        )
    walk = _Walk()
    try:
        _refuse_depth(text)
        node = yaml.compose(text, Loader=yaml.CSafeLoader)
        return (None if node is None else walk.value(node)), walk.lines
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise UnreadableError(
            _("This is no YAML: %(problem)s.") % {"problem": error.problem or error.context},
            mark.line + 1 if mark else 0,
            _("Mind the indentation, and quotation marks around texts with a colon."),
        ) from None
    except (yaml.YAMLError, UnicodeDecodeError):
        raise UnreadableError(_("This is no text in UTF-8."), 0, _("Save the file in UTF-8.")) from None


def _refuse_depth(text: bytes) -> None:
    """Refuse nesting before it is built: a loader calls itself for every level."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > DEEPEST:
            raise UnreadableError(
                _("The file is nested deeper than any manifest."), _line(event), _("Look for brackets.")
            )


def read_object(text: bytes) -> tuple[dict[str, Any], dict[Path, int]]:
    """Return what the file of a manifest holds, not checked, and the line of each part. Raises UnreadableError."""
    data, lines = read_text(text)
    if data is not None and not isinstance(data, dict):
        raise UnreadableError(
            _("A manifest is an object with load_balancers, server_groups and so on."),
            1,
            _("manage.py lb export shows one."),
        )
    return data or {}, lines


def checked_manifest(data: Any) -> Manifest:
    """Return plain data as a manifest. Raises InvalidInputError with a part for every fault."""
    try:
        return Manifest.model_validate(data)
    except ValidationError as error:
        parts = [_fault(data, each["loc"], each["type"], each["msg"]) for each in error.errors(include_url=False)]
        message = parts[0].message
        raise InvalidInputError(
            message, "manifest.invalid", field=parts[0].field, way_out=parts[0].way_out, parts=parts
        ) from None


def _fault(data: Any, place: Sequence[str | int], kind: str, message: str) -> DomainError:
    way_out = ""
    if kind == "extra_forbidden":
        message = _("“%(name)s” is not known here.") % {"name": str(place[-1])[:60]}
        near = get_close_matches(str(place[-1]), _fields_at(place[:-1]), 1)
        way_out = _("Is %(near)s meant?") % {"near": near[0]} if near else _("docs/manifests.md has the names.")
    return InvalidInputError(message, "manifest.invalid", field=spelt(place), way_out=way_out)


def _fields_at(place: Sequence[str | int]) -> list[str]:
    """Return the names that an object at ``place`` can have."""
    model: Any = Manifest
    for part in place:
        if isinstance(part, str):
            annotation: Any = model.model_fields[part].annotation
            model = next((each for each in _inner(annotation) if _is_model(each)), None)
            if model is None:
                return []
    return list(model.model_fields)


def _inner(annotation: Any) -> Iterator[Any]:
    yield annotation
    for part in getattr(annotation, "__args__", ()):
        yield from _inner(part)


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def spelt(place: Sequence[str | int]) -> str:
    """Return a place in a manifest as errors name it: ``load_balancers.0.listeners.2.port``."""
    return ".".join(str(part) for part in place)


def line_of(field: str, lines: dict[Path, int]) -> int:
    """Return the line of the deepest part of ``field`` that stands in the file, 0 when nothing of it does."""
    place: Path = tuple(int(part) if part.isdecimal() else part for part in field.split(".")) if field else ()
    while place and place not in lines:
        place = place[:-1]
    return lines.get(place, 0)
