"""Answer pages that were refused by a service."""

from collections.abc import Callable
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from console.errors import DomainError


class DomainErrorMiddleware:
    """Render a DomainError that no form caught as a page that says what is wrong and what to do."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Answer with the error's own status."""
        if not isinstance(exception, DomainError):
            return None
        context = {"error": exception, "title": HTTPStatus(exception.status).phrase}
        return render(request, "console/error.html", context, status=exception.status)
