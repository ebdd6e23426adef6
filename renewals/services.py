"""Every write to renewals, their attempts apart."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from certificates.key_types import check_key_type
from certificates.names import checked_name
from console.errors import ConflictError
from console.revisions import refuse_stale
from events.actor import Actor
from events.feed import Recorder, recording
from renewals.challenges.answers import take_away
from renewals.checks import (
    check_issuer_is_there,
    checked_days,
    set_certificate,
    set_proof,
    set_source,
)
from renewals.keys import DEFAULT_KEY_TYPE
from renewals.leases import NO_LEASE, NO_ORDER
from renewals.models import Attempt, Renewal
from renewals.names import checked_names
from renewals.selectors import renewal_by_id
from renewals.waking import wake_worker


def create_renewal(
    actor: Actor,
    *,
    names: Sequence[str],
    name: str = "",
    account_id: str = "",
    authority_id: str = "",
    certificate_id: str = "",
    challenge: str = "",
    dns_hook: str = "",
    key_type: str = DEFAULT_KEY_TYPE,
    days: int = 90,
) -> Renewal:
    """Order a certificate now and renew it from then on.

    Give either an ACME account with a challenge, or a private authority with ``days``. With ``certificate_id`` the
    certificate that is there gets the new versions; else one called ``name`` (or the first of ``names``) is made.
    Raises DomainError with the field at fault.
    """
    renewal = Renewal(created_by=actor.name, next_attempt_at=timezone.now())
    set_source(renewal, account_id, authority_id)
    set_proof(renewal, challenge, dns_hook)
    check_key_type(key_type)
    renewal.key_type = key_type
    renewal.days = checked_days(days)
    renewal.names = checked_names(names, renewal.challenge)
    renewal.name = checked_name(name) or renewal.names[0][:128]
    with recording(actor) as changes:
        check_issuer_is_there(renewal)
        set_certificate(renewal, certificate_id)
        renewal.save(force_insert=True)
        changes.record("renewal.created", renewal, f"Requested a certificate “{renewal.name}”", names=renewal.names)
        transaction.on_commit(wake_worker)
    return renewal


def update_renewal(
    actor: Actor,
    renewal_id: str,
    *,
    expected_revision: int | None = None,
    names: Sequence[str] | None = None,
    account_id: str | None = None,
    authority_id: str | None = None,
    challenge: str | None = None,
    dns_hook: str | None = None,
    key_type: str | None = None,
    days: int | None = None,
) -> Renewal:
    """Change by whom and how a certificate is renewed, from the next renewal on; an open order is given up."""
    with recording(actor) as changes:
        renewal = _unchanged(renewal_id, expected_revision)
        fields = _other_issuer(renewal, account_id or "", authority_id or "")
        if fields or challenge is not None or dns_hook is not None:
            set_proof(
                renewal,
                renewal.challenge if challenge is None else challenge,
                renewal.dns_hook if dns_hook is None else dns_hook,
            )
        renewal.names = checked_names(renewal.names if names is None else names, renewal.challenge)
        renewal.key_type = renewal.key_type if key_type is None else key_type
        check_key_type(renewal.key_type)
        renewal.days = renewal.days if days is None else checked_days(days)
        fields |= {field: getattr(renewal, field) for field in ("names", "challenge", "dns_hook", "key_type", "days")}
        _interrupt(renewal)
        fields |= NO_ORDER | {"state": _resting(renewal)}
        _save(changes, renewal, "updated", f"Changed the renewal of “{renewal.name}”", **fields)
    return renewal_by_id(renewal_id)


def _other_issuer(renewal: Renewal, account_id: str, authority_id: str) -> dict[str, Any]:
    """Return the columns of another issuer, of which no wish is known yet; none where it stays the same."""
    if not (account_id or authority_id) or (renewal.account_id or "", renewal.authority_id or "") == (
        account_id,
        authority_id,
    ):
        return {}
    renewal.account = renewal.authority = None
    set_source(renewal, account_id, authority_id)
    wishes = {"window_start": None, "window_end": None, "next_information_at": None}
    return wishes | {field: getattr(renewal, field) for field in ("source", "account_id", "authority_id")}


def renew_now(actor: Actor, renewal_id: str, *, expected_revision: int | None = None) -> Renewal:
    """Have a renewal tried at once, be it paused or not due; one that is being tried already goes on."""
    with recording(actor) as changes:
        renewal = _unchanged(renewal_id, expected_revision)
        if renewal.state == Renewal.State.RUNNING:
            raise ConflictError(
                _("“%(name)s” is being renewed already.") % {"name": renewal.name},
                "renewal.running",
                way_out=_("Wait for the end of this attempt."),
            )
        state = Renewal.State.FAILED if renewal.failures else Renewal.State.WAITING
        summary = f"Asked to renew “{renewal.name}” now"
        _save(changes, renewal, "asked", summary, state=state, next_attempt_at=timezone.now())
        transaction.on_commit(wake_worker)
    return renewal_by_id(renewal_id)


def pause_renewal(actor: Actor, renewal_id: str, *, expected_revision: int | None = None) -> Renewal:
    """Stop renewing until somebody resumes it; an attempt that runs is ended, its order is kept."""
    with recording(actor) as changes:
        renewal = _unchanged(renewal_id, expected_revision)
        _interrupt(renewal)
        _save(changes, renewal, "paused", f"Paused the renewal of “{renewal.name}”", state=Renewal.State.PAUSED)
    return renewal_by_id(renewal_id)


def resume_renewal(actor: Actor, renewal_id: str, *, expected_revision: int | None = None) -> Renewal:
    """Renew again, when it is due."""
    with recording(actor) as changes:
        renewal = _unchanged(renewal_id, expected_revision)
        if renewal.state == Renewal.State.PAUSED:
            state = Renewal.State.FAILED if renewal.failures else Renewal.State.WAITING
            _save(changes, renewal, "resumed", f"Resumed the renewal of “{renewal.name}”", state=state)
            transaction.on_commit(wake_worker)
    return renewal_by_id(renewal_id)


def delete_renewal(actor: Actor, renewal_id: str, *, expected_revision: int | None = None) -> None:
    """Stop renewing for good; the certificate stays."""
    with recording(actor) as changes:
        renewal = _unchanged(renewal_id, expected_revision)
        take_away(renewal.pk)
        changes.record("renewal.deleted", renewal, f"Deleted the renewal of “{renewal.name}”")
        renewal.delete()


def _save(changes: Recorder, renewal: Renewal, verb: str, summary: str, **fields: Any) -> None:
    """Write fields past a worker's; whoever holds the lease finds the row changed or its own."""
    Renewal.objects.filter(pk=renewal.pk).update(revision=renewal.revision + 1, **fields)
    changes.record(f"renewal.{verb}", renewal, summary)


def _interrupt(renewal: Renewal) -> None:
    """Take a running attempt's lease: its worker stops at its next step and cleans up."""
    Renewal.objects.filter(pk=renewal.pk).update(**NO_LEASE)
    Attempt.objects.filter(renewal=renewal, ended_at=None).update(
        ended_at=timezone.now(), outcome=Attempt.Outcome.INTERRUPTED
    )


def _resting(renewal: Renewal) -> str:
    if renewal.state != Renewal.State.RUNNING:
        return renewal.state
    return Renewal.State.FAILED if renewal.failures else Renewal.State.WAITING


def _unchanged(renewal_id: str, expected_revision: int | None) -> Renewal:
    renewal = renewal_by_id(renewal_id)
    refuse_stale(renewal, expected_revision, "renewal.stale")
    return renewal
