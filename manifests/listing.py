"""What `lb list` and `lb show` tell of each kind of object."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from certificates.models import Certificate
from console.errors import NotFoundError
from manifests.document import stored_document
from manifests.planning import listener_name
from manifests.schemas import Entry

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Listed:
    """A kind of object: the columns of its table, and all that is stored of each, by name."""

    columns: tuple[str, ...]
    entries: Callable[[], Iterator[tuple[str, Entry]]]


def _section(section: str) -> Callable[[], Iterator[tuple[str, Entry]]]:
    return lambda: ((entry["name"], entry) for entry in stored_document()[section])


def _listeners() -> Iterator[tuple[str, Entry]]:
    for balancer in stored_document()["load_balancers"]:
        for entry in balancer["listeners"]:
            name = listener_name(balancer["name"], entry["port"], entry["protocol"])
            yield name, {"listener": name, **entry}


def _certificates() -> Iterator[tuple[str, Entry]]:
    rows = Certificate.objects.select_related("current_version").prefetch_related("tags").order_by("name")
    for row in rows:
        yield (
            row.name,
            {
                "name": row.name,
                "id": row.pk,
                "kind": row.kind,
                "not_after": f"{row.not_after:%Y-%m-%dT%H:%M:%SZ}" if row.not_after else None,
                "issuer": row.issuer,
                "sha256": row.current_version.sha256 if row.current_version else None,
                "owner": row.owner,
                "tags": {tag.key: tag.value for tag in row.tags.all()},
            },
        )


KINDS: Mapping[str, Listed] = {
    "load-balancers": Listed(("name", "product", "region", "bind_address", "listeners"), _section("load_balancers")),
    "listeners": Listed(("listener", "protocol", "desired", "server_group", "certificate"), _listeners),
    "server-groups": Listed(("name", "protocol", "scheduler", "servers"), _section("server_groups")),
    "certificates": Listed(("name", "kind", "not_after", "owner", "id"), _certificates),
    "security-policies": Listed(("name", "region", "versions"), _section("security_policies")),
}


def shown_entry(kind: str, name: str) -> Entry:
    """Return all that is stored of one object. Raises NotFoundError."""
    found = dict(KINDS[kind].entries())
    if name not in found:
        raise NotFoundError(
            _("Nothing of the kind %(kind)s is called “%(name)s”.") % {"kind": kind, "name": name[:140]},
            "manifest.object-not-found",
            way_out=_("manage.py lb list %(kind)s lists them.") % {"kind": kind},
        )
    return found[name]


def table(columns: Sequence[str], rows: Sequence[Row]) -> Iterator[str]:
    """Yield the lines of a table; lists are counted or joined, and what is not there is a hyphen."""
    cells = [[column.upper().replace("_", " ") for column in columns]]
    cells += [[_cell(row.get(column)) for column in columns] for row in rows]
    widths = [max(len(line[n]) for line in cells) for n in range(len(columns))]
    for line in cells:
        yield "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()


def _cell(value: Any) -> str:
    if isinstance(value, list):
        return ",".join(value) if value and all(isinstance(each, str) for each in value) else str(len(value))
    return "-" if value in (None, "") else str(value)
