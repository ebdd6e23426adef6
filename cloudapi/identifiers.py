"""The identifiers of certificates: ours, and those of the cloud's services. Any of them is taken, everywhere.

============================  =====================================================================
``cert-3k9x0q7c2m8v5b1t``     the repository's own id
``10001``                     CertId of the certificate service
``10001-cn-hangzhou``         the same with a region, as NLB and ALB have it
``cas-upload-7pt``            ResourceId and InstanceId of the certificate service
``1efd3cac-e8c1-…``           Identifier of a certificate of the private authority service
``1_0000000271_…_…``          server certificate of CLB in a region
``0000000271-cn-hangzhou-01``  CA certificate of CLB in a region
============================  =====================================================================
"""

import re
import uuid
import zlib
from collections.abc import Iterable

from certificates.models import Certificate
from cloudapi.models import CertificateNumber

# The first certificate is number 10001: nobody takes it for a count or a position.
OFFSET = 10_000
ACCOUNT = "1"
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_NUMBER = re.compile(r"([1-9][0-9]{0,17})(?:-[a-z]{2}(?:-[a-z0-9]+)+)?")
_RESOURCE = re.compile(r"cas-upload-([0-9a-z]{1,12})")
_CLB_SERVER = re.compile(r"[0-9]+_([0-9a-f]{10})_[0-9]+_[0-9]+")
_CLB_CA = re.compile(r"([0-9a-f]{10})-[a-z0-9-]+-01")


def certificate_ids(identifiers: Iterable[str]) -> dict[str, str]:
    """Return the repository's id for each identifier; one that names nothing is returned as it came.

    The service that takes the id then says that there is no such certificate, in the words that it has for that.
    """
    wanted = list(dict.fromkeys(identifiers))
    numbers = {text: number for text in wanted if (number := _number_in(text)) is not None}
    uuids = {text: found for text in wanted if (found := _uuid_in(text)) is not None}
    by_number = dict(CertificateNumber.objects.filter(pk__in=numbers.values()).values_list("pk", "certificate_id"))
    by_uuid = dict(CertificateNumber.objects.filter(uuid__in=uuids.values()).values_list("uuid", "certificate_id"))
    known = {text: by_number[number] for text, number in numbers.items() if number in by_number}
    known |= {text: by_uuid[found] for text, found in uuids.items() if found in by_uuid}
    return {text: known.get(text, text) for text in wanted}


def certificate_id(identifier: str) -> str:
    """Return the repository's id for one identifier, or the identifier as it came."""
    return certificate_ids([identifier])[identifier]


def rows_for(certificate_ids: Iterable[str]) -> dict[str, CertificateNumber]:
    """Return the identifiers of certificates by the repository's id; those that have none yet get some."""
    wanted = list(dict.fromkeys(certificate_ids))
    found = _stored(wanted)
    fresh = [CertificateNumber(certificate_id=each) for each in wanted if each not in found]
    if fresh:
        CertificateNumber.objects.bulk_create(fresh, ignore_conflicts=True)
        found = _stored(wanted)
    return found


def _stored(certificate_ids: list[str]) -> dict[str, CertificateNumber]:
    rows = CertificateNumber.objects.filter(certificate_id__in=certificate_ids)
    return {row.certificate_id: row for row in rows}


def cert_id(row: CertificateNumber) -> int:
    """Return the CertId of the certificate service."""
    return OFFSET + row.number


def cert_identifier(row: CertificateNumber, region: str) -> str:
    """Return what NLB and ALB call a server certificate."""
    return f"{cert_id(row)}-{region}"


def resource_id(row: CertificateNumber) -> str:
    """Return the ResourceId of the certificate service."""
    return f"cas-upload-{_in_base36(cert_id(row))}"


def identifier(row: CertificateNumber) -> str:
    """Return what NLB and ALB call a CA certificate, and the private authority service every certificate."""
    return str(row.uuid)


def listener_identifier(certificate: Certificate, row: CertificateNumber, region: str) -> str:
    """Return how listeners of NLB and ALB name a certificate: a server's by number, a CA's by UUID."""
    return identifier(row) if certificate.kind == "ca" else cert_identifier(row, region)


def clb_server_identifier(row: CertificateNumber, region: str) -> str:
    """Return what CLB calls a server certificate in a region."""
    digest = zlib.crc32(f"{row.uuid}{region}".encode())
    return f"{ACCOUNT}_{cert_id(row):010x}_{digest}_{zlib.crc32(region.encode())}"


def clb_ca_identifier(row: CertificateNumber, region: str) -> str:
    """Return what CLB calls a CA certificate in a region."""
    return f"{cert_id(row):010x}-{region}-01"


def _number_in(text: str) -> int | None:
    """Return the number of the row that an identifier names."""
    if found := _NUMBER.fullmatch(text):
        return int(found[1]) - OFFSET
    if found := _RESOURCE.fullmatch(text):
        return int(found[1], 36) - OFFSET
    if found := _CLB_SERVER.fullmatch(text) or _CLB_CA.fullmatch(text):
        return int(found[1], 16) - OFFSET
    return None


def _uuid_in(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text) if len(text) == len(str(uuid.NAMESPACE_DNS)) else None
    except ValueError:
        return None


def _in_base36(number: int) -> str:
    digits = ""
    while number:
        number, rest = divmod(number, len(_DIGITS))
        digits = _DIGITS[rest] + digits
    return digits
