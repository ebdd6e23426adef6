"""Search over everything that has a name."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """Show what matches."""
    return render(request, "dashboard/search.html", {"query": request.GET.get("q", "").strip()})
