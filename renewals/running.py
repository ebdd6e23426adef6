"""Work on what is due: one attempt at a time for each renewal, its result written by the holder of the lease alone."""

import logging
import random
import time
from collections.abc import Iterator
from dataclasses import replace

from cryptography.hazmat.primitives.serialization import Encoding
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from authorities.models import Authority
from authorities.orders import Order
from authorities.services import issue_bundle
from certificates.key_types import generate_key
from console.errors import DomainError
from events.actor import SYSTEM
from renewals.acme.orders import order_certificate
from renewals.challenges.answers import take_away
from renewals.keys import key_pem, request_for
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
    renewal = lease.row().select_related("account", "authority", "certificate__current_version").first()
    if renewal is None:
        raise LeaseLostError(lease.renewal_id)
    take_away(renewal.pk)  # what a killed attempt left behind
    if renewal.account is not None:
        bundle = parsed(order_certificate(renewal, renewal.account, lease))
        with transaction.atomic():
            record_issued(lease, stored(renewal, bundle))
    elif renewal.authority is not None:
        _sign(renewal, renewal.authority, lease)


def _sign(renewal: Renewal, authority: Authority, lease: Lease) -> None:
    """Have a private authority sign; the key is made before anybody is kept from writing."""
    key = generate_key(renewal.key_type)
    request = request_for(key, renewal.names).public_bytes(Encoding.PEM)
    order = Order(names=renewal.names, days=renewal.days, csr_pem=request)
    with transaction.atomic():
        bundle = replace(issue_bundle(SYSTEM, authority.pk, order), key_pem=key_pem(key))
        record_issued(lease, stored(renewal, bundle))
