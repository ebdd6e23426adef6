"""Every write to the revocation lists that CA certificates carry, the fetching apart."""

from django.utils.translation import gettext as _

from certificates.models import Certificate, Kind, RevocationList
from certificates.revocation.chains import holders_of
from certificates.revocation.storing import read_for, store
from certificates.selectors import certificate_by_id
from console.errors import ConflictError
from events.actor import Actor
from events.feed import recording


def carry_list(actor: Actor, certificate_id: str, *, source: str, der: bytes, url: str = "") -> RevocationList:
    """Have a CA certificate carry the list ``der``, in place of an older one of the same issuer.

    A list of a private authority is also carried by the CA certificates of the authorities above it, whose listeners
    let its clients in too. Raise DomainError, having stored nothing, for a list that listeners could not use.
    """
    certificate = ca_certificate(certificate_id)
    read = read_for(certificate, der)
    is_private = source == RevocationList.Source.AUTHORITY
    with recording(actor) as changes:
        rows = [
            store(changes, RevocationList(certificate=holder, source=source, url=url, created_by=actor.name), read)
            for holder in (holders_of(certificate) if is_private else [certificate])
        ]
    return rows[0]


def ca_certificate(certificate_id: str) -> Certificate:
    """Return a CA certificate; raise ConflictError for one of another kind."""
    certificate = certificate_by_id(certificate_id)
    if certificate.kind != Kind.CA:
        raise ConflictError(
            _("“%(name)s” is no CA certificate; only CA certificates carry revocation lists.")
            % {"name": certificate.name},
            "crl.not-a-ca",
            way_out=_("Give the list to the CA certificate of the authority that issued it."),
        )
    return certificate
