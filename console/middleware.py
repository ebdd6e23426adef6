"""Who may see a page, the answers when a service or a method was refused, and bodies that are too large."""

from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse, UnreadablePostError
from django.http.response import HttpResponseBase
from django.shortcuts import render

from console.errors import DomainError


class DrainMiddleware:
    """Take in the rest of a body that was refused for its size, so that its sender gets to read the answer.

    A server that closes a connection with bytes unread resets it, and the answer is lost on the way.
    """

    CHUNK_BYTES = 64 * 1024
    MOST_BYTES = 64 * 1024 * 1024

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer, then read on if there is more than any view would have read."""
        response = self.get_response(request)
        length = request.META.get("CONTENT_LENGTH") or "0"
        if length.isdecimal() and int(length) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            self._drain(request)
        return response

    def _drain(self, request: HttpRequest) -> None:
        with suppress(UnreadablePostError):  # the sender has gone
            for _chunk in range(0, self.MOST_BYTES, self.CHUNK_BYTES):
                if not request.read(self.CHUNK_BYTES):
                    return


class SignInMiddleware(LoginRequiredMiddleware):
    """Ask for a sign-in where a view does not say otherwise; those that do are answered without a look at the session.

    Django's own looks who it is first, so that a health check sent by a browser would fail with the database.
    """

    def process_view(
        self,
        request: HttpRequest,
        view_func: Callable[..., Any],
        view_args: tuple[Any, ...],
        view_kwargs: dict[str, Any],
    ) -> HttpResponseBase | None:
        """Return a redirection to the sign-in page, or None to go on."""
        if not getattr(view_func, "login_required", True):
            return None
        return super().process_view(request, view_func, view_args, view_kwargs)


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


class WrongMethodMiddleware:
    """Answer a wrong method with a page in a browser, and as RFC 9457 has it to clients of the REST API."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on, and give a bare refusal its page or its problem; the status and Allow stay."""
        response = self.get_response(request)
        if isinstance(response, HttpResponseNotAllowed) and request.path_info.startswith("/api/"):
            return _wrong_method(request, response["Allow"])
        is_bare = isinstance(response, HttpResponseNotAllowed) and not response.content
        if not is_bare or request.method != "GET" or not request.accepts("text/html"):
            return response
        page = render(request, "405.html", status=response.status_code)
        page["Allow"] = response["Allow"]
        return page


def _wrong_method(request: HttpRequest, allowed: str) -> HttpResponse:
    status = HTTPStatus.METHOD_NOT_ALLOWED
    body = {
        "type": "about:blank",
        "title": status.phrase,
        "status": status,
        "code": "request.method-not-allowed",
        "detail": f"This address takes no {request.method}.",
        "way_out": f"Send {allowed}.",
    }
    answer = JsonResponse(body, status=status, content_type="application/problem+json")
    answer["Allow"] = allowed
    return answer
