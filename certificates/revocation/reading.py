"""Every read of the revocation lists that CA certificates carry."""

import base64
import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.db.models import F, QuerySet
from django.utils.translation import gettext as _

from certificates.models import CertificateVersion, RevocationList
from certificates.parsing.x509 import clean_text
from certificates.revocation.chains import authorities_of, is_issued_by
from certificates.revocation_check import CarriedList, Revocation, TrustedAuthority
from console.errors import NotFoundError


def lists_of(certificate_id: str) -> "QuerySet[RevocationList]":
    """Return the lists and addresses of lists of a CA certificate, oldest first."""
    return RevocationList.objects.filter(certificate_id=certificate_id).defer("der").select_related("certificate")


def list_by_id(certificate_id: str, list_id: int) -> RevocationList:
    """Return one list of a CA certificate; raise NotFoundError."""
    found = lists_of(certificate_id).filter(pk=list_id).first()
    if found is None:
        raise NotFoundError(
            _("The CA certificate carries no revocation list %(id)s.") % {"id": list_id},
            "crl.not-found",
            way_out=_("It may have been deleted, or replaced by another source; look at the certificate's lists."),
        )
    return found


def carried_list(list_id: int) -> RevocationList:
    """Return one list of whatever CA certificate; raise NotFoundError."""
    found = RevocationList.objects.filter(pk=list_id).values_list("certificate_id", flat=True).first()
    return list_by_id(found or "", list_id)


def revocation_of(certificate_id: str) -> Revocation:
    """Return what listeners with this CA certificate check."""
    return revocations_of([certificate_id]).get(certificate_id, Revocation())


def revocations_of(certificate_ids: Collection[str]) -> dict[str, Revocation]:
    """Return the authorities and lists of the CA certificates that carry any list; two queries in all."""
    return revocations_in(RevocationList.objects.filter(certificate_id__in=certificate_ids).defer("der"))


def revocations_in(rows: Iterable[RevocationList]) -> dict[str, Revocation]:
    """Return what the CA certificates of these lists check; ``rows`` are all of theirs."""
    carried: Mapping[str, list[CarriedList]] = defaultdict(list)
    for row in rows:
        if row.sha256:
            carried[row.certificate_id].append(_carried(row))
    if not carried:
        return {}
    versions = CertificateVersion.objects.filter(certificate__current_version_id=F("id"), certificate_id__in=carried)
    return {
        version.certificate_id: Revocation(_authorities(version), tuple(carried[version.certificate_id]))
        for version in versions
    }


def lists_pem(list_ids: Collection[int]) -> dict[int, bytes]:
    """Return the lists by id, in PEM, as the engine takes them."""
    if not list_ids:
        return {}
    rows = RevocationList.objects.filter(pk__in=list_ids, der__isnull=False).values_list("pk", "der")
    return {pk: _pem(bytes(der or b"")) for pk, der in rows}


def _pem(der: bytes) -> bytes:
    return b"-----BEGIN X509 CRL-----\n" + base64.encodebytes(der) + b"-----END X509 CRL-----\n"


def _carried(row: RevocationList) -> CarriedList:
    return CarriedList(
        id=row.pk,
        sha256=row.sha256,
        issuer=row.issuer,
        issuer_spki_sha256=row.issuer_spki_sha256,
        next_update=row.next_update,
        is_ignored_when_expired=row.when_expired == RevocationList.WhenExpired.IGNORE,
    )


def _authorities(version: CertificateVersion) -> tuple[TrustedAuthority, ...]:
    bundle = authorities_of(version)
    return tuple(_authority(each, [other for other in bundle if other is not each]) for each in bundle)


def _authority(authority: x509.Certificate, others: list[x509.Certificate]) -> TrustedAuthority:
    spki = authority.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    is_root = is_issued_by(authority, authority)
    return TrustedAuthority(
        label=clean_text(authority.subject.rfc4514_string()),
        spki_sha256=hashlib.sha256(spki).hexdigest(),
        issues_clients=not any(is_issued_by(other, authority) for other in others),
        is_anchored=is_root or any(is_issued_by(authority, other) for other in others),
    )
