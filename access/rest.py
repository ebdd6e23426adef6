"""What every REST resource shares: revisions as entity tags, bodies that refuse unknown fields, pages of lists."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Generic, TypeVar

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import Field, Query, Schema
from ninja.parser import Parser
from pydantic import ConfigDict

from console.errors import InvalidInputError
from console.revisions import Revised
from console.tables import LARGEST_PAGE
from console.texts import storable

Row = TypeVar("Row")
RevisedRow = TypeVar("RevisedRow", bound=Revised)

DEFAULT_LIMIT = 50


class CleanParser(Parser):
    """Refuse names that stand twice, and texts that no column and no file can hold: half a surrogate pair, or a NUL."""

    def parse_body(self, request: HttpRequest) -> Any:
        """Return the parsed body; the framework answers 400 for the ValueError."""
        body = json.loads(request.body, object_pairs_hook=_without_doubles)
        for text in _texts(body):
            storable(text)
        return body


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name stands twice in one object")
    return found


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        yield from value
        for name, part in value.items():
            # What is read as PEM is never kept as it came, and its reader says what is wrong with binary files.
            yield from _texts(part.replace("\0", "") if name.endswith("_pem") and isinstance(part, str) else part)
    elif isinstance(value, list):
        for part in value:
            yield from _texts(part)


class Body(Schema):
    """A request's body; a field that it does not have is refused, so that no typing error passes in silence."""

    model_config = ConfigDict(extra="forbid")


class WarningOut(Schema):
    """Something that deserves a word although the request was done."""

    code: str
    message: str


class PageQuery(Schema):
    """Where a list goes on, and how many rows of it are wanted."""

    cursor: str = Field("", description="`next_cursor` of the page before; empty for the first page.")
    limit: int = Field(DEFAULT_LIMIT, ge=1, le=LARGEST_PAGE)


class PageOut(Schema, Generic[Row]):
    """A page of a list."""

    items: list[Row]
    next_cursor: str = Field(description="Where the list goes on; empty: nowhere.")


PageParameters = Annotated[PageQuery, Query()]


def whole(items: Sequence[object]) -> dict[str, object]:
    """Return a list that is short enough to be one page."""
    return {"items": items, "next_cursor": ""}


def expected_revision(request: HttpRequest) -> int | None:
    """Return the revision that ``If-Match`` names (RFC 9110), None without the header or for ``*``."""
    if call := getattr(request, "rest_call", None):
        call.looked_at_revision = True
    header = request.headers.get("If-Match", "*").strip()
    if header == "*":
        return None
    found = re.fullmatch(r'"?(\d{1,9})"?', header)
    if not found:
        raise InvalidInputError(
            _("If-Match holds “%(header)s”, which is no revision.") % {"header": header[:60]},
            "request.if-match-invalid",
            field="If-Match",
            way_out=_("Send the ETag of the object as it was read, or leave the header out."),
        )
    return int(found[1])


def with_etag(response: HttpResponse, row: RevisedRow) -> RevisedRow:
    """Return ``row`` and tell its revision, to be sent back as ``If-Match`` with a write."""
    response["ETag"] = f'"{row.revision}"'
    return row


def is_known(request: HttpRequest, tag: str) -> bool:
    """Tell whether ``If-None-Match`` names ``tag``; polling compares weakly (RFC 9110)."""
    known = request.headers.get("If-None-Match", "")
    return f'"{tag}"' in [each.strip().removeprefix("W/") for each in known.split(",")]
