"""Slow down guessing of passwords: count failed sign-ins, and refuse further ones for a while.

The counts are rows, so that every process of the console sees the same ones and no cache has to be up.
"""

import datetime as dt
import hashlib
import ipaddress
from collections.abc import Mapping

from django.conf import settings
from django.db import transaction
from django.db.models import F
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


def take_attempt(username: str, address: str) -> dt.timedelta:
    """Return how long this user and address must wait; zero: not at all, and the attempt is counted as failed.

    Counted before the password is looked at, so that guesses sent at the same moment do not all pass. The counts are
    forgotten when the window after the last one has passed.
    """
    keys = _keys(username, address)
    now = timezone.now()
    # Looked up first, so that whoever must wait leaves no rows behind.
    stored = {row.key: row for row in SignInFailures.objects.filter(key__in=keys.values(), until__gt=now)}
    wait = _wait({kind: stored[key] for kind, key in keys.items() if key in stored}, now)
    if wait:
        return wait
    with transaction.atomic():
        SignInFailures.objects.filter(until__lte=now).delete()
        rows = {kind: _locked(key, now) for kind, key in keys.items()}
        wait = _wait(rows, now)
        if not wait:
            for row in rows.values():
                row.count, row.until = row.count + 1, now + WINDOW
                row.save(update_fields=["count", "until"])
    return wait


def _locked(key: str, now: dt.datetime) -> SignInFailures:
    return SignInFailures.objects.select_for_update().get_or_create(key=key, defaults={"until": now + WINDOW})[0]


def _wait(rows: Mapping[str, SignInFailures], now: dt.datetime) -> dt.timedelta:
    return max((row.until - now for kind, row in rows.items() if row.count >= LIMITS[kind]), default=dt.timedelta(0))


def forgive_attempt(username: str, address: str) -> None:
    """Take the attempt back after a sign-in that worked, and forget what this user failed from this address."""
    pair, *others = _keys(username, address).values()
    SignInFailures.objects.filter(key=pair).delete()
    SignInFailures.objects.filter(key__in=others, count__gt=0).update(count=F("count") - 1)
