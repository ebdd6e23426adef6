"""How many requests a token may send: a number for each minute, in each console process.

What is left is told with every answer (draft-ietf-httpapi-ratelimit-headers), so that a client slows down before it
is refused. A process counts for itself: with several of them a token may send as many times more.
"""

import math
import threading
import time
from dataclasses import dataclass
from http import HTTPStatus

from django.conf import settings
from django.http import HttpResponse
from django.utils.translation import gettext as _

from console.errors import DomainError

WINDOW_SECONDS = 60
_MOST_COUNTED = 10_000  # tokens; beyond, those whose minute is over are forgotten


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


@dataclass(frozen=True, slots=True)
class Rate:
    """What a token has left of its minute."""

    limit: int
    left: int
    seconds: int

    def tell(self, response: HttpResponse) -> None:
        """Put it into the headers of an answer."""
        response["RateLimit-Policy"] = f'"token";q={self.limit};w={WINDOW_SECONDS}'
        response["RateLimit"] = f'"token";r={self.left};t={self.seconds}'


class _Counters:
    """The requests of each token in its current minute."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counted: dict[str, tuple[float, int]] = {}

    def take(self, token: str, limit: int, now: float) -> Rate:
        """Count one request; ``left`` is -1 for one too many."""
        with self._lock:
            if len(self._counted) >= _MOST_COUNTED:
                self._counted = {pk: seen for pk, seen in self._counted.items() if now < seen[0]}
            ends, count = self._counted.get(token, (0.0, 0))
            if now >= ends:
                ends, count = now + WINDOW_SECONDS, 0
            count = min(count + 1, limit + 1)
            self._counted[token] = (ends, count)
        return Rate(limit, limit - count, max(1, math.ceil(ends - now)))


_counters = _Counters()


def take_request(token: str) -> Rate | None:
    """Count a request of the token with this digest; None where no limit is set. Raises TooManyRequestsError."""
    limit: int = settings.REST_REQUESTS_PER_MINUTE
    if not limit:
        return None
    rate = _counters.take(token, limit, time.monotonic())
    if rate.left < 0:
        raise TooManyRequestsError(limit, rate.seconds)
    return rate
