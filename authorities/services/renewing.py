"""Renew an authority's own certificate: the same key and name, so that everything it signed stays valid."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace

from cryptography import x509
from django.utils import timezone
from django.utils.translation import gettext as _

from authorities.building import Life, Reach, extended_usages_of, life_of
from authorities.constraints import constraints_of
from authorities.models import Authority
from authorities.orders import check_days
from authorities.selectors import authority_by_id, current_version, path_length_of, x509_of
from authorities.services.changing import unchanged
from authorities.services.creating import signed_authority
from authorities.services.issuing import record_issued
from authorities.services.publishing import keep_published
from authorities.signing import Signer, key_pem_of, link_of, open_key, open_signer, refuse_revoked
from certificates.models import CertificateVersion
from certificates.parsing.bundles import Bundle, Link
from certificates.services import store_replacement
from certificates.store import Warned
from console.errors import ConflictError, InvalidInputError
from console.revisions import save_revision
from events.actor import Actor
from events.feed import recording


@dataclass(frozen=True, slots=True)
class RenewedAuthority:
    """An authority with the version of its certificate that was made, and what the operator should know of it."""

    authority: Authority
    version: CertificateVersion
    warnings: Sequence[Warned]


def renew_authority(
    actor: Actor, authority_id: str, *, days: int | None = None, expected_revision: int | None = None
) -> RenewedAuthority:
    """Sign an authority's certificate anew, as the next version of it; listeners that trust it follow.

    A root signs itself, also after its end; a subordinate is signed by its parent and ends with that at the latest.
    ``days`` None takes the life that it has now. Raises DomainError where nothing would be gained: the authority or one
    above it is revoked, the parent is over, or the new end would not be later.
    """
    with recording(actor) as changes:
        authority = unchanged(authority_id, expected_revision)
        refuse_revoked(authority)
        key, parent = open_key(authority), _parent(authority)
        asked = _asked_life(authority, days)
        life = _allowed_life(authority, asked, parent)
        certificate = signed_authority(parent, key, x509_of(authority).subject, life, _reach(authority))
        if parent:
            record_issued(changes, parent.authority, certificate, "ca")
        bundle = Bundle(link_of(certificate), _beside(authority), key_pem_of(key), ())
        stored = store_replacement(actor, authority.certificate_id, bundle)
        save_revision(authority)
        summary = f"Renewed authority “{authority.certificate.name}” until {life.end:%Y-%m-%d}"
        changes.record("authority.renewed", authority, summary, version=stored.version.number)
        renewed = authority_by_id(authority_id)
        keep_published(changes, open_signer(renewed), timezone.now())
    shortened = [_shortened(parent)] if parent and life != asked else []
    return RenewedAuthority(renewed, stored.version, [*shortened, *stored.warnings])


def usual_days(authority: Authority) -> int:
    """Return for how many days the authority's certificate is valid in all, as it is now."""
    version = current_version(authority)
    return max((version.not_after - version.not_before).days, 1)


def _parent(authority: Authority) -> Signer | None:
    return open_signer(authority_by_id(authority.parent_id)) if authority.parent_id else None


def _asked_life(authority: Authority, days: int | None) -> Life:
    days = usual_days(authority) if days is None else days
    check_days(days)
    return life_of(days, timezone.now().replace(microsecond=0))


def _allowed_life(authority: Authority, asked: Life, parent: Signer | None) -> Life:
    """Return the life that was asked for, cut at the parent's end; raise DomainError where it gains nothing."""
    end = current_version(authority).not_after
    if asked.end <= end:
        raise InvalidInputError(
            _("“%(name)s” is valid until %(moment)s already; the renewed certificate would not end later.")
            % {"name": authority.certificate.name, "moment": _written(end)},
            "authority.ends-later",
            field="days",
            way_out=_("Choose more days."),
        )
    if parent and parent.certificate.not_valid_after_utc <= end:
        raise ConflictError(
            _("“%(name)s” lasts as long as “%(parent)s” above it, which ends on %(moment)s; it cannot outlive that.")
            % {
                "name": authority.certificate.name,
                "parent": parent.authority.certificate.name,
                "moment": _written(parent.certificate.not_valid_after_utc),
            },
            "authority.parent-ends",
            field="days",
            way_out=_("Renew the authority above first."),
        )
    return replace(asked, end=min(asked.end, parent.certificate.not_valid_after_utc)) if parent else asked


def _reach(authority: Authority) -> Reach:
    certificate = x509_of(authority)
    return Reach(path_length_of(authority), constraints_of(certificate), extended_usages_of(certificate))


def _beside(authority: Authority) -> tuple[Link, ...]:
    """Return what is trusted together with the authority's certificate, which a renewal does not change."""
    pem = current_version(authority).chain_pem
    return tuple(link_of(each) for each in x509.load_pem_x509_certificates(pem.encode())) if pem else ()


def _shortened(parent: Signer) -> Warned:
    words = {"parent": parent.authority.certificate.name, "moment": _written(parent.certificate.not_valid_after_utc)}
    message = _("It ends with the authority above, “%(parent)s”, on %(moment)s: sooner than you asked for.") % words
    return Warned("authority.shortened", message, words)


def _written(moment: dt.datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
