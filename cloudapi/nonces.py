"""Each signed request is taken once, whichever process of the console it reaches.

A write's nonce is a row: it outlives a restart of Redis. A read changes nothing, so its nonce may live in Redis, which
is quicker; without Redis it is a row too.
"""

import datetime as dt
import hashlib
import logging

import redis
from django.db import IntegrityError, transaction
from django.utils import timezone

from cloudapi.models import UsedNonce
from events.wake import redis_client

# How far the clocks of client and console may differ; a request older than that is refused by its own time.
CLOCK_WINDOW = dt.timedelta(minutes=15)
LIFETIME = 2 * CLOCK_WINDOW + dt.timedelta(minutes=1)
_PREFIX = "lbadmin:nonce:"

logger = logging.getLogger(__name__)


def take_nonce(key_id: str, nonce: str, *, writes: bool) -> bool:
    """Tell whether the nonce is new to this access key, and remember it."""
    key = hashlib.sha256(f"{key_id}\n{nonce}".encode()).hexdigest()
    if not writes:
        try:
            return bool(redis_client().set(f"{_PREFIX}{key}", b"", nx=True, ex=LIFETIME))
        except redis.RedisError as error:
            logger.debug("the nonce of a read becomes a row: %s", error)
    return _stored(key)


def _stored(key: str) -> bool:
    try:
        with transaction.atomic():
            UsedNonce.objects.create(key=key, until=timezone.now() + LIFETIME)
    except IntegrityError:
        return False
    return True
