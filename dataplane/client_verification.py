"""Whether a listener's authorities vouch for a client certificate, and why not: as the engine would decide. Pure.

OpenSSL verifies as BoringSSL does, and words its errors alike. The engine decides on the client's own purpose before it
looks at revocation and dates, so the reasons come in that order here too.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID
from OpenSSL.crypto import X509, X509Store, X509StoreContext, X509StoreContextError, X509StoreFlags

from certificates.parsing.x509 import UNREADABLE, extension_of
from dataplane.failures import reason_of

UNKNOWN_AUTHORITY = "unknown-ca"
WRONG_PURPOSE = "certificate-purpose"
UNREADABLE_CERTIFICATE = "certificate-refused"


@dataclass(frozen=True, slots=True)
class Trust:
    """What clients are verified by: the authorities, and the lists in force (PEM each, as the engine has them)."""

    authorities: tuple[x509.Certificate, ...]
    lists: tuple[x509.CertificateRevocationList, ...] = ()
    is_whole_chain: bool = False  # the intermediates are looked up in the lists too


def refusal_of(client: x509.Certificate, trust: Trust, moment: dt.datetime) -> str:
    """Return the stable reason for which the engine would refuse ``client`` at ``moment``, empty if it would not.

    Intermediates that the client sends along are not known here: without them its authority may be unknown.
    """
    try:
        reason = _refusal_of_chain(client, trust, moment)
        if reason != UNKNOWN_AUTHORITY and not _is_for_clients(client):
            return WRONG_PURPOSE
    except UNREADABLE:
        return UNREADABLE_CERTIFICATE
    return reason


def _refusal_of_chain(client: x509.Certificate, trust: Trust, moment: dt.datetime) -> str:
    # OpenSSL would stop at the first that is trusted, and so look up fewer lists than the engine, which goes on up.
    below = [each for each in trust.authorities if each.issuer != each.subject and _has_issuer(each, trust)]
    store = _store(trust, [each for each in trust.authorities if each not in below])
    store.set_time(moment.astimezone(dt.UTC).replace(tzinfo=None))
    chain = [X509.from_cryptography(each) for each in below]
    try:
        X509StoreContext(store, X509.from_cryptography(client), chain).verify_certificate()
    except X509StoreContextError as error:
        return reason_of(str(error.errors[2])) or UNREADABLE_CERTIFICATE
    return ""


def _has_issuer(authority: x509.Certificate, trust: Trust) -> bool:
    return any(each.subject == authority.issuer for each in trust.authorities)


def _store(trust: Trust, anchors: Sequence[x509.Certificate]) -> X509Store:
    store = X509Store()
    flags = X509StoreFlags.PARTIAL_CHAIN  # an intermediate can be the one that is trusted
    if trust.lists:
        flags |= X509StoreFlags.CRL_CHECK
        flags |= X509StoreFlags.CRL_CHECK_ALL if trust.is_whole_chain else 0
    store.set_flags(flags)
    for authority in anchors:
        store.add_cert(X509.from_cryptography(authority))
    for each in trust.lists:
        store.add_crl(each)
    return store


def _is_for_clients(client: x509.Certificate) -> bool:
    """Tell what the key usages say; without them a certificate is for everything (RFC 5280, 4.2.1.3 and 4.2.1.12)."""
    usage = extension_of(client.extensions, x509.KeyUsage)
    if usage is not None and not (usage.digital_signature or usage.key_agreement):
        return False
    extended = extension_of(client.extensions, x509.ExtendedKeyUsage)
    # The engine does not take "any purpose" for this one.
    return extended is None or ExtendedKeyUsageOID.CLIENT_AUTH in extended
