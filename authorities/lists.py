"""Build revocation lists (CRLs, RFC 5280 section 5). Pure."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from cryptography import x509

from authorities.building import SigningKey, hash_for, key_identifier_of

REASONS = {
    "key_compromise": x509.ReasonFlags.key_compromise,
    "affiliation_changed": x509.ReasonFlags.affiliation_changed,
    "superseded": x509.ReasonFlags.superseded,
    "cessation_of_operation": x509.ReasonFlags.cessation_of_operation,
    "privilege_withdrawn": x509.ReasonFlags.privilege_withdrawn,
}
# An entry says why unless nobody said it: "unspecified" is left out (RFC 5280, section 5.3.1).
_EXTENSIONS: dict[str, list[x509.Extension[x509.ExtensionType]]] = {
    reason: [x509.Extension(x509.CRLReason.oid, critical=False, value=x509.CRLReason(flag))]
    for reason, flag in REASONS.items()
}


class Entry(NamedTuple):
    """A revoked certificate; ``serial`` is hexadecimal."""

    serial: str
    revoked_at: dt.datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Edition:
    """What tells one list of an authority from the next."""

    number: int
    this_update: dt.datetime
    next_update: dt.datetime


def build_list(
    issuer: x509.Certificate, key: SigningKey, edition: Edition, entries: Iterable[Entry]
) -> x509.CertificateRevocationList:
    """Return the signed list of ``issuer``; its entries in the order given."""
    builder = x509.CertificateRevocationListBuilder(
        # Adding one by one copies all entries each time: 100,000 of them would take minutes.
        revoked_certificates=[_revoked(entry) for entry in entries]
    )
    return (
        builder.issuer_name(issuer.subject)
        .last_update(edition.this_update)
        .next_update(edition.next_update)
        .add_extension(key_identifier_of(issuer), critical=False)
        .add_extension(x509.CRLNumber(edition.number), critical=False)
        .sign(key, hash_for(key))
    )


def _revoked(entry: Entry) -> x509.RevokedCertificate:
    revoked_at = entry.revoked_at.astimezone(dt.UTC).replace(tzinfo=None)  # what the builder compares with
    return x509.RevokedCertificateBuilder(int(entry.serial, 16), revoked_at, _EXTENSIONS.get(entry.reason, [])).build()
