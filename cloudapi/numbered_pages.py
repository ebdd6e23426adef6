"""Pages as the certificate services count them: CurrentPage from 1, ShowSize, TotalCount."""

import math
from collections.abc import Sequence
from typing import Any, TypeVar

from django.db.models import Model, QuerySet

from cloudapi.operations import Call
from cloudapi.wire.fields import Field, integer

Row = TypeVar("Row", bound=Model)
MOST_SHOWN = 1000
LAST_PAGE = 1_000_000
LONGEST_TOKEN = 18  # digits


def paging(show_size: int) -> tuple[Field, Field]:
    """Declare the parameters of a list whose pages have ``show_size`` items unless the client says how many."""
    return integer("CurrentPage", 1, LAST_PAGE, default=1), integer("ShowSize", 1, MOST_SHOWN, default=show_size)


def page_of(call: Call, rows: QuerySet[Row]) -> tuple[list[Row], dict[str, Any]]:
    """Return the rows of the page that is asked for, and what the answer says of it."""
    total = rows.count()
    first, behind = _bounds(call)
    return list(rows[first:behind]) if first < total else [], _facts(call, total)


def slice_of(call: Call, items: Sequence[Any]) -> tuple[list[Any], dict[str, Any]]:
    """Return the same of a list that is known already."""
    first, behind = _bounds(call)
    return list(items[first:behind]), _facts(call, len(items))


def with_page_count(facts: dict[str, Any]) -> dict[str, Any]:
    """Return the facts of a page with how many pages there are."""
    return {**facts, "PageCount": math.ceil(facts["TotalCount"] / facts["ShowSize"])}


def renamed_total(facts: dict[str, Any]) -> dict[str, Any]:
    """Return the facts of a page with the count of all as ``Total``, as some lists call it."""
    return {"Total" if name == "TotalCount" else name: value for name, value in facts.items()}


def behind_token(call: Call) -> int:
    """Return where a list goes on: NextToken is a number that the page before gave out, 0 for the first page."""
    token = call.given.get("NextToken") or "0"
    if not (token.isascii() and token.isdecimal() and len(token) <= LONGEST_TOKEN):
        raise call.error("InvalidParameter.NextToken", "This NextToken was not given out here.")
    return int(token)


def _bounds(call: Call) -> tuple[int, int]:
    size: int = call.given["ShowSize"]
    first = (call.given["CurrentPage"] - 1) * size
    return first, first + size


def _facts(call: Call, total: int) -> dict[str, Any]:
    return {"CurrentPage": call.given["CurrentPage"], "ShowSize": call.given["ShowSize"], "TotalCount": total}
