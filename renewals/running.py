"""Work on what is due: one attempt at a time for each renewal, its result written by the holder of the lease alone."""

import logging
import random
import time
from collections.abc import Iterator

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from certificates.bundles import Bundle
from console.errors import ConflictError, DomainError
from renewals.acme.orders import order_certificate
from renewals.challenges.answers import take_away
from renewals.leases import Lease, LeaseLostError, due, take
from renewals.models import Attempt, Renewal
from renewals.outcomes import record_failure, record_interruption, record_issued
from renewals.planning import ask_due_information
from renewals.problems import AttemptFailedError
from renewals.storing import parsed, stored

# Several workers look at the same few rows and take one at random, so that they rarely want the same one.
CANDIDATES = 20

logger = logging.getLogger(__name__)


def run_due(budget_seconds: float) -> Iterator[Attempt]:
    """Work on due renewals until none is left or the time is used up; yield each attempt when it has ended."""
    deadline = time.monotonic() + budget_seconds
    ask_due_information(deadline)
    while time.monotonic() < deadline:
        rows = due(timezone.now()).order_by("next_attempt_at").values_list("pk", flat=True)
        candidates = list(rows[:CANDIDATES])
        if not candidates:
            return
        attempt = run_renewal(random.choice(candidates))  # noqa: S311  # nothing secret hangs on it
        if attempt is not None:
            yield attempt


def run_renewal(renewal_id: str) -> Attempt | None:
    """Try once to renew, if it is due and nobody else does; return the attempt with what came of it."""
    lease = take(renewal_id)
    if lease is None:
        return None
    attempt = Attempt.objects.filter(renewal_id=renewal_id, ended_at=None).first()
    try:
        _run(lease)
    except LeaseLostError:
        logger.info("renewal %s was paused, deleted or taken over", renewal_id)
        record_interruption(renewal_id, attempt)
    except DomainError as error:
        logger.warning("renewal %s: %s", renewal_id, error)
        record_failure(lease, error)
    except Exception as error:  # the edge of an attempt: whatever is wrong with this one, the others go on
        logger.exception("renewal %s broke off", renewal_id)
        record_failure(lease, _broken(error))
    return Attempt.objects.select_related("renewal").filter(pk=attempt.pk).first() if attempt else None


def _broken(error: Exception) -> AttemptFailedError:
    message = _("The attempt broke off: %(reason)s.") % {"reason": type(error).__name__}
    return AttemptFailedError(message, "renewal.broken-off", way_out=_("The worker's log has the cause."))


def _run(lease: Lease) -> None:
    rows = Renewal.objects.select_related("account", "authority", "certificate__current_version")
    renewal = rows.get(pk=lease.renewal_id)
    take_away(renewal.pk)  # what a killed attempt left behind
    bundle = _issued(renewal, lease)
    with transaction.atomic():
        record_issued(lease, stored(renewal, bundle))


def _issued(renewal: Renewal, lease: Lease) -> Bundle:
    if renewal.source == Renewal.Source.ACME and renewal.account:
        return parsed(order_certificate(renewal, renewal.account, lease))
    message = _("“%(name)s” has nobody to issue it.") % {"name": renewal.name}
    raise ConflictError(message, "renewal.no-issuer", way_out=_("Delete this renewal and request it anew."))
