"""What alerts add to every page: a warning when nobody watches any more."""

import logging
import time

from django.db import DatabaseError
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from alerts.selectors.health import scan_warning

# A scan runs every few minutes: a process that looked a moment ago need not look again for the next page.
SECONDS_KEPT = 30.0
_kept: dict[str, float | str] = {}

logger = logging.getLogger(__name__)


def alerts(request: HttpRequest) -> dict[str, object]:
    """Return the warning, which is looked up only where a page shows it."""
    return {"scan_warning": SimpleLazyObject(_warning)}


def keep(warning: str) -> None:
    """Show ``warning`` on the pages of the next half minute."""
    _kept.update(warning=warning, at=time.monotonic())


def forget() -> None:
    """Look again for the next page."""
    _kept.clear()


def _warning() -> str:
    """Return the warning; a page that says what is wrong with the database must not fail over it."""
    at = _kept.get("at")
    if not isinstance(at, float) or time.monotonic() - at > SECONDS_KEPT:
        try:
            keep(scan_warning())
        except DatabaseError as error:
            logger.warning("whether the scan runs cannot be told: %s", error)
            return ""
    return str(_kept["warning"])
