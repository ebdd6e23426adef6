"""Server and client certificates: shown, their status told, their keys given out encrypted, deleted, handed on."""

from typing import Any

from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from access.reauthentication import refuse_without
from authorities.models import IssuedCertificate
from certificates.models import Certificate
from certificates.services import delete_certificate, update_certificate
from certificates.services.exporting import PERMISSION, export_key, refuse_where_switched_off
from cloudapi import certificate_words as words
from cloudapi.certificate_rows import OBJECT_TYPE, Shown, certificate_named, shown, shown_all, tags_given
from cloudapi.extras import keep_extras
from cloudapi.identifiers import cert_id
from cloudapi.operations import Answer, Call
from cloudapi.pca import finding
from cloudapi.pca.authorities import GROUP, IDENTIFIER, TAGS
from cloudapi.pca.describing import REVOKED, common_facts, days_of, status_of, with_moments, years_of
from cloudapi.pca.issuing import IDENTIFIER_FIELD
from cloudapi.pca.product import PCA
from cloudapi.wire.fields import text
from console.errors import NotFoundError

MOST_AT_ONCE = 100
LONGEST_LIST = 8000
LONGEST_CODE = 32
SERIAL = text("SerialNumber", required=True, high=LONGEST_LIST)
KEY_BEGINS = "-----BEGIN ENCRYPTED PRIVATE KEY-----"


@PCA.read("DescribeClientCertificate", IDENTIFIER)
def show(call: Call) -> Answer:
    """Show a server or client certificate."""
    one, issued = finding.leaf_named(call, call.given["Identifier"])
    more = {
        "CertChain": one.version.leaf_pem + finding.chain_pem(issued.authority),
        "FullAlgorithm": words.full_algorithm_word(one.version.key_algorithm, one.version.key_bits),
        "UploadFlag": 1,  # the certificate service has what this one has
        "Tags": one.tags,
    }
    return {"Certificate": {**listed(one), **more}}


def listed(one: Shown) -> dict[str, Any]:
    """Return what lists say of a server or client certificate too."""
    return {
        **with_moments(one),
        "Id": cert_id(one.number),
        "AliasName": one.certificate.name,
        "CustomIdentifier": one.extras.get(IDENTIFIER_FIELD) or one.extras.get("customIdentifier", ""),
        "Days": days_of(one),
        "ResourceGroupId": one.group,
    }


@PCA.read("DescribeClientCertificateForSerialNumber", SERIAL)
def show_by_serial(call: Call) -> Answer:
    """Show the server and client certificates with the serial numbers."""
    issued = finding.with_serials(_several(call, "SerialNumber"))
    ids = [row.version.certificate_id for row in issued if row.version]
    return {"CertificateList": [_dated(one) for one in shown_all(finding.leaves().filter(pk__in=ids))]}


def _dated(one: Shown) -> dict[str, Any]:
    return {
        **common_facts(one),
        "X509Certificate": one.version.leaf_pem,
        "BeforeDate": words.day(one.x509.not_valid_before_utc),
        "AfterDate": words.day(one.x509.not_valid_after_utc),
        "Years": years_of(one),
    }


@PCA.read("DescribeClientCertificateStatus", text("Identifier", required=True, high=LONGEST_LIST))
def show_status(call: Call) -> Answer:
    """Tell whether certificates are good or revoked; unknown is what no authority here issued."""
    return {"CertificateStatus": [_status_of_identifier(call, each) for each in _several(call, "Identifier")]}


def _status_of_identifier(call: Call, identifier: str) -> dict[str, Any]:
    try:
        one = shown(certificate_named(identifier))
    except NotFoundError:
        return {"SerialNumber": "", "Status": "unknown"}
    issued = getattr(one.version, "issued", None)
    return _status(issued) if issued else {"SerialNumber": one.version.serial, "Status": "unknown"}


@PCA.read("DescribeClientCertificateStatusForSerialNumber", SERIAL)
def show_status_by_serial(call: Call) -> Answer:
    """Tell the same by serial number; what was deleted is known still."""
    serials = _several(call, "SerialNumber")
    found = list(finding.with_serials(serials))
    known = {row.serial for row in found}
    unknown = [serial for serial in serials if serial.replace(":", "").lower().lstrip("0") not in known]
    return {
        "CertificateStatus": [
            *(_status(row) for row in found),
            *({"SerialNumber": serial, "Status": "unknown"} for serial in unknown),
        ]
    }


def _status(issued: IssuedCertificate) -> dict[str, Any]:
    if issued.revoked_at is None:
        return {"SerialNumber": issued.serial, "Status": "good"}
    return {
        "SerialNumber": issued.serial,
        "Status": "revoked",
        "RevokeTime": words.milliseconds(issued.revoked_at),
    }


def _several(call: Call, name: str) -> list[str]:
    parts = words.listed(call.given[name])
    if not 0 < len(parts) <= MOST_AT_ONCE:
        raise call.error(f"InvalidParameter.{name}", f"{name} has 1 to {MOST_AT_ONCE} values with commas between them.")
    return parts


@PCA.write(
    "DescribeCertificatePrivateKey",
    IDENTIFIER,
    text("EncryptedCode", required=True, high=LONGEST_CODE),
    text("ResourceGroupId", high=64),
    lacks="the user needs the permission to export keys, and EncryptedCode at least 12 characters",
)
@sensitive_variables()
def show_key(call: Call) -> Answer:
    """Give out a private key, encrypted with the code (PKCS #8), on record."""
    refuse_where_switched_off()
    refuse_without(call.key.user, PERMISSION)
    one, _issued = finding.leaf_named(call, call.given["Identifier"])
    file = export_key(call.actor, one.certificate.pk, form="pem", passphrase=call.given["EncryptedCode"])
    pem = file.content.decode()
    return {"EncryptedData": pem[pem.index(KEY_BEGINS) :]}


@PCA.write("DeleteClientCertificate", IDENTIFIER)
def delete(call: Call) -> None:
    """Delete a revoked certificate; its revocation list goes on naming it."""
    one, _issued = finding.leaf_named(call, call.given["Identifier"])
    if status_of(one) != REVOKED:
        raise call.error("OperationDenied.StatusNotSupport", f"{one.certificate.name} is not revoked; revoke it first.")
    if one.certificate.versions.count() > 1:
        raise call.error(
            "OperationDenied.StatusNotSupport",
            f"{one.certificate.name} has earlier versions, which would be deleted with it; delete it on its page.",
        )
    delete_certificate(call.actor, one.certificate.pk)


@PCA.write("UpdatePcaCertificate", text("Identifier", required=True, high=64), text("AliasName", high=128), TAGS, GROUP)
def update(call: Call) -> None:
    """Give a certificate another name, tags and a resource group; what is not given stays."""
    certificate = certificate_named(call.given["Identifier"])
    tags = tags_given(call) if "Tags" in call.given else None
    update_certificate(call.actor, certificate.pk, name=call.given.get("AliasName") or None, tags=tags)
    keep_extras(call, OBJECT_TYPE, certificate.pk)


@PCA.write(
    "UploadPcaCertToCas",
    text("Ids", required=True, high=LONGEST_LIST),
    lacks="ListUserCertificateOrder shows certificates of servers alone, since listeners serve no others",
)
def hand_on(call: Call) -> None:
    """See that the certificate service has the certificates: both services are of one repository."""
    for identifier in _several(call, "Ids"):
        _refuse_unusable(call, certificate_named(identifier))


def _refuse_unusable(call: Call, certificate: Certificate) -> None:
    if certificate.kind not in finding.LEAVES:
        message = _("“%(name)s” is a CA certificate; listeners take it as it is.") % {"name": certificate.name}
        raise call.error("InvalidParameter.Ids", message)
