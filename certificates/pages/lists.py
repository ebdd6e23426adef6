"""The list of certificates: soonest expiry first, filters in the address, also as CSV; labels for many at once."""

import csv
import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from access.actors import actor_of
from certificates import services
from certificates.filters import FilterForm
from certificates.finding import ORDER, find_certificates
from certificates.models import Certificate
from certificates.owners import known_owners
from certificates.pages.tags import read_tags
from certificates.usage import Usages, usages_of
from console.errors import DomainError
from console.tables import keyset_page
from console.themes import own_address

CSV_COLUMNS = (
    "id", "name", "kind", "names", "not_before", "not_after", "issuer", "serial", "sha256", "key", "owner", "tags",
)  # fmt: skip
CSV_CHUNK = 500
# As lists: a query set for each row would cost more than its cells.
SHOWN = (
    Prefetch("current_version__names", to_attr="shown_names"),
    Prefetch("tags", to_attr="shown_tags"),
)
# A cell that begins so would be a formula in a spreadsheet (OWASP, CSV injection).
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the list, with everything that it shows worked out: templates do that slowly."""

    id: str
    name: str
    kind: str
    first_name: str
    more_names: str  # empty where there is but one
    all_names: str
    not_after: dt.datetime | None
    key: str
    owner: str
    tags: tuple[str, ...]
    usages: Usages


@require_safe
def certificate_list(request: HttpRequest) -> HttpResponse:
    """List certificates with who uses them."""
    form = FilterForm(request.GET)
    criteria = form.criteria()
    found = find_certificates(criteria, timezone.now()).prefetch_related(None).prefetch_related(*SHOWN)
    page = keyset_page(found, ORDER, request.GET.get("cursor", ""))
    usages = usages_of([certificate.pk for certificate in page], most=1)
    context: dict[str, Any] = {
        "page": page,
        "rows": [_row(certificate, usages[certificate.pk]) for certificate in page],
        "filters": form,
        "owners": known_owners(),
        "is_filtered": not criteria.is_empty,
    }
    return render(request, "certificates/list.html", context)


def _row(certificate: Certificate, usages: Usages) -> Row:
    version: Any = certificate.current_version
    names = [name.value for name in version.shown_names]
    more = len(names) - 1
    return Row(
        id=certificate.pk,
        name=certificate.name,
        kind=certificate.get_kind_display(),
        first_name=names[0] if names else "—",
        more_names=ngettext("and %(n)s more", "and %(n)s more", more) % {"n": more} if more > 0 else "",
        all_names=", ".join(names),
        not_after=certificate.not_after,
        key=f"{version.key_algorithm} {version.key_bits}",
        owner=certificate.owner,
        tags=tuple(map(str, certificate.shown_tags)),  # type: ignore[attr-defined]
        usages=usages,
    )


@require_POST
def certificate_label(request: HttpRequest) -> HttpResponse:
    """Give the chosen certificates an owner or tags, or take tags away, and go back to the list."""
    given = request.POST
    back = redirect(own_address(request, given.get("next"), default="/certificates/"))
    try:
        count = services.label_certificates(
            actor_of(request),
            given.getlist("ids"),
            owner=given["owner"] if given.get("owner", "").strip() else None,
            add_tags=read_tags(given.get("add_tags", "").replace(",", "\n")),
            remove_tags=[key.strip() for key in given.get("remove_tags", "").split(",") if key.strip()],
        )
    except DomainError as error:
        messages.error(request, str(error))
        return back
    words = ngettext("%(n)d certificate is labelled.", "%(n)d certificates are labelled.", count)
    messages.success(request, words % {"n": count})
    return back


class _Echo:
    """What the csv module writes to: it hands each line back."""

    def write(self, line: str) -> str:
        return line


@require_safe
def certificate_csv(request: HttpRequest) -> StreamingHttpResponse:
    """Send the filtered list as CSV, line by line."""
    writer = csv.writer(_Echo())
    found = find_certificates(FilterForm(request.GET).criteria(), timezone.now())
    lines = (writer.writerow(row) for row in _csv_rows(found))
    answer = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="certificates.csv"'
    return answer


def _csv_rows(found: QuerySet[Certificate]) -> Iterator[list[str]]:
    yield list(CSV_COLUMNS)
    for certificate in found.iterator(chunk_size=CSV_CHUNK):
        version = certificate.current_version
        if version is None:
            continue
        names = " ".join(name.value for name in version.names.all())
        tags = " ".join(str(tag) for tag in certificate.tags.all())
        dates = (version.not_before.isoformat(), version.not_after.isoformat())
        key = f"{version.key_algorithm} {version.key_bits}"
        row = (certificate.pk, certificate.name, certificate.kind, names, *dates, version.issuer, version.serial)
        yield [_harmless(cell) for cell in (*row, version.sha256, key, certificate.owner, tags)]


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(FORMULA_STARTS) else cell
