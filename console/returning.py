"""Pages that make something for another page, such as a wizard: they are told where to return with it."""

from django.http import HttpRequest
from django.utils.http import urlencode

from console.themes import own_address


def return_address(request: HttpRequest) -> str:
    """Return the page of this console to go back to (``next``); empty for none, and for any other address."""
    return own_address(request, request.POST.get("next") or request.GET.get("next"), default="")


def with_query(address: str, **parameters: str | list[str]) -> str:
    """Return ``address`` with further parameters; a list becomes one parameter for each of its values."""
    query = urlencode(parameters, doseq=True)
    return f"{address}{'&' if '?' in address else '?'}{query}" if query else address
