"""Every write to the revocation lists that CA certificates carry, later fetches apart."""

from django.utils.translation import gettext as _

from certificates.models import Certificate, Kind, RevocationList
from certificates.revocation.chains import holders_of
from certificates.revocation.downloading import SECONDS_FOR_A_PERSON, Seen, download, list_address
from certificates.revocation.fetching import plan_next
from certificates.revocation.reading import list_by_id
from certificates.revocation.storing import read_for, store
from certificates.selectors import certificate_by_id
from console.errors import ConflictError, InvalidInputError, StaleError
from console.revisions import save_revision
from events.actor import Actor
from events.feed import recording

MOST_LISTS = 50


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


def upload_list(actor: Actor, certificate_id: str, *, data: bytes, when_expired: str = "") -> RevocationList:
    """Have a CA certificate carry an uploaded list (PEM or DER); a blank ``when_expired`` keeps the choice made."""
    certificate = ca_certificate(certificate_id)
    _check_choice(when_expired)
    read = read_for(certificate, data)
    with recording(actor) as changes:
        row = RevocationList(certificate=certificate, source=RevocationList.Source.UPLOADED, created_by=actor.name)
        stored = store(changes, row, read, when_expired)
        _refuse_too_many(certificate)
    return stored


def add_list_address(actor: Actor, certificate_id: str, *, url: str, when_expired: str = "") -> RevocationList:
    """Fetch a list from an address, now and from now on by the clock; raise DomainError when it cannot be had now."""
    certificate = ca_certificate(certificate_id)
    _check_choice(when_expired)
    url = list_address(url)
    answer = download(url, Seen(), seconds=SECONDS_FOR_A_PERSON)
    read = read_for(certificate, answer.data or b"")
    with recording(actor) as changes:
        row = RevocationList(certificate=certificate, source=RevocationList.Source.URL, url=url, created_by=actor.name)
        stored = store(changes, row, read, when_expired)
        _refuse_too_many(certificate)
        if stored.source == RevocationList.Source.URL:
            plan_next(stored, answer.seen)
    return stored


def update_list(
    actor: Actor, certificate_id: str, list_id: int, *, when_expired: str, expected_revision: int | None = None
) -> RevocationList:
    """Choose what listeners do with the list's clients once it has expired."""
    _check_choice(when_expired or "-")
    with recording(actor) as changes:
        row = _unchanged(certificate_id, list_id, expected_revision)
        if row.when_expired != when_expired:
            row.when_expired = when_expired
            save_revision(row, "when_expired")
            summary = f"Chose for the list of {row.issuer} on “{row.certificate.name}”: {when_expired} when expired"
            changes.record("certificate.revocation_list_updated", row.certificate, summary, list=row.pk)
    return row


def delete_list(actor: Actor, certificate_id: str, list_id: int, *, expected_revision: int | None = None) -> None:
    """Carry a list no longer: the clients that it names are let in again."""
    with recording(actor) as changes:
        row = _unchanged(certificate_id, list_id, expected_revision)
        summary = f"Deleted the list of {row.issuer} from “{row.certificate.name}”"
        changes.record("certificate.revocation_list_deleted", row.certificate, summary, list=row.pk)
        row.delete()


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


def _unchanged(certificate_id: str, list_id: int, expected_revision: int | None) -> RevocationList:
    row = list_by_id(certificate_id, list_id)
    if expected_revision is not None and row.revision != expected_revision:
        raise StaleError(
            _("The revocation list of “%(issuer)s” was changed or replaced meanwhile.") % {"issuer": row.issuer},
            "crl.stale",
            way_out=_("Load it again and repeat your change. Nothing was stored."),
        )
    return row


def _check_choice(when_expired: str) -> None:
    if when_expired and when_expired not in RevocationList.WhenExpired.values:
        raise InvalidInputError(
            _("“%(choice)s” is nothing that can be done when a list has expired.") % {"choice": when_expired[:50]},
            "crl.when-expired",
            field="when_expired",
            way_out=_("Choose “refuse” or “ignore”."),
        )


def _refuse_too_many(certificate: Certificate) -> None:
    if certificate.revocation_lists.count() > MOST_LISTS:
        raise ConflictError(
            _("“%(name)s” would carry more than %(most)d revocation lists.")
            % {"name": certificate.name, "most": MOST_LISTS},
            "crl.too-many",
            way_out=_("Delete lists of authorities that no longer issue clients."),
        )
