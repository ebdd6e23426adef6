"""Certificates of servers: uploaded, shown, listed, deleted."""

import datetime as dt
from typing import Any

from cryptography import x509
from cryptography.x509.oid import NameOID
from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from certificates.finding import EXPIRING_DAYS, Criteria, find_certificates
from certificates.models import Certificate, Kind
from certificates.selectors import full_chain_pem
from certificates.services import delete_certificate, import_certificate, update_certificate
from cloudapi import certificate_words as words
from cloudapi.cas.keys import certificate_key
from cloudapi.cas.product import CAS
from cloudapi.certificate_rows import OBJECT_TYPE, RELATED, Shown, certificate_named, shown, shown_all, tags_given
from cloudapi.extras import keep_extras
from cloudapi.identifiers import cert_id, cert_identifier, resource_id, rows_for
from cloudapi.models import CloudExtra
from cloudapi.numbered_pages import page_of, paging
from cloudapi.operations import Answer, Call
from cloudapi.wire.fields import flag, structs, text
from console.errors import DomainError

# Any identifier of a certificate is taken, so it is no whole number to us.
CERT_ID = text("CertId", required=True, high=64)
TAGS = structs("Tags", text("Key", required=True), text("Value"), most=100)
GROUP = text("ResourceGroupId", kept=True, high=64)
# What an upload of SM2 has, which nothing here serves.
SM2_FIELDS = ("EncryptCert", "EncryptPrivateKey", "SignCert", "SignPrivateKey")
# Which certificates a status finds; the services call what ends within 30 days about to expire.
STATES = {"ISSUED": "ok", "WILLEXPIRED": "expiring", "EXPIRED": "expired"}
ORDER_STATUSES = ("PAYED", "CHECKING", "CHECKED_FAIL", "NOTACTIVATED", "REVOKED")


@CAS.write(
    "UploadUserCertificate",
    text("Name", required=True, high=64),
    *(text(name) for name in ("Cert", "Key", *SM2_FIELDS)),
    TAGS,
    GROUP,
    lacks="pairs of SM2 certificates are refused; a certificate has at most 20 tags",
)
@sensitive_variables()
def upload(call: Call) -> Answer:
    """Store a server certificate with its key; without a key, a CA certificate."""
    if not call.given.get("Cert"):
        raise _without_certificate(call)
    certificate = _imported(call)
    if tags := tags_given(call):
        update_certificate(call.actor, certificate.pk, tags=tags)
    keep_extras(call, OBJECT_TYPE, certificate.pk)
    row = rows_for([certificate.pk])[certificate.pk]
    return {"CertId": cert_id(row), "ResourceId": resource_id(row)}


@sensitive_variables()
def _imported(call: Call) -> Certificate:
    name, pem, key = call.given["Name"], call.given["Cert"].encode(), call.given.get("Key", "").encode()
    try:
        return import_certificate(
            call.actor, kind=Kind.SERVER, name=name, certificate_pem=pem, private_key_pem=key or None
        ).certificate
    except DomainError as error:
        if error.code != "certificate.is-ca" or key:
            raise
    return import_certificate(call.actor, kind=Kind.CA, name=name, certificate_pem=pem).certificate


def _without_certificate(call: Call) -> Exception:
    if any(call.given.get(name) for name in SM2_FIELDS):
        return call.error("OperationDenied.SM2NotSupport", "Pairs of SM2 certificates are not served here.")
    return call.error("MissingParameter", "The parameter Cert is missing.")


@CAS.read(
    "GetUserCertificateDetail",
    CERT_ID,
    flag("CertFilter", default=False),
    lacks="Key stays empty unless LBADMIN_CLOUD_KEYS is on and the user may export keys; nothing is of SM2",
)
@sensitive_variables()
def show(call: Call) -> Answer:
    """Show a certificate with its chain; with its key where the installation lets keys out so."""
    one = shown(certificate_named(call.given["CertId"]))
    return {**_facts(one), **_detail(one), **({} if call.given["CertFilter"] else _material(call, one))}


def _facts(one: Shown) -> dict[str, Any]:
    """Return what both the details and the list say of a certificate."""
    subject, ends = one.x509.subject, one.x509.not_valid_after_utc
    return {
        "Name": one.certificate.name,
        "Fingerprint": words.sha1(one.x509),
        "Sha2": one.version.sha256.upper(),
        "SerialNo": one.version.serial,
        "Issuer": words.issuer_word(one.x509),
        "OrgName": words.subject_part(subject, NameOID.ORGANIZATION_NAME),
        "Province": words.subject_part(subject, NameOID.STATE_OR_PROVINCE_NAME),
        "City": words.subject_part(subject, NameOID.LOCALITY_NAME),
        "Country": words.subject_part(subject, NameOID.COUNTRY_NAME),
        "Sans": words.joined(one.names),
        "StartDate": words.day(one.x509.not_valid_before_utc),
        "EndDate": words.day(ends),
        "Expired": ends <= timezone.now(),
        "InstanceId": resource_id(one.number),
        "ResourceGroupId": one.group,
    }


def _detail(one: Shown) -> dict[str, Any]:
    return {
        "Id": cert_id(one.number),
        "CertIdentifier": cert_identifier(one.number, settings.REGION),
        "Common": one.label,
        "Algorithm": words.algorithm_word(one.version.key_algorithm),
        "CertSha2": one.version.sha256.upper(),
        "BuyInAliyun": False,
        "OrderId": 0,
        "NotBefore": words.milliseconds(one.x509.not_valid_before_utc),
        "NotAfter": words.milliseconds(one.x509.not_valid_after_utc),
        "CertChain": [_link(each) for each in _chain(one)],
        "Tags": one.tags,
    }


def _chain(one: Shown) -> list[x509.Certificate]:
    return x509.load_pem_x509_certificates(full_chain_pem(one.version).encode())


def _link(certificate: x509.Certificate) -> dict[str, Any]:
    ends = certificate.not_valid_after_utc
    return {
        "CommonName": words.subject_part(certificate.subject, NameOID.COMMON_NAME),
        "IssuerCommonName": words.subject_part(certificate.issuer, NameOID.COMMON_NAME),
        "NotBefore": words.milliseconds(certificate.not_valid_before_utc),
        "NotAfter": words.milliseconds(ends),
        "RemainDay": max((ends - timezone.now()).days, 0),
    }


def _material(call: Call, one: Shown) -> dict[str, str]:
    return {"Cert": full_chain_pem(one.version), "Key": certificate_key(call, one.certificate)}


@CAS.read(
    "ListUserCertificateOrder",
    text("OrderType", choices=("CPACK", "BUY", "UPLOAD", "CERT"), default="CPACK"),
    text("Status", choices=(*STATES, *ORDER_STATUSES)),
    text("Keyword", high=300),
    *paging(50),
    text("ResourceGroupId", high=64),
    lacks="nothing is bought here, so the order types CPACK and BUY are empty lists",
)
def list_orders(call: Call) -> Answer:
    """List certificates of servers, soonest end first."""
    page, facts = page_of(call, _wanted(call))
    return {**facts, "CertificateOrderList": [_listed(one) for one in shown_all(page)]}


def _wanted(call: Call) -> QuerySet[Certificate]:
    kind, status = call.given["OrderType"], call.given.get("Status", "")
    if kind in {"CPACK", "BUY"} or status in ORDER_STATUSES:
        return Certificate.objects.none()
    criteria = Criteria(query=call.given.get("Keyword", ""), kind=Kind.SERVER, state=STATES.get(status, ""))
    # The lists of pages leave out what is long; here the whole certificate is read.
    found = find_certificates(criteria, timezone.now()).defer(None).select_related(*RELATED)
    if not status:
        found = found.filter(not_after__gt=timezone.now())
    if group := call.given.get("ResourceGroupId"):
        found = found.filter(pk__in=_in_group(group))
    return found.filter(current_version__issued=None) if kind == "UPLOAD" else found


def _in_group(group: str) -> list[str]:
    rows = CloudExtra.objects.filter(object_type=OBJECT_TYPE, values__ResourceGroupId=group)
    return list(rows.values_list("object_id", flat=True))


def _listed(one: Shown) -> dict[str, Any]:
    return {
        **_facts(one),
        "CertificateId": cert_id(one.number),
        "CommonName": one.label,
        "Upload": getattr(one.version, "issued", None) is None,
        "Status": _status(one.x509.not_valid_after_utc),
    }


def _status(ends: dt.datetime) -> str:
    now = timezone.now()
    if ends <= now:
        return "EXPIRED"
    return "WILLEXPIRED" if ends <= now + dt.timedelta(days=EXPIRING_DAYS) else "ISSUED"


@CAS.write("DeleteUserCertificate", CERT_ID)
def delete(call: Call) -> None:
    """Delete a certificate that nothing uses."""
    delete_certificate(call.actor, certificate_named(call.given["CertId"]).pk)
