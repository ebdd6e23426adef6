"""Read a table of wanted certificates (CSV): one line, one certificate. Pure."""

import csv
import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from authorities.orders import Order
from certificates.alternative_names import split_names
from certificates.key_types import KeyType
from certificates.subjects import Subject
from console.errors import DomainError, InvalidInputError

MOST_ROWS = 1000
MOST_TOLD = 50
LARGEST_TABLE_BYTES = 1_000_000
FIELD = "table"
SUBJECT_COLUMNS = (
    "common_name", "organization", "organizational_unit", "country", "state", "locality", "email",
)  # fmt: skip
COLUMNS = ("name", "purpose", "names", *SUBJECT_COLUMNS, "days", "key_type")
DEFAULT_PURPOSE = "client"
DEFAULT_DAYS = 365


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a table: its number in the file, and its cells as they came."""

    number: int
    cells: list[str]


@dataclass(frozen=True, slots=True)
class Table:
    """A table whose columns are known; its lines are not read yet."""

    columns: list[str]
    lines: list[Line]


@dataclass(frozen=True, slots=True)
class Refusals:
    """What is wrong with a table, line by line, so that one look shows it all."""

    found: list[InvalidInputError] = field(default_factory=list)

    @contextmanager
    def at(self, line: int) -> Iterator[None]:
        """Keep a refusal of one certificate as one of its line, and go on behind the block."""
        try:
            yield
        except DomainError as error:
            self.found.append(_at_line(line, error))

    def raise_any(self) -> None:
        """Raise InvalidInputError (``table``) when there is any."""
        if not self.found:
            return
        first, count = self.found[0], len(self.found)
        if count == 1:
            raise InvalidInputError(first.message, first.code, field=FIELD, way_out=first.way_out)
        parts = sorted(self.found, key=lambda error: int(error.field.split(".")[1]))[:MOST_TOLD]
        told = _("%(count)s lines are wrong, and nothing is issued. %(first)s")
        words = {"count": count, "first": parts[0].message}
        raise InvalidInputError(told % words, "bulk.refused", field=FIELD, parts=parts)


@dataclass(frozen=True, slots=True)
class BulkRow:
    """One line: what is wanted, and what it is to be called in the repository (blank: its first name)."""

    line: int
    name: str
    order: Order


def read_table(data: bytes) -> Table:
    """Return the lines of a CSV with a header; raise InvalidInputError (``table``) for what is no such table."""
    if len(data) > LARGEST_TABLE_BYTES:
        raise _refused(_("The table has more than %(limit)s bytes.") % {"limit": LARGEST_TABLE_BYTES})
    text = _text(data)
    head = text.partition("\n")[0]
    separator = max(",;\t", key=head.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        table = Table(
            _columns(next(reader, [])), [Line(reader.line_num, cells) for cells in reader if any(map(str.strip, cells))]
        )
    except csv.Error as error:
        raise _refused(_("Line %(line)s is no CSV: %(reason)s.") % {"line": reader.line_num, "reason": error}) from None
    if not 0 < len(table.lines) <= MOST_ROWS:
        raise _refused(_("A table has 1 to %(limit)s certificates.") % {"limit": MOST_ROWS})
    return table


def row_of(table: Table, line: Line) -> BulkRow:
    """Return what a line asks for; raise InvalidInputError with the column at fault."""
    cells = _cells(table.columns, line.cells)
    order = Order(
        purpose=cells.get("purpose", DEFAULT_PURPOSE),
        names=split_names(cells.get("names", "")),
        subject=Subject(**{column: cells.get(column, "") for column in SUBJECT_COLUMNS}),
        days=_days(cells.get("days", str(DEFAULT_DAYS))),
        key_type=cells.get("key_type", KeyType.P256.value),
    )
    return BulkRow(line.number, cells.get("name", ""), order)


def _at_line(line: int, error: DomainError) -> InvalidInputError:
    """Return a refusal of one certificate as one of the table, with its line and its column."""
    place = _("Line %(line)s, %(column)s:") if error.field else _("Line %(line)s:")
    message = f"{place % {'line': line, 'column': error.field}} {error.message}"
    field = f"{FIELD}.{line}.{error.field}".rstrip(".")
    return InvalidInputError(message, error.code, field=field, way_out=error.way_out)


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _refused(_("The table is not text in UTF-8.")) from None


def _columns(header: list[str]) -> list[str]:
    columns = [cell.strip().lower() for cell in header]
    unknown = [column for column in columns if column not in COLUMNS]
    if not columns or unknown or len(set(columns)) < len(columns):
        raise _refused(
            _("The first line must name the columns, each once; “%(column)s” is none.")
            % {"column": (unknown or [""])[0][:50]},
            _("Columns are: %(columns)s.") % {"columns": ", ".join(COLUMNS)},
        )
    return columns


def _cells(columns: list[str], cells: list[str]) -> Mapping[str, str]:
    if len(cells) > len(columns):
        raise InvalidInputError(
            _("It has %(cells)s cells, the first line %(columns)s.") % {"cells": len(cells), "columns": len(columns)},
            "bulk.refused",
            way_out=_("Put names that belong to one certificate between double quotes, or separate them by spaces."),
        )
    return {column: cell.strip() for column, cell in zip(columns, cells, strict=False) if cell.strip()}


def _days(text: str) -> int:
    if not (text.isascii() and text.isdecimal()) or len(text) > len("36500"):
        raise InvalidInputError(
            _("“%(text)s” is no number of days.") % {"text": text[:20]}, "bulk.refused", field="days"
        )
    return int(text)


def _refused(message: str, way_out: str = "") -> InvalidInputError:
    return InvalidInputError(message, "bulk.refused", field=FIELD, way_out=way_out)
