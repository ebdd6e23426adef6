"""Times as the cloud writes them."""

import datetime as dt


def iso_minutes(at: dt.datetime) -> str:
    """Return ``2026-11-21T20:42Z``."""
    return f"{at.astimezone(dt.UTC):%Y-%m-%dT%H:%MZ}"


def iso_seconds(at: dt.datetime) -> str:
    """Return ``2026-11-21T20:42:54Z``."""
    return f"{at.astimezone(dt.UTC):%Y-%m-%dT%H:%M:%SZ}"
