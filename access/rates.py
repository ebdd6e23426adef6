"""How many requests a token may send: a number for each minute, over all processes of the console.

What is left is told with every answer (draft-ietf-httpapi-ratelimit-headers), so that a client slows down before it
is refused.
"""

from http import HTTPStatus

from django.conf import settings
from django.http import HttpResponse
from django.utils.translation import gettext as _

from access.request_counts import WINDOW_SECONDS, Rate, count_request
from console.errors import DomainError


class TooManyRequestsError(DomainError):
    """Refuse because of how often was asked; ``retry_after`` is in seconds."""

    status = HTTPStatus.TOO_MANY_REQUESTS

    def __init__(self, limit: int, retry_after: int) -> None:
        super().__init__(
            _("This token has sent %(limit)s requests within a minute, as many as it may.") % {"limit": limit},
            "request.too-many",
            way_out=_("Send the next one in %(seconds)s seconds.") % {"seconds": retry_after},
        )
        self.retry_after = retry_after


def tell_rate(rate: Rate, response: HttpResponse) -> None:
    """Put what is left into the headers of an answer."""
    response["RateLimit-Policy"] = f'"token";q={rate.limit};w={WINDOW_SECONDS}'
    response["RateLimit"] = f'"token";r={rate.left};t={rate.seconds}'


def take_request(token: str) -> Rate | None:
    """Count a request of the token with this digest; None where no limit is set. Raises TooManyRequestsError."""
    limit: int = settings.REST_REQUESTS_PER_MINUTE
    if not limit:
        return None
    rate = count_request(f"token:{token}", limit)
    if rate.left < 0:
        raise TooManyRequestsError(limit, rate.seconds)
    return rate
