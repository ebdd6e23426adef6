"""What every page shows around its content."""

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from console.navigation import sidebar
from console.themes import THEMES, theme_of


def console(request: HttpRequest) -> dict[str, Any]:
    """Return the context of the page frame."""
    return {
        "sidebar": SimpleLazyObject(lambda: sidebar(request.path)),
        "theme": theme_of(request),
        "themes": THEMES,
    }
