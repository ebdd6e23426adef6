"""What every page shows around its content."""

from typing import Any

from django.http import HttpRequest


def console(request: HttpRequest) -> dict[str, Any]:
    """Return the context of the page frame."""
    return {}
