"""When a certificate is renewed, and when a failed attempt is made again. Pure."""

import datetime as dt
import random
from dataclasses import dataclass

# Of a life shorter than this half is left when it is renewed, of a longer one a third.
SHORT_LIVED = dt.timedelta(days=10)
# Certificates that were made together are not renewed together: each up to so much of its life earlier.
SPREAD = 0.02
FAILURE_DELAYS = (
    dt.timedelta(minutes=5),
    dt.timedelta(minutes=30),
    dt.timedelta(hours=2),
    dt.timedelta(hours=6),
    dt.timedelta(hours=12),
    dt.timedelta(hours=24),
)
JITTER = 0.2
SHORTEST_DELAY = dt.timedelta(minutes=1)
# A failing renewal is tried at least so often within the life of its certificate.
TRIES_IN_LIFE = 24


@dataclass(frozen=True, slots=True)
class Window:
    """When an ACME server wishes a renewal (RFC 9773)."""

    start: dt.datetime
    end: dt.datetime


def renewal_moment(not_before: dt.datetime, not_after: dt.datetime, window: Window | None = None) -> dt.datetime:
    """Return when to renew: somewhere in the window, else when a third (of a short life half) is left.

    A window beyond the certificate's end would let it expire, so it counts for nothing.
    """
    if window and window.start < not_after:
        end = min(max(window.start, window.end), not_after)
        return window.start + (end - window.start) * _random()
    life = not_after - not_before
    left = life / 2 if life < SHORT_LIVED else life / 3
    return not_after - left - life * SPREAD * _random()


def retry_moment(
    now: dt.datetime, failures: int, life: dt.timedelta | None, wait_until: dt.datetime | None = None
) -> dt.datetime:
    """Return when to try again after so many failures in a row (from 1).

    ``wait_until`` is what the other side asked for and always kept; ``life`` is that of the certificate in place, None
    if there is none yet.
    """
    delay = FAILURE_DELAYS[min(failures, len(FAILURE_DELAYS)) - 1]
    if life is not None:
        delay = max(SHORTEST_DELAY, min(delay, life / TRIES_IN_LIFE))
    moment = now + delay * (1 - JITTER + 2 * JITTER * _random())
    return max(moment, wait_until) if wait_until else moment


def _random() -> float:
    return random.random()  # noqa: S311  # nothing secret hangs on it
