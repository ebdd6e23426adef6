"""Answer what ACME servers ask the console for (HTTP-01; RFC 8555, section 8.3)."""

from collections.abc import Callable
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed

from renewals.selectors import answer_of

PREFIX = "/.well-known/acme-challenge/"


class HttpChallengeMiddleware:
    """Answer for tokens that are pending, before anything else looks at the request.

    An ACME server asks under the name that is proved, which is none of the console's own hosts, and without TLS: the
    checks of hosts, the redirection to https and the sign-in would all turn it away.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer a challenge, and leave every other request to those behind."""
        if not request.path_info.startswith(PREFIX):
            return self._get_response(request)
        if request.method not in {"GET", "HEAD"}:
            return HttpResponseNotAllowed(["GET", "HEAD"])
        answer = answer_of(request.path_info.removeprefix(PREFIX))
        status = HTTPStatus.NOT_FOUND if answer is None else HTTPStatus.OK
        headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
        return HttpResponse(answer or "", status=status, content_type="application/octet-stream", headers=headers)
