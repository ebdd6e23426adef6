"""When a certificate is valid, and how much of its life is left. Pure."""

import datetime as dt
from enum import StrEnum

SOON = dt.timedelta(days=30)


class Validity(StrEnum):
    """Where a moment lies in a certificate's life."""

    NOT_YET = "not-yet-valid"
    VALID = "valid"
    EXPIRING = "expiring"  # 30 days or less are left
    EXPIRED = "expired"


def validity(not_before: dt.datetime, not_after: dt.datetime, now: dt.datetime) -> Validity:
    """Return where ``now`` lies; the last second of a certificate still counts (RFC 5280, 4.1.2.5)."""
    if now > not_after:
        return Validity.EXPIRED
    if now < not_before:
        return Validity.NOT_YET
    return Validity.EXPIRING if not_after - now <= SOON else Validity.VALID


def days_left(not_after: dt.datetime, now: dt.datetime) -> int:
    """Return the whole days until ``not_after``, negative once it has passed."""
    return (not_after - now) // dt.timedelta(days=1)
