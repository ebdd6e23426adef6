"""Revisions: a change names the revision that it was made from, so that nobody overwrites what another has saved."""

from typing import Any, Protocol

from django.http import HttpRequest
from django.utils.translation import gettext as _

from console.errors import StaleError

MOST_DIGITS = 9


class Revised(Protocol):
    """A row that counts its changes."""

    pk: Any
    revision: int

    def save(self, *, update_fields: list[str]) -> None:
        """Write the named columns."""
        ...


def refuse_stale(row: Revised, expected_revision: int | None, code: str, *, name: str = "") -> None:
    """Raise StaleError unless ``row`` still has the revision that the person saw; None asks for no revision."""
    if expected_revision is None or row.revision == expected_revision:
        return
    raise StaleError(
        _("“%(name)s” was changed by someone else meanwhile.") % {"name": name or row},
        code,
        way_out=_("Load it again and repeat your change. Nothing was stored."),
    )


def save_revision(row: Revised, *fields: str) -> None:
    """Save ``fields`` and the next revision."""
    row.revision += 1
    stamps = [stamp for stamp in ("updated_at", "updated_by") if hasattr(row, stamp)]
    row.save(update_fields=[*fields, "revision", *stamps])


def revision_of(request: HttpRequest) -> int | None:
    """Return the revision that a page's form carries, None without one."""
    text = request.POST.get("revision", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS else None
