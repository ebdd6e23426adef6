"""Read a table of wanted certificates (CSV): one line, one certificate. Pure."""

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

from authorities.orders import Order
from certificates.alternative_names import split_names
from certificates.key_types import KeyType
from certificates.subjects import Subject
from console.errors import DomainError, InvalidInputError

MOST_ROWS = 1000
LARGEST_TABLE_BYTES = 1_000_000
FIELD = "table"
SUBJECT_COLUMNS = (
    "common_name", "organization", "organizational_unit", "country", "state", "locality", "email",
)  # fmt: skip
COLUMNS = ("name", "purpose", "names", *SUBJECT_COLUMNS, "days", "key_type")
DEFAULT_PURPOSE = "client"
DEFAULT_DAYS = 365


@dataclass(frozen=True, slots=True)
class BulkRow:
    """One line: what is wanted, and what it is to be called in the repository (blank: its first name)."""

    line: int
    name: str
    order: Order


def read_table(data: bytes) -> list[BulkRow]:
    """Return the rows of a CSV with a header; raise InvalidInputError (``table``) that names the line."""
    if len(data) > LARGEST_TABLE_BYTES:
        raise _refused(_("The table has more than %(limit)s bytes.") % {"limit": LARGEST_TABLE_BYTES})
    rows = [_row(line, cells) for line, cells in _lines(_text(data))]
    if not 0 < len(rows) <= MOST_ROWS:
        raise _refused(_("A table has 1 to %(limit)s certificates.") % {"limit": MOST_ROWS})
    return rows


def at_line(line: int, error: DomainError) -> InvalidInputError:
    """Return a refusal of one certificate as one of the table, with its line and its column."""
    place = _("Line %(line)s, %(column)s:") if error.field else _("Line %(line)s:")
    message = f"{place % {'line': line, 'column': error.field}} {error.message}"
    return InvalidInputError(message, error.code, field=FIELD, way_out=error.way_out)


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _refused(_("The table is not text in UTF-8.")) from None


def _lines(text: str) -> Iterator[tuple[int, Mapping[str, str]]]:
    """Yield each line that is not blank with its number; ``;`` separates as well as ``,`` and the tab."""
    head = text.partition("\n")[0]
    separator = max(",;\t", key=head.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        columns = _columns(next(reader, []))
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield reader.line_num, _cells(reader.line_num, columns, cells)
    except csv.Error as error:
        raise _refused(_("Line %(line)s is no CSV: %(reason)s.") % {"line": reader.line_num, "reason": error}) from None


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


def _cells(line: int, columns: list[str], cells: list[str]) -> dict[str, str]:
    if len(cells) > len(columns):
        raise _refused(
            _("Line %(line)s has %(cells)s cells, the first line %(columns)s.")
            % {"line": line, "cells": len(cells), "columns": len(columns)},
            _("Put names that belong to one certificate between double quotes, or separate them by spaces."),
        )
    return {column: cell.strip() for column, cell in zip(columns, cells, strict=False) if cell.strip()}


def _row(line: int, cells: Mapping[str, str]) -> BulkRow:
    order = Order(
        purpose=cells.get("purpose", DEFAULT_PURPOSE),
        names=split_names(cells.get("names", "")),
        subject=Subject(**{column: cells.get(column, "") for column in SUBJECT_COLUMNS}),
        days=_days(line, cells.get("days", str(DEFAULT_DAYS))),
        key_type=cells.get("key_type", KeyType.P256.value),
    )
    return BulkRow(line, cells.get("name", ""), order)


def _days(line: int, text: str) -> int:
    if not (text.isascii() and text.isdecimal()) or len(text) > len("36500"):
        raise _refused(_("Line %(line)s, days: “%(text)s” is no number of days.") % {"line": line, "text": text[:20]})
    return int(text)


def _refused(message: str, way_out: str = "") -> InvalidInputError:
    return InvalidInputError(message, "bulk.refused", field=FIELD, way_out=way_out)
