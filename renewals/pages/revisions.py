"""The revision that a page was made from."""

from django.http import HttpRequest


def revision_of(request: HttpRequest) -> int | None:
    """Return the revision that a form carries, None without one."""
    text = request.POST.get("revision", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < len("1000000000") else None
