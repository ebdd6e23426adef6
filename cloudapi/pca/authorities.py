"""Authorities: made, certified for others, shown, listed, revoked."""

from typing import Any

from django.utils import timezone

from authorities.addresses import addresses_of
from authorities.models import Authority
from authorities.selectors import authority_by_id, x509_of
from authorities.services import NewAuthority, change_authority, create_authority, revoke_certificate
from certificates.models import Kind
from certificates.services import update_certificate
from certificates.subjects import Subject
from cloudapi import certificate_words as words
from cloudapi.certificate_rows import OBJECT_TYPE, Shown, certificate_named, shown, tags_given
from cloudapi.extras import keep_extras
from cloudapi.identifiers import identifier
from cloudapi.operations import Answer, Call
from cloudapi.pca import algorithms, finding
from cloudapi.pca.describing import (
    authority_of,
    issued_of,
    with_moments,
    years_of,
)
from cloudapi.pca.product import PCA
from cloudapi.pca.usages import EXTENDED_USAGES, extended_usages
from cloudapi.pca.validity import SLACK, ValidityError, later
from cloudapi.wire.fields import Field, flag, integer, structs, text, texts

IDENTIFIER = text("Identifier", required=True, high=64)
GROUP = text("ResourceGroupId", kept=True, high=64)
TAGS = structs("Tags", text("Key", required=True), text("Value"), most=100)
HOURS_OF_DAY = 24
MOST_YEARS = 100
# There is no limit; clients that compute with one get the largest whole number that all of them hold.
NO_LIMIT = 2**31 - 1
SUBJECT = {
    "CommonName": "common_name",
    "OrganizationUnit": "organizational_unit",
    "Organization": "organization",
    "Locality": "locality",
    "State": "state",
    "CountryCode": "country",
}


def _authority_fields(*, is_root: bool) -> tuple[Field, ...]:
    required = [name for name in SUBJECT if name != "CountryCode"]
    return (
        *(text(name, required=True, high=128) for name in required),
        text("CountryCode", high=3),
        text("Algorithm", choices=algorithms.ALGORITHMS, required=not is_root, default="RSA_2048" if is_root else None),
        integer("Years", 1, MOST_YEARS, required=True),
        TAGS,
        GROUP,
    )


@PCA.write(
    "CreateRootCACertificate",
    *_authority_fields(is_root=True),
    lacks=algorithms.LACKS,
    codes={"subject.invalid": "400 InvalidParameter"},
)
def create_root(call: Call) -> Answer:
    """Make a root with a key that stays here; it may have any number of authorities below it."""
    end = _end(call)
    new = NewAuthority(
        subject=_subject(call),
        key_type=_key_type(call, ""),
        days=(end - timezone.now()).days + 1,
        path_length=None,
    )
    return _created(call, create_authority(call.actor, new))


@PCA.write(
    "CreateSubCACertificate",
    text("ParentIdentifier", required=True, high=64),
    *_authority_fields(is_root=False),
    integer("PathLenConstraint", 0, 10, default=0),
    texts("ExtendedKeyUsages", most=100, choices=tuple(EXTENDED_USAGES)),
    flag("EnableCrl", default=True),
    integer("CrlDay", 1, 365),
    integer("CertMaxTime", 0, kept=True),
    lacks=f"{algorithms.LACKS}; every authority publishes a revocation list; CertMaxTime is kept and not enforced",
    codes={"subject.invalid": "400 InvalidParameter"},
)
def create_subordinate(call: Call) -> Answer:
    """Make an authority below one that is here."""
    parent = finding.authority_named(call, call.given["ParentIdentifier"])
    new = NewAuthority(
        subject=_subject(call),
        parent_id=parent.pk,
        key_type=_key_type(call, algorithm_of(parent)),
        days=_days_below(call, parent),
        path_length=call.given["PathLenConstraint"],
        extended_usages=extended_usages(call.given.get("ExtendedKeyUsages", ())),
    )
    authority = create_authority(call.actor, new)
    if days := call.given.get("CrlDay"):
        change_authority(call.actor, authority.pk, crl_hours=days * HOURS_OF_DAY)
    return _created(call, authority)


def algorithm_of(authority: Authority) -> str:
    """Return the service's word for the key of an authority."""
    version = authority.certificate.current_version
    return words.full_algorithm_word(version.key_algorithm, version.key_bits) if version else ""


def _subject(call: Call) -> Subject:
    return Subject(**{ours: call.given.get(theirs, "") for theirs, ours in SUBJECT.items()})


def _key_type(call: Call, parent: str) -> str:
    algorithm = call.given["Algorithm"]
    if reason := algorithms.why_not(algorithm, parent):
        raise call.error("InvalidParameter.Algorithm", reason)
    return algorithms.KEY_TYPES[algorithm]


def _end(call: Call) -> Any:
    try:
        return later(timezone.now(), years=call.given["Years"])
    except ValidityError as error:
        raise call.error("InvalidParameter.Years", str(error)) from None


def _days_below(call: Call, parent: Authority) -> int:
    """Return the days of the years that are asked for; as many as the parent has left, where it is a day less."""
    now, end, last = timezone.now(), _end(call), x509_of(parent).not_valid_after_utc
    return ((last if last < end < last + SLACK else end) - now).days


def _created(call: Call, authority: Authority) -> Answer:
    certificate = authority.certificate
    if tags := tags_given(call):
        update_certificate(call.actor, certificate.pk, tags=tags)
    keep_extras(call, OBJECT_TYPE, certificate.pk)
    one = shown(certificate)
    return {
        "Identifier": identifier(one.number),
        "Certificate": one.version.leaf_pem,
        "CertificateChain": finding.chain_pem(authority),
    }


@PCA.read(
    "DescribeCACertificate",
    text("Identifier", high=64),
    lacks="the number of certificates is not limited: CertTotalCount is the largest that fits",
)
def show(call: Call) -> Answer:
    """Show an authority."""
    if not call.given.get("Identifier"):
        raise call.error("MissingParameter", "The parameter Identifier is missing.")
    one = _authority_certificate(call, call.given["Identifier"])
    years = years_of(one)
    body = {
        **with_moments(one),
        **_publishing(authority_of(one)),
        "IssuerType": _issuer_type(one),
        "FullAlgorithm": words.full_algorithm_word(one.version.key_algorithm, one.version.key_bits),
        "Years": years,
        "ResourceGroupId": one.group,
        "CertMaxTime": one.extras.get("CertMaxTime", 0),
        "KeyIndex": 0,
        "ClusterId": "",
        "Tags": one.tags,
    }
    return {"Certificate": body, "Years": years}


def _publishing(authority: Authority | None) -> dict[str, Any]:
    if authority is None:
        return {}
    issued = authority.issued.count()
    return {
        "CrlStatus": "ENABLED",
        "CrlUrl": addresses_of(authority.pk).crl,
        "CrlDay": max(authority.crl_hours // HOURS_OF_DAY, 1),
        "CertIssuedCount": issued,
        "CertTotalCount": NO_LIMIT,
        "CertRemainingCount": NO_LIMIT - issued,
        "CaCertChain": finding.chain_pem(authority),
    }


def _authority_certificate(call: Call, text: str) -> Shown:
    if text.startswith(finding.AUTHORITY_PREFIX):
        return shown(authority_by_id(text).certificate)
    one = shown(certificate_named(text, Kind.CA))
    if authority_of(one) is None and issued_of(one) is None:
        raise call.error("NotFound", f"{one.certificate.name} is no private authority of this installation.", 404)
    return one


def _issuer_type(one: Shown) -> str:
    return "local" if authority_of(one) else "external"


@PCA.write(
    "UpdateCACertificateStatus",
    IDENTIFIER,
    text("Status", choices=("REVOKE",), default="REVOKE"),
    lacks="a root is not revoked, since nobody stands above it who could tell",
)
def update_status(call: Call) -> None:
    """Revoke an authority, by the one above it; whatever either issued below is refused from then on."""
    one = _authority_certificate(call, call.given["Identifier"])
    issued = issued_of(one)
    if issued is None:
        raise call.error(
            "OperationDenied.StatusNotSupport",
            f"{one.certificate.name} is a root: nobody above it can revoke it. Take it away where it is trusted.",
        )
    revoke_certificate(call.actor, issued.authority_id, issued.serial, reason="unspecified")
