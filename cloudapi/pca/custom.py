"""Certificates whose content the client spells out, and the certificates of authorities outside."""

from collections.abc import Mapping, Sequence
from typing import Any

from cryptography import x509
from django.utils import timezone

from authorities.building import Life, Profile
from authorities.models import Authority
from authorities.orders import Order
from authorities.selectors import x509_of
from authorities.services import OutsideAuthority, certify_authority
from certificates.services import update_certificate
from certificates.signing_requests import SigningRequest, read_signing_request
from certificates.subjects import Subject
from cloudapi.certificate_rows import OBJECT_TYPE, shown, tags_given
from cloudapi.extras import keep_extras
from cloudapi.identifiers import identifier
from cloudapi.operations import Answer, Call
from cloudapi.pca import finding
from cloudapi.pca.authorities import GROUP, TAGS
from cloudapi.pca.issuing import CLIENT, LONGEST_CSR, LONGEST_NAMES, SERVER, SUBJECT, issue
from cloudapi.pca.product import PCA
from cloudapi.pca.usages import (
    EXTENDED_USAGES,
    EXTENSIONS,
    KEY_USAGES,
    NAME_TYPES,
    extended_usages,
    extension_ids,
    key_usages,
)
from cloudapi.pca.validity import ValidityError, life_written, within
from cloudapi.wire.fields import flag, integer, struct, structs, text, texts

CSR = text("Csr", required=True, high=LONGEST_CSR)
VALIDITY = text("Validity", required=True, high=64)
SUBJECT_FIELDS = tuple(text(name, high=128) for name in SUBJECT)
USAGES = texts("ExtendedKeyUsages", most=50, choices=tuple(EXTENDED_USAGES))
MOST_NAMES = 100
LACKS = "every certificate names its revocation list, whatever EnableCrl says"


@PCA.write(
    "CreateCustomCertificate",
    text("ParentIdentifier", required=True, high=64),
    CSR,
    VALIDITY,
    struct(
        "ApiPassthrough",
        struct(
            "Subject",
            *SUBJECT_FIELDS,
            structs(
                "CustomAttributes",
                text("ObjectIdentifier", required=True, high=100, pattern=r"[0-2](\.[0-9]{1,12})+"),
                text("Value", required=True, high=128),
                most=20,
            ),
        ),
        struct(
            "Extensions",
            struct("KeyUsage", *(flag(name) for name in KEY_USAGES)),
            USAGES,
            structs(
                "SubjectAlternativeNames",
                text("Type", required=True, choices=NAME_TYPES),
                text("Value", required=True, high=LONGEST_NAMES),
                most=MOST_NAMES,
            ),
            texts("Criticals", most=20, choices=tuple(EXTENSIONS)),
        ),
        text("SerialNumber", high=60),
    ),
    integer("Immediately", 0, 2, default=0),
    integer("EnableCrl", 0, 1, default=1),
    text("customIdentifier", high=128, kept=True),
    TAGS,
    GROUP,
    lacks=LACKS,
    codes={"names.invalid": "400 InvalidParameter.ApiPassthrough", "subject.invalid": "400 InvalidParameter.Subject"},
)
def create(call: Call) -> Answer:
    """Issue a certificate for a request, with the extensions that are given."""
    authority = finding.authority_named(call, call.given["ParentIdentifier"])
    request = read_signing_request(call.given["Csr"].encode())
    passed = call.given.get("ApiPassthrough", {})
    profile, names = _profile(call, passed), _names(passed.get("Extensions", {}), request)
    order = Order(
        purpose=_purpose(profile, names),
        names=names,
        subject=_subject(passed.get("Subject", {}), request),
        csr_pem=call.given["Csr"].encode(),
        life=_life(call, authority),
        profile=profile,
    )
    body = issue(call, authority, order)
    if "X509Certificate" in body:
        body["Certificate"] = body.pop("X509Certificate")
    return body


def _profile(call: Call, passed: Mapping[str, Any]) -> Profile:
    extensions = passed.get("Extensions", {})
    return Profile(
        key_usages=_key_usages(call, extensions),
        extended_usages=extended_usages(extensions.get("ExtendedKeyUsages", ())),
        critical=extension_ids(extensions.get("Criticals", ())),
        serial=_serial(call, passed.get("SerialNumber", "")),
        attributes=[_attribute(call, each) for each in passed.get("Subject", {}).get("CustomAttributes", ())],
    )


def _key_usages(call: Call, extensions: Mapping[str, Any]) -> frozenset[str] | None:
    usages = key_usages(extensions.get("KeyUsage"))
    if usages and "key_agreement" not in usages and usages & {"encipher_only", "decipher_only"}:
        raise call.error("InvalidParameter.KeyUsage", "EncipherOnly and DecipherOnly are said of a KeyAgreement.")
    return usages


def _serial(call: Call, text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdecimal()):
        raise call.error("InvalidParameter.SerialNumber", "SerialNumber is a whole number.")
    return int(text)


def _attribute(call: Call, given: Mapping[str, str]) -> x509.NameAttribute[str]:
    try:
        return x509.NameAttribute(x509.ObjectIdentifier(given["ObjectIdentifier"]), given["Value"])
    except (ValueError, TypeError) as error:
        raise call.error(
            "InvalidParameter.CustomAttributes",
            f"{given['Value'][:60]} cannot be {given['ObjectIdentifier']}: {error}.",
        ) from None


def _purpose(profile: Profile, names: Sequence[str]) -> str:
    """Return what the certificate is for: a server where it may serve, or where only its names tell."""
    if profile.extended_usages:
        return SERVER if EXTENDED_USAGES["serverAuth"] in profile.extended_usages else CLIENT
    return SERVER if names and not any("@" in name or "://" in name for name in names) else CLIENT


def _names(extensions: Mapping[str, Any], request: SigningRequest) -> list[str]:
    given = [name["Value"] for name in extensions.get("SubjectAlternativeNames", ())]
    return given or list(request.names)


def _subject(given: Mapping[str, Any], request: SigningRequest) -> Subject:
    parts = {part: getattr(request.subject, part) for part in request.subject.__slots__}
    return Subject(**{**parts, **{SUBJECT[name]: given[name] for name in SUBJECT if given.get(name)}})


def _life(call: Call, authority: Authority) -> Life:
    try:
        life = life_written(call.given["Validity"], timezone.now().replace(microsecond=0))
    except ValidityError as error:
        raise call.error("InvalidParameter.Validity", str(error)) from None
    return within(life, x509_of(authority).not_valid_after_utc)


@PCA.write(
    "CreateExternalCACertificate",
    text("InstanceId", required=True, high=64),
    CSR,
    VALIDITY,
    struct(
        "ApiPassthrough",
        struct("Subject", *SUBJECT_FIELDS),
        struct("Extensions", integer("PathLenConstraint", 0, 10), USAGES),
    ),
    integer("CertMaxTime", 0, kept=True),
    TAGS,
    GROUP,
    lacks="InstanceId names the authority here that signs; CertMaxTime is kept and not enforced",
    codes={"subject.invalid": "400 InvalidParameter.Subject"},
)
def create_outside(call: Call) -> Answer:
    """Sign the certificate of an authority whose key is elsewhere."""
    authority = finding.authority_named(call, call.given["InstanceId"])
    passed = call.given.get("ApiPassthrough", {})
    extensions = passed.get("Extensions", {})
    subject = passed.get("Subject", {})
    new = OutsideAuthority(
        csr_pem=call.given["Csr"].encode(),
        life=_life(call, authority),
        subject=Subject(**{SUBJECT[name]: subject[name] for name in SUBJECT if subject.get(name)}),
        path_length=extensions.get("PathLenConstraint", 0),
        extended_usages=extended_usages(extensions.get("ExtendedKeyUsages", ())),
    )
    certificate = certify_authority(call.actor, authority.pk, new).certificate
    if tags := tags_given(call):
        update_certificate(call.actor, certificate.pk, tags=tags)
    keep_extras(call, OBJECT_TYPE, certificate.pk)
    one = shown(certificate)
    return {
        "Identifier": identifier(one.number),
        "Certificate": one.version.leaf_pem,
        "CertificateChain": one.version.leaf_pem + finding.chain_pem(authority),
    }
