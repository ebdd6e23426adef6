"""Slow down guessing of passwords: count failed sign-ins, and refuse further ones for a while.

The counts are rows, so that every process of the console sees the same ones and no cache has to be up.
"""

import datetime as dt
import hashlib
import ipaddress

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from access.models import SignInFailures

WINDOW = dt.timedelta(minutes=15)
# One address guessing one user is stopped soonest; the others bound guessing from many addresses and of many users.
LIMITS = {"pair": 5, "user": 25, "address": 50}


def address_of(request: HttpRequest) -> str:
    """Return where a request comes from.

    Whom the settings trust to say that a request came over HTTPS, the proxy in front, is trusted to say from where: it
    appends the address that it saw to X-Forwarded-For, behind whatever the client made up. Else everybody behind the
    proxy would be one address, and the first to guess would lock out all.
    """
    peer: str = request.META.get("REMOTE_ADDR", "")
    if not settings.SECURE_PROXY_SSL_HEADER:
        return peer
    seen = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
    try:
        return str(ipaddress.ip_address(seen))
    except ValueError:
        return peer


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
