"""Search over everything that has a name."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from dashboard.finding import find

LONGEST_QUERY = 255


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """Show what matches, certificates first."""
    query = request.GET.get("q", "").replace("\0", "").strip()[:LONGEST_QUERY]
    return render(request, "dashboard/search.html", {"query": query, "groups": find(query) if query else []})
