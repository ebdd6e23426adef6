"""Certificates of CLB, which are a region's own: uploaded there, or taken from the certificate service."""

import hashlib
import ssl
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from certificates.models import Certificate, Kind
from certificates.services import label_certificates
from cloudapi.clb.finding import region_of, tag_fields, tags_of_call
from cloudapi.clb.product import PRODUCT
from cloudapi.clb.regional import clb_identifier, row_of
from cloudapi.extras import extras_of, keep_extras
from cloudapi.identifiers import cert_identifier, certificate_id, rows_for
from cloudapi.models import CertificateNumber
from cloudapi.operations import Answer, Call
from cloudapi.wire.fields import text
from console.errors import NotFoundError
from listeners import services
from listeners.models import RegionalCertificate
from listeners.services.regional_certificates import delete_from_region, rename_in_region, upload_for_region
from listeners.services.rows import not_found

GROUP = text("ResourceGroupId", kept=True)
MOST_NAMES = 10
_FORMAT = {
    "certificate.*": "400 CertificateFormatInvalid",
    "chain.*": "400 CertificateFormatInvalid",
    "input.*": "400 CertificateFormatInvalid",
    "ca.*": "400 CertificateFormatInvalid",
    "key.*": "400 InvalidParameter",
    "key.passphrase-missing": "400 PrivateKeyEncryption",
    "certificate.kind": "400 CertificateTypeMismatched",
    "certificate.name-invalid": "400 InvalidParameter",
    "certificate.tag-invalid": "400 InvalidParam.TagKey",
    "certificate.tags": "400 SizeLimitExceeded.Tag",
    "listener.certificate-refused": "400 ServerCertificate.NotSupport",
    "listener.certificate-kind": "400 ServerCertificate.NotSupport",
    "certificate.not-found": "400 InvalidParameter.AliCloudCertificateId",
}


@PRODUCT.write(
    "UploadServerCertificate",
    GROUP,
    *tag_fields(),
    text("AliCloudCertificateId"),
    text("AliCloudCertificateName"),
    text("AliCloudCertificateRegionId"),
    text("ServerCertificate"),
    text("PrivateKey"),
    text("ServerCertificateName"),
    codes=_FORMAT,
)
def upload_server_certificate(call: Call) -> Answer:
    """Let load balancers of a region use a certificate: one that comes with its key, or one of the repository."""
    named = call.given.get("AliCloudCertificateId")
    row = _from_repository(call, named) if named else _uploaded(call, Kind.SERVER, "ServerCertificate")
    _label(call, row)
    return _shown(call, [row])[0]


@PRODUCT.write(
    "UploadCACertificate",
    GROUP,
    *tag_fields(),
    text("CACertificate", required=True),
    text("CACertificateName"),
    codes=_FORMAT,
)
def upload_ca_certificate(call: Call) -> Answer:
    """Let load balancers of a region verify clients by a CA certificate."""
    row = _uploaded(call, Kind.CA, "CACertificate")
    _label(call, row)
    return _shown(call, [row])[0]


def _uploaded(call: Call, kind: Kind, parameter: str) -> RegionalCertificate:
    for name in (parameter, "PrivateKey") if kind == Kind.SERVER else (parameter,):
        if not call.given.get(name):
            raise call.error("MissingParameter", f"{name} is missing; AliCloudCertificateId would do in its place.")
    pem, key = call.given[parameter], call.given.get("PrivateKey")
    upload = services.Upload(
        kind=kind,
        name=call.given.get(f"{parameter}Name", ""),
        certificate_pem=pem.encode(),
        private_key_pem=key.encode() if key else None,
    )
    if "BEGIN DH PARAMETERS" in pem:
        raise call.error("CertificateFormatInvalid", "DH parameters are not served: keys are agreed on by ECDHE alone.")
    return upload_for_region(call.actor, upload, region=region_of(call))


def _from_repository(call: Call, identifier: str) -> RegionalCertificate:
    found = certificate_id(identifier)
    (row,) = services.add_regional_certificate(call.actor, found, regions=[region_of(call)])
    name = call.given.get("AliCloudCertificateName")
    if name and not row.name:
        rename_in_region(call.actor, row, name=name)
    return row


def _label(call: Call, row: RegionalCertificate) -> None:
    keep_extras(call, "certificate", row.certificate_id)
    if tags := tags_of_call(call):
        label_certificates(call.actor, [row.certificate_id], add_tags=tags)


@PRODUCT.write(
    "SetServerCertificateName",
    text("ServerCertificateId", required=True),
    text("ServerCertificateName", required=True, high=128),
    codes={"certificate.name-invalid": "400 InvalidParameter"},
)
def set_server_certificate_name(call: Call) -> None:
    """Call a server certificate otherwise in its region."""
    row = _named(call, Kind.SERVER, "ServerCertificateId")
    rename_in_region(call.actor, row, name=call.given["ServerCertificateName"])


@PRODUCT.write(
    "SetCACertificateName",
    text("CACertificateId", required=True),
    text("CACertificateName", required=True, high=128),
    codes={"certificate.name-invalid": "400 InvalidParameter"},
)
def set_ca_certificate_name(call: Call) -> None:
    """Call a CA certificate otherwise in its region."""
    row = _named(call, Kind.CA, "CACertificateId")
    rename_in_region(call.actor, row, name=call.given["CACertificateName"])


@PRODUCT.read("DescribeServerCertificates", GROUP, text("ServerCertificateId"), *tag_fields())
def describe_server_certificates(call: Call) -> Answer:
    """List the server certificates of a region."""
    return {"ServerCertificates": {"ServerCertificate": _listed(call, Kind.SERVER, "ServerCertificateId")}}


@PRODUCT.read("DescribeCACertificates", GROUP, text("CACertificateId"), *tag_fields())
def describe_ca_certificates(call: Call) -> Answer:
    """List the CA certificates of a region."""
    return {"CACertificates": {"CACertificate": _listed(call, Kind.CA, "CACertificateId")}}


@PRODUCT.write(
    "DeleteServerCertificate",
    text("ServerCertificateId", required=True),
    codes={"regional-certificate.in-use": "400 CertificateAndPrivateKeyIsRefered"},
)
def delete_server_certificate(call: Call) -> None:
    """Take a server certificate away from its region; one that was uploaded there is deleted."""
    row = _named(call, Kind.SERVER, "ServerCertificateId")
    if row.certificate.bindings.filter(listener__load_balancer__region=row.region).exclude(domain="").exists():
        raise call.error("CertificateRelatedDomainExtensionExist", f"“{row.certificate}” is on a domain extension.")
    delete_from_region(call.actor, row)


@PRODUCT.write(
    "DeleteCACertificate",
    text("CACertificateId", required=True),
    codes={"regional-certificate.in-use": "400 CertificateAndPrivateKeyIsRefered"},
)
def delete_ca_certificate(call: Call) -> None:
    """Take a CA certificate away from its region; one that was uploaded there is deleted."""
    delete_from_region(call.actor, _named(call, Kind.CA, "CACertificateId"))


def _named(call: Call, kind: Kind, parameter: str) -> RegionalCertificate:
    """Return the certificate that a request names. Raises CloudError, with the kind where that is the wrong one."""
    identifier = call.given[parameter]
    try:
        row = row_of(identifier, region_of(call))
    except NotFoundError as error:
        raise call.error(f"{parameter}.NotFound", str(error), 404) from None
    if row.certificate.kind != kind:
        text_ = f"{identifier} is of the kind “{row.certificate.kind}”, and {parameter} names one of “{kind.value}”."
        raise call.error("CertificateTypeMismatched", text_)
    return row


def _listed(call: Call, kind: Kind, parameter: str) -> list[dict[str, Any]]:
    rows = RegionalCertificate.objects.filter(region=region_of(call), certificate__kind=kind)
    if identifier := call.given.get(parameter):
        rows = rows.filter(pk__in=_pks(identifier, region_of(call)))
    for key, value in tags_of_call(call).items():
        wanted = {"certificate__tags__key": key, **({"certificate__tags__value": value} if value else {})}
        rows = rows.filter(**wanted)
    shown = _shown(call, rows.select_related("certificate__current_version").order_by("pk"))
    group = call.given.get("ResourceGroupId")
    return [each for each in shown if not group or each["ResourceGroupId"] == group]


def _pks(identifier: str, region: str) -> list[int]:
    try:
        return [row_of(identifier, region).pk]
    except NotFoundError:
        return []


def _shown(call: Call, rows: Iterable[RegionalCertificate]) -> list[dict[str, Any]]:
    """Return certificates as the product describes them, by a handful of queries."""
    found = list(rows)
    ids = [row.certificate_id for row in found]
    numbers, extras = rows_for(ids), extras_of("certificate", ids)
    certificates = Certificate.objects.prefetch_related("tags", "current_version__names").select_related(
        "current_version"
    )
    by_id = certificates.in_bulk(ids)
    return [
        _facts(row, by_id[row.certificate_id], numbers[row.certificate_id])
        | {"ResourceGroupId": extras[row.certificate_id].get("ResourceGroupId", "")}
        for row in found
    ]


def _facts(row: RegionalCertificate, certificate: Certificate, number: CertificateNumber) -> dict[str, Any]:
    version = certificate.current_version
    if version is None:
        raise not_found("certificate", row.certificate_id)
    common = {
        "RegionId": row.region,
        "CommonName": version.common_name,
        "Fingerprint": _fingerprint(version.leaf_pem),
        **_times("Create", row.created_at),
        **_times("Expire", version.not_after),
        "Tags": {"Tag": [{"TagKey": tag.key, "TagValue": tag.value} for tag in certificate.tags.all()]},
    }
    called, identifier = row.name or certificate.name, clb_identifier(row, number)
    if certificate.kind == Kind.CA:
        return {"CACertificateId": identifier, "CACertificateName": called, **common}
    names = [name.value for name in version.names.all() if name.kind in {"dns", "ip"}]
    return {
        "ServerCertificateId": identifier,
        "ServerCertificateName": called,
        **common,
        "SubjectAlternativeNames": {"SubjectAlternativeName": names[:MOST_NAMES]},
        "IsAliCloudCertificate": int(not row.is_upload),
        "AliCloudCertificateId": "" if row.is_upload else cert_identifier(number, row.region),
        "AliCloudCertificateName": "" if row.is_upload else certificate.name,
    }


def _fingerprint(pem: str) -> str:
    """Return the SHA-1 of a certificate as this product writes it: pairs of digits with colons between."""
    digest = hashlib.sha1(ssl.PEM_cert_to_DER_cert(pem), usedforsecurity=False).hexdigest()
    return ":".join(digest[at : at + 2] for at in range(0, len(digest), 2))


def _times(what: str, at: datetime) -> dict[str, Any]:
    utc = at.astimezone(UTC)
    return {f"{what}Time": f"{utc:%Y-%m-%dT%H:%M:%SZ}", f"{what}TimeStamp": int(utc.timestamp() * 1000)}
