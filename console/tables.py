"""Pages of long tables by keyset: as fast on page 10,000 as on the first, and stable while rows come and go."""

import base64
import binascii
import datetime as dt
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db.models import Field, Model, Q, QuerySet
from django.utils.translation import gettext as _

from console.errors import InvalidInputError
from console.texts import storable

Row = TypeVar("Row", bound=Model)

PAGE_SIZE = 25  # so much is shown of most rows that twice as many would take a tenth of a second
LARGEST_PAGE = 500
FORWARD, BACKWARD = "f", "b"


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """Some rows of a table, and the cursors of the pages around them (empty: there is none)."""

    items: list[Row]
    next_cursor: str = ""
    previous_cursor: str = ""

    def __iter__(self) -> Iterator[Row]:
        """Go through the rows."""
        return iter(self.items)

    def __len__(self) -> int:
        """Count the rows of this page."""
        return len(self.items)


def keyset_page(queryset: QuerySet[Row], order: Sequence[str], cursor: str = "", size: int = PAGE_SIZE) -> Page[Row]:
    """Return the page of ``queryset`` at ``cursor``, sorted by ``order``.

    ``order`` names fields that are never null where it matters (``-`` sorts downwards, ``__`` follows relations); the
    last must be unique. Raises InvalidInputError for a cursor that this table did not hand out.
    """
    direction, values = _decode(queryset.model, order, cursor) if cursor else (FORWARD, [])
    wanted = list(order) if direction == FORWARD else [_turned(name) for name in order]
    rows = queryset.order_by(*wanted)
    if values:
        rows = rows.filter(_after(wanted, values))
    found = list(rows[: min(size, LARGEST_PAGE) + 1])
    has_more = len(found) > min(size, LARGEST_PAGE)
    items = found[: min(size, LARGEST_PAGE)]
    if direction == BACKWARD:
        items.reverse()
    has_next, has_previous = (has_more, bool(values)) if direction == FORWARD else (True, has_more)
    return Page(
        items,
        _encode(FORWARD, order, items[-1]) if has_next and items else "",
        _encode(BACKWARD, order, items[0]) if has_previous and items else "",
    )


def _turned(name: str) -> str:
    return name[1:] if name.startswith("-") else f"-{name}"


def _after(order: Sequence[str], values: Sequence[Any]) -> Q:
    """Return the condition for rows behind ``values``; its first part alone lets an index find the start."""
    first, lookup = order[0].lstrip("-"), "lte" if order[0].startswith("-") else "gte"
    condition = Q()
    equal = Q()
    for name, value in zip(order, values, strict=True):
        path, operator = name.lstrip("-"), "lt" if name.startswith("-") else "gt"
        condition |= equal & Q(**{f"{path}__{operator}": value})
        equal &= Q(**{path: value})
    return Q(**{f"{first}__{lookup}": values[0]}) & condition


def _field(model: type[Model], path: str) -> "Field[Any, Any]":
    """Return the model field that ``path`` leads to."""
    *relations, last = path.lstrip("-").split("__")
    for relation in relations:
        related = model._meta.get_field(relation).related_model  # noqa: SLF001
        if not isinstance(related, type):
            raise FieldDoesNotExist(path)
        model = related
    found = model._meta.pk if last == "pk" else model._meta.get_field(last)  # noqa: SLF001
    if not isinstance(found, Field):
        raise FieldDoesNotExist(path)
    return found


def _value(row: Model, path: str) -> str:
    value: Any = row
    for name in path.lstrip("-").split("__"):
        value = getattr(value, name)
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def _encode(direction: str, order: Sequence[str], row: Model) -> str:
    content = json.dumps([direction, *(_value(row, path) for path in order)], separators=(",", ":"))
    return base64.urlsafe_b64encode(content.encode()).decode().rstrip("=")


def _decode(model: type[Model], order: Sequence[str], cursor: str) -> tuple[str, list[Any]]:
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        direction, *texts = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        values = [_comparable(_field(model, path), str(text)) for path, text in zip(order, texts, strict=True)]
    except (binascii.Error, ValueError, TypeError, OverflowError, RecursionError, ValidationError):
        raise _unknown_cursor() from None
    if direction not in {FORWARD, BACKWARD}:
        raise _unknown_cursor()
    return direction, values


def _comparable(field: "Field[Any, Any]", text: str) -> Any:
    """Return the value that a database can compare ``field`` with; raise ValueError and its like for any other."""
    value = field.to_python(storable(text))
    if value is None:
        raise ValueError("null")
    if isinstance(value, dt.datetime):
        if value.tzinfo is None:
            raise ValueError("a time without its zone")
        return value.astimezone(dt.UTC)
    return value


def _unknown_cursor() -> InvalidInputError:
    return InvalidInputError(
        _("This page of the list does not exist."),
        "cursor.invalid",
        field="cursor",
        way_out=_("Open the list from its first page."),
    )
