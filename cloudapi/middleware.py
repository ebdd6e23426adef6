"""Answer the cloud's clients at the console's own address."""

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from cloudapi.gateway import answer, is_meant


class CloudApiMiddleware:
    """Answer requests to ``/`` that are signed or name an action, and leave browsers to the console.

    They come with no session and no form of ours: the sign-in, languages and tokens of forms are not for them.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer, or pass the request on."""
        if request.path_info == "/" and is_meant(request):
            request.get_host()  # refuses hosts that are not the console's
            return answer(request)
        return self._get_response(request)
