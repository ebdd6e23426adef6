"""When to try again after a temporary failure. Pure."""

import datetime as dt
import random

# The schedule that the Standard Webhooks specification recommends; three days in all, so that a mail server that
# is down over a weekend still gets its messages.
DELAYS_SECONDS = (5, 5 * 60, 30 * 60, 2 * 3600, 5 * 3600, 10 * 3600, 14 * 3600, 20 * 3600, 24 * 3600)
LONGEST_SECONDS = 24 * 3600
JITTER = 0.2
# The other channels hear of one that has failed for so long, however many messages did: a receiver that restarts fails
# several in a second. A message's fourth attempt, some 35 minutes after its first, is never sooner.
TELLING_AFTER = dt.timedelta(minutes=28)


def delay_after(attempts: int, wished_seconds: float = 0) -> dt.timedelta | None:
    """Return how long to wait after the given number of attempts (from 1), or None when it is time to give up.

    ``wished_seconds`` is what the other side asked for; it can lengthen a wait, to a day at most. The jitter of a
    fifth keeps messages that failed together from coming back together.
    """
    if attempts > len(DELAYS_SECONDS):
        return None
    jitter = random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311  # nothing secret hangs on it
    seconds = max(DELAYS_SECONDS[attempts - 1] * jitter, wished_seconds)
    return dt.timedelta(seconds=min(seconds, LONGEST_SECONDS))
