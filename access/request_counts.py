"""How many requests somebody has sent in the current minute, counted over all processes of the console.

The counts are in Redis. Where it is down each process counts for itself: nobody is shut out by that, and none sends
without bounds.
"""

import logging
import math
import threading
import time
from dataclasses import dataclass
from functools import cache

import redis
from redis.commands.core import Script

from events.wake import redis_client

WINDOW_SECONDS = 60
_PREFIX = "lbadmin:requests:"
_MOST_COUNTED = 10_000  # subjects of one process; beyond, those whose minute is over are forgotten
# One step, so that no count is left without an end.
_COUNT = """
local count = redis.call('INCR', KEYS[1])
if count == 1 then redis.call('EXPIRE', KEYS[1], ARGV[1]) end
return {count, redis.call('TTL', KEYS[1])}
"""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Rate:
    """What is left of somebody's minute; ``left`` is -1 for one request too many."""

    limit: int
    left: int
    seconds: int


class _Counters:
    """The requests of each subject in its current minute, as this process has seen them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counted: dict[str, tuple[float, int]] = {}

    def take(self, subject: str, now: float) -> tuple[int, int]:
        """Count one request; return the count and in how many seconds it ends."""
        with self._lock:
            if len(self._counted) >= _MOST_COUNTED:
                self._counted = {each: seen for each, seen in self._counted.items() if now < seen[0]}
            ends, count = self._counted.get(subject, (0.0, 0))
            if now >= ends:
                ends, count = now + WINDOW_SECONDS, 0
            self._counted[subject] = (ends, count + 1)
        return count + 1, math.ceil(ends - now)


_counters = _Counters()


@cache
def _counting() -> Script:
    return redis_client().register_script(_COUNT)


def count_request(subject: str, limit: int) -> Rate:
    """Count one request of ``subject``, which names a kind and one of it: ``token:…``, ``access-key:…``."""
    try:
        count, seconds = _counting()(keys=[_PREFIX + subject], args=[WINDOW_SECONDS], client=redis_client())
    except redis.RedisError as error:
        logger.debug("requests are counted by this process alone: %s", error)
        count, seconds = _counters.take(subject, time.monotonic())
    return Rate(limit, max(limit - int(count), -1), max(int(seconds), 1))
