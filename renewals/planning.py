"""Plan the next renewal, and follow what servers wish meanwhile (RFC 9773)."""

import datetime as dt
import logging
import time

from django.db.models import QuerySet
from django.utils import timezone

from certificates.models import CertificateVersion
from renewals.acme.information import USUAL_WAIT, Information, ask
from renewals.models import Renewal
from renewals.problems import AttemptFailedError
from renewals.schedule import SHORTEST_DELAY, Window, renewal_moment

BATCH = 50
# However soon a server or a clock wants it: a certificate is not renewed again within so much of its life.
REST_OF_LIFE = 24
LONGEST_REST = dt.timedelta(hours=1)

logger = logging.getLogger(__name__)


def next_moment(version: CertificateVersion, renewed_at: dt.datetime, window: Window | None = None) -> dt.datetime:
    """Return when ``version`` is to be renewed; never so soon that a strange date makes a loop of it."""
    life = version.not_after - version.not_before
    rest = min(max(life / REST_OF_LIFE, SHORTEST_DELAY), LONGEST_REST)
    return max(renewal_moment(version.not_before, version.not_after, window), renewed_at + rest)


def _to_ask(now: dt.datetime) -> "QuerySet[Renewal]":
    rows = Renewal.objects.filter(next_information_at__lte=now, state=Renewal.State.WAITING)
    return rows.select_related("account", "certificate__current_version").order_by("next_information_at")


def ask_due_information(deadline: float) -> None:
    """Ask the servers whose answer has grown old, until ``deadline`` of the monotonic clock."""
    for renewal in _to_ask(timezone.now())[:BATCH]:
        if time.monotonic() > deadline:
            return
        _ask(renewal)


def _ask(renewal: Renewal) -> None:
    version = renewal.certificate.current_version if renewal.certificate else None
    if version is None or renewal.account is None:
        Renewal.objects.filter(pk=renewal.pk).update(next_information_at=None)
        return
    try:
        information = ask(renewal.account, version.leaf_pem)
    except AttemptFailedError as failure:
        # Nothing is lost: the plan that there is stands (RFC 9773, section 4.3.3).
        logger.warning("no renewal information for %s: %s", renewal.pk, failure)
        again = max(failure.wait_until or timezone.now(), timezone.now() + USUAL_WAIT)
        Renewal.objects.filter(pk=renewal.pk).update(next_information_at=again)
        return
    _follow(renewal, version, information)


def _follow(renewal: Renewal, version: CertificateVersion, information: Information) -> None:
    """Keep what the server wishes; a wish that has not changed leaves the moment that was drawn."""
    old = (renewal.window_start, renewal.window_end)
    window = information.window
    new = (window.start, window.end) if window else (None, None)
    fields: dict[str, object] = {
        "next_information_at": information.ask_again_at,
        "window_start": new[0],
        "window_end": new[1],
    }
    if new != old:
        fields["next_attempt_at"] = next_moment(version, renewal.renewed_at or version.not_before, window)
    unchanged = Renewal.objects.filter(pk=renewal.pk, state=Renewal.State.WAITING)
    unchanged.filter(next_information_at=renewal.next_information_at).update(**fields)
