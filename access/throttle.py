"""Slow down guessing of passwords: count failed sign-ins, and refuse further ones for a while.

The counts are rows, so that every process of the console sees the same ones and no cache has to be up.
"""

import datetime as dt
import hashlib

from django.db import transaction
from django.utils import timezone

from access.models import SignInFailures

WINDOW = dt.timedelta(minutes=15)
# One address guessing one user is stopped soonest; the others bound guessing from many addresses and of many users.
LIMITS = {"pair": 5, "user": 25, "address": 50}


def _keys(username: str, address: str) -> dict[str, str]:
    """Return a row's key for each limit; hashed, because people type passwords into the wrong field."""
    user = username.strip().casefold()
    parts = {"pair": f"{user}\n{address}", "user": user, "address": address}
    return {kind: hashlib.sha256(f"{kind}\n{value}".encode()).hexdigest() for kind, value in parts.items()}


def blocked_for(username: str, address: str) -> dt.timedelta:
    """Return how long this user and address must wait before the next attempt; zero: not at all."""
    keys = _keys(username, address)
    now = timezone.now()
    rows = {row.key: row for row in SignInFailures.objects.filter(key__in=keys.values(), until__gt=now)}
    waits = [rows[key].until - now for kind, key in keys.items() if key in rows and rows[key].count >= LIMITS[kind]]
    return max(waits, default=dt.timedelta(0))


def note_failure(username: str, address: str) -> None:
    """Count a failed attempt; the counts are forgotten when the window after the last one has passed."""
    now = timezone.now()
    with transaction.atomic():
        SignInFailures.objects.filter(until__lte=now).delete()
        for key in _keys(username, address).values():
            row, _ = SignInFailures.objects.select_for_update().get_or_create(key=key, defaults={"until": now + WINDOW})
            row.count += 1
            row.until = now + WINDOW
            row.save(update_fields=["count", "until"])


def forget_failures(username: str, address: str) -> None:
    """Forget what this user failed from this address, after a sign-in that worked."""
    SignInFailures.objects.filter(key=_keys(username, address)["pair"]).delete()
