"""The list of certificates: soonest expiry first, filters in the address, also as CSV."""

import csv
import datetime as dt
from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from certificates.models import Certificate, Kind
from certificates.selectors import ORDER, certificates
from certificates.usage import usages_of
from console.tables import keyset_page

EXPIRY_WINDOWS: dict[str, str | Promise] = {
    "expired": _("Expired"),
    "7": _("Within 7 days"),
    "30": _("Within 30 days"),
    "90": _("Within 90 days"),
}
CSV_COLUMNS = ("id", "name", "kind", "names", "not_before", "not_after", "issuer", "serial", "sha256")
CSV_CHUNK = 500
# A cell that begins so would be a formula in a spreadsheet (OWASP, CSV injection).
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


@require_safe
def certificate_list(request: HttpRequest) -> HttpResponse:
    """List certificates with who uses them."""
    found = _filtered(request)
    page = keyset_page(found, ORDER, request.GET.get("cursor", ""))
    usages = usages_of([certificate.pk for certificate in page], most=1)
    context: dict[str, Any] = {
        "page": page,
        "rows": [(certificate, usages[certificate.pk]) for certificate in page],
        "kinds": Kind.choices[:2],
        "windows": EXPIRY_WINDOWS,
        "is_filtered": any(request.GET.get(name) for name in ("q", "kind", "expires")),
    }
    return render(request, "certificates/list.html", context)


def _filtered(request: HttpRequest) -> QuerySet[Certificate]:
    kind = request.GET.get("kind", "")
    found = certificates(kind=kind if kind in Kind.values else "", query=request.GET.get("q", "")[:500])
    window = request.GET.get("expires", "")
    now = timezone.now()
    if window == "expired":
        return found.filter(not_after__lt=now)
    if window in EXPIRY_WINDOWS:
        return found.filter(not_after__gte=now, not_after__lt=now + dt.timedelta(days=int(window)))
    return found


class _Echo:
    """What the csv module writes to: it hands each line back."""

    def write(self, line: str) -> str:
        return line


@require_safe
def certificate_csv(request: HttpRequest) -> StreamingHttpResponse:
    """Send the filtered list as CSV, line by line."""
    writer = csv.writer(_Echo())
    lines = (writer.writerow(row) for row in _csv_rows(_filtered(request)))
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
        dates = (version.not_before.isoformat(), version.not_after.isoformat())
        row = (certificate.pk, certificate.name, certificate.kind, names, *dates)
        yield [_harmless(cell) for cell in (*row, version.issuer, version.serial, version.sha256)]


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(FORMULA_STARTS) else cell
