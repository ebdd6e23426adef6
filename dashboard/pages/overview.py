"""The start page: what needs attention."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from dashboard import selectors
from dashboard.pages.nodes import node_rows


@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """Show what needs attention; on a new installation, the first three steps."""
    return render(request, "dashboard/overview.html", _context())


def _context() -> dict[str, Any]:
    counts = selectors.counts()
    ends = selectors.ends_by_day()
    today = timezone.now().date()
    return {
        "counts": counts,
        "is_new": not (counts.certificates and counts.server_groups and counts.listeners),
        "soonest": selectors.soonest_certificates(),
        "bars": selectors.strip(ends, today),
        "windows": selectors.windows(ends, today),
        "problems": selectors.listener_problems(),
        "renewals": selectors.troubled_renewals() if counts.troubled_renewals else [],
        "telling": selectors.telling(),
        "nodes": node_rows(),
    }
