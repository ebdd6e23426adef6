"""What every page shows around its content."""

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from console.navigation import sidebar
from console.themes import THEMES, theme_of


def _error_frame(request: HttpRequest) -> str:
    """Return what an error page stands in: the whole console for somebody signed in."""
    user = getattr(request, "user", None)  # an error can come before the middleware that knows the user
    return "base.html" if user is not None and user.is_authenticated else "console/plain.html"


def console(request: HttpRequest) -> dict[str, Any]:
    """Return the context of the page frame."""
    return {
        "sidebar": SimpleLazyObject(lambda: sidebar(request.path)),
        "theme": theme_of(request),
        "themes": THEMES,
        "error_frame": lambda: _error_frame(request),
    }
