"""Take a row for a change, and save what changed: the same for every object of this layer."""

from collections.abc import Mapping
from typing import Any, TypeVar

from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from console.errors import ConflictError, NotFoundError, StaleError
from console.ids import is_id
from console.revisions import Revised, save_revision
from events.models import Change

Row = TypeVar("Row", bound=models.Model)


_NOUNS = {
    "binding": gettext_lazy("binding"),
    "certificate": gettext_lazy("certificate"),
    "forwarding_rule": gettext_lazy("forwarding rule"),
    "listener": gettext_lazy("listener"),
    "load_balancer": gettext_lazy("load balancer"),
    "security_policy": gettext_lazy("TLS security policy"),
    "server_group": gettext_lazy("server group"),
}


def take(
    rows: "models.QuerySet[Row]", pk: str, kind: str, expected_revision: int | None = None, *, field: str = ""
) -> Row:
    """Return the row to change.

    ``kind`` is the change feed's object type. Raises NotFoundError, and StaleError when ``expected_revision`` is not
    the stored one.
    """
    row = rows.filter(pk=pk).first() if is_id(pk) else None
    if row is None:
        raise not_found(kind, pk, field)
    refuse_stale(row, kind, expected_revision)
    return row


def not_found(kind: str, pk: str, field: str = "") -> NotFoundError:
    """Return the error for an id that names nothing."""
    return NotFoundError(
        _("There is no %(noun)s “%(id)s”.") % {"noun": _NOUNS[kind], "id": str(pk)[:64]},
        f"{kind.replace('_', '-')}.not-found",
        field=field,
        way_out=_("It may have been deleted; look it up in the list."),
    )


def refuse_stale(row: models.Model, kind: str, expected_revision: int | None) -> None:
    """Raise StaleError, saying who changed ``row`` and when, unless it is still at ``expected_revision``."""
    revision = row.revision  # type: ignore[attr-defined]
    if expected_revision is None or expected_revision == revision:
        return
    last = Change.objects.filter(object_type=kind, object_id=str(row.pk)).order_by("-id").first()
    told = {"row": str(row), "expected": expected_revision, "revision": revision}
    if last:
        told |= {"who": last.actor_name, "when": f"{last.at:%Y-%m-%d %H:%M:%S} UTC", "what": last.summary}
        message = _("“%(row)s” was changed by %(who)s at %(when)s, after you opened it: %(what)s") % told
    else:
        message = _("“%(row)s” is at revision %(revision)s; you changed revision %(expected)s.") % told
    raise StaleError(
        message,
        f"{kind.replace('_', '-')}.stale",
        way_out=_("Nothing was saved. Load it again and repeat your change."),
    )


def refuse_duplicate_name(rows: "models.QuerySet[Row]", name: str, kind: str, apart_from: str = "") -> None:
    """Raise ConflictError when another row is called ``name``."""
    other = rows.filter(name=name).exclude(pk=apart_from).first()
    if other:
        raise ConflictError(
            _("The name “%(name)s” is taken by %(id)s.") % {"name": name, "id": other.pk},
            f"{kind.replace('_', '-')}.name-taken",
            field="name",
            way_out=_("Choose another name."),
        )


def apply(row: Revised, values: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Set and save the values that differ and count the revision; return ``{field: [before, after]}``."""
    differing = {name: [getattr(row, name), value] for name, value in values.items() if getattr(row, name) != value}
    if differing:
        for name, (_before, after) in differing.items():
            setattr(row, name, after)
        save_revision(row, *differing)
    return differing
