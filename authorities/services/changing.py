"""Change how an authority publishes, and delete one."""

from django.db.models import ProtectedError
from django.utils import timezone
from django.utils.translation import gettext as _

from authorities.models import Authority, IssuedCertificate
from authorities.selectors import authority_by_id
from authorities.services.publishing import publish
from authorities.signing import open_signer
from console.errors import ConflictError, InvalidInputError
from console.revisions import refuse_stale, save_revision
from events.actor import Actor
from events.feed import recording

LONGEST_CRL_HOURS = 365 * 24


def change_authority(
    actor: Actor, authority_id: str, *, crl_hours: int, expected_revision: int | None = None
) -> Authority:
    """Set for how long the authority's lists are good, and publish one that is."""
    if not 1 <= crl_hours <= LONGEST_CRL_HOURS:
        raise InvalidInputError(
            _("A revocation list is good for 1 to %(limit)s hours.") % {"limit": LONGEST_CRL_HOURS},
            "authority.crl-hours",
            field="crl_hours",
        )
    with recording(actor) as changes:
        authority = unchanged(authority_id, expected_revision)
        authority.crl_hours = crl_hours
        save_revision(authority, "crl_hours")
        name = authority.certificate.name
        changes.record("authority.updated", authority, f"Lists of “{name}” are good for {crl_hours} hours")
        publish(changes, open_signer(authority))
    return authority


def delete_authority(
    actor: Actor, authority_id: str, *, abandon: bool = False, expected_revision: int | None = None
) -> None:
    """Delete an authority; its certificate stays in the repository as a CA certificate, without its key.

    Raises ConflictError while it has subordinates or renews certificates, and without ``abandon`` while certificates of
    it are valid: nobody could revoke them any more.
    """
    with recording(actor) as changes:
        authority = unchanged(authority_id, expected_revision)
        _check_deletable(authority, abandon=abandon)
        changes.record("authority.deleted", authority, f"Deleted authority “{authority.certificate.name}”")
        versions = authority.certificate.versions.all()
        for version in versions.filter(key__isnull=False).select_related("key"):
            version.key.delete()
        _delete(authority)


def valid_count(authority: Authority) -> int:
    """Count the authority's certificates that are neither over nor revoked."""
    return IssuedCertificate.objects.filter(authority=authority, revoked_at=None, not_after__gt=timezone.now()).count()


def _check_deletable(authority: Authority, *, abandon: bool) -> None:
    name = {"name": authority.certificate.name}
    if authority.subordinates.exists():
        raise ConflictError(
            _("“%(name)s” has authorities below it.") % name,
            "authority.has-subordinates",
            way_out=_("Delete those first."),
        )
    if (count := valid_count(authority)) and not abandon:
        raise ConflictError(
            _("%(count)s certificates of “%(name)s” are still valid; nobody could revoke them any more.")
            % {**name, "count": count},
            "authority.issued-valid",
            field="abandon",
            way_out=_("Revoke them first, or confirm that they are abandoned."),
        )


def _delete(authority: Authority) -> None:
    try:
        authority.delete()
    except ProtectedError:
        raise ConflictError(
            _("“%(name)s” renews certificates.") % {"name": authority.certificate.name},
            "authority.in-use",
            way_out=_("Delete those renewals first, or give them another authority."),
        ) from None


def unchanged(authority_id: str, expected_revision: int | None) -> Authority:
    """Return the authority if it still has the revision that the operator saw."""
    authority = authority_by_id(authority_id)
    refuse_stale(authority, expected_revision, "authority.stale", name=authority.certificate.name)
    return authority
