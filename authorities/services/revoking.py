"""Revoke what was issued: for good."""

from django.utils import timezone
from django.utils.translation import gettext as _

from authorities.models import IssuedCertificate
from authorities.selectors import authority_by_id, issued_by_serial
from authorities.services.publishing import publish
from authorities.signing import open_signer
from console.errors import ConflictError, InvalidInputError
from events.actor import Actor
from events.feed import recording


def revoke_certificate(actor: Actor, authority_id: str, serial: str, *, reason: str) -> IssuedCertificate:
    """Revoke a certificate, and publish the list that says so in the same transaction.

    It cannot be undone: who relies on the list may have seen it. Raises ConflictError for one that is revoked or over.
    """
    if reason not in IssuedCertificate.Reason.values:
        raise InvalidInputError(
            _("“%(reason)s” is no reason for a revocation.") % {"reason": reason[:50]},
            "issued.reason",
            field="reason",
            way_out=_("Choose one of %(reasons)s.") % {"reasons": ", ".join(IssuedCertificate.Reason.values)},
        )
    with recording(actor) as changes:
        signer = open_signer(authority_by_id(authority_id))
        issued = issued_by_serial(authority_id, serial)
        _check_revocable(issued)
        issued.revoked_at = timezone.now().replace(microsecond=0)
        issued.reason = reason
        issued.save(update_fields=("revoked_at", "reason"))
        changes.record(
            "authority.revoked",
            signer.authority,
            f"Revoked {issued.subject or issued.serial} of “{signer.authority.certificate.name}”",
            serial=issued.serial,
            reason=reason,
        )
        publish(changes, signer)
    return issued


def _check_revocable(issued: IssuedCertificate) -> None:
    if issued.revoked_at is not None:
        raise ConflictError(
            _("This certificate was revoked on %(moment)s.") % {"moment": f"{issued.revoked_at:%Y-%m-%d %H:%M} UTC"},
            "issued.revoked",
            field="serial",
        )
    if issued.not_after <= timezone.now():
        raise ConflictError(
            _("This certificate ended on %(moment)s; nobody accepts it any more.")
            % {"moment": f"{issued.not_after:%Y-%m-%d %H:%M} UTC"},
            "issued.ended",
            field="serial",
        )
