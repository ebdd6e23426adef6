"""Certificates of clients and servers: issued with a key made here, or for a request."""

from collections.abc import Callable
from dataclasses import replace

from django.utils import timezone

from authorities.building import Life
from authorities.models import Authority
from authorities.orders import Order
from authorities.selectors import x509_of
from authorities.services import issue_certificate
from certificates.models import Certificate
from certificates.services import update_certificate
from certificates.signing_requests import SigningRequest, read_signing_request
from certificates.subjects import Subject
from cloudapi import certificate_words as words
from cloudapi.certificate_rows import OBJECT_TYPE, shown, tags_given
from cloudapi.extras import keep_extras
from cloudapi.identifiers import identifier
from cloudapi.operations import Answer, Call
from cloudapi.pca import algorithms, finding
from cloudapi.pca.authorities import GROUP, TAGS, algorithm_of
from cloudapi.pca.product import PCA
from cloudapi.pca.validity import ValidityError, life_given, within
from cloudapi.wire.fields import Field, flag, integer, text

CLIENT, SERVER = "client", "server"
SUBJECT = {
    "CommonName": "common_name",
    "OrganizationUnit": "organizational_unit",
    "Organization": "organization",
    "Locality": "locality",
    "State": "state",
    "Country": "country",
}
EMAIL, URI = 1, 6
LONGEST_CSR = 64_000
LONGEST_NAMES = 8_000
IDENTIFIER_FIELD = "CustomIdentifier"
COMMON_LACKS = "every certificate names its revocation list, whatever EnableCrl says; CustomIdentifier is kept only"
SANS = {"names.invalid": "400 InvalidParameter.SanValue", "names.count": "400 InvalidParameter.SanValue"}
DOMAINS = {"names.invalid": "400 InvalidParameter.Domain", "names.count": "400 InvalidParameter.Domain"}


def _fields(*, needs_algorithm: bool = False, needs_common_name: bool = False) -> tuple[Field, ...]:
    return (
        text("ParentIdentifier", required=True, high=64),
        *(text(name, high=128, required=needs_common_name and name == "CommonName") for name in SUBJECT),
        text("Algorithm", choices=algorithms.ALGORITHMS, required=needs_algorithm),
        *(integer(name, 0, 100_000) for name in ("Years", "Months", "Days")),
        *(integer(name, 0) for name in ("BeforeTime", "AfterTime")),
        integer("Immediately", 0, 2, default=0),
        integer("EnableCrl", 0, 1, default=1),
        flag("AsynchronousFlag", default=False),
        text("AliasName", high=128),
        text(IDENTIFIER_FIELD, high=128, kept=True),
        TAGS,
        GROUP,
    )


CSR = text("Csr", required=True, high=LONGEST_CSR)
SAN_FIELDS = (integer("SanType", 1, 6), text("SanValue", high=LONGEST_NAMES))
DOMAIN = text("Domain", high=LONGEST_NAMES)


@PCA.write("CreateClientCertificate", *_fields(), *SAN_FIELDS, lacks=f"{algorithms.LACKS}; {COMMON_LACKS}", codes=SANS)
def create_client(call: Call) -> Answer:
    """Issue a client certificate whose key stays here."""
    return _issued(call, CLIENT, _client_names(call))


@PCA.write("CreateClientCertificateWithCsr", *_fields(), CSR, *SAN_FIELDS, lacks=COMMON_LACKS, codes=SANS)
def create_client_for_request(call: Call) -> Answer:
    """Issue a client certificate for a request; what is given goes before what the request says."""
    return _issued(call, CLIENT, _client_names(call))


@PCA.write(
    "CreateServerCertificate",
    *_fields(needs_algorithm=True, needs_common_name=True),
    DOMAIN,
    lacks=f"{algorithms.LACKS}; {COMMON_LACKS}",
    codes=DOMAINS,
)
def create_server(call: Call) -> Answer:
    """Issue a server certificate whose key stays here, for the common name and the domains."""
    return _issued(call, SERVER, words.listed(call.given.get("Domain", "")))


@PCA.write("CreateServerCertificateWithCsr", *_fields(), CSR, DOMAIN, lacks=COMMON_LACKS, codes=DOMAINS)
def create_server_for_request(call: Call) -> Answer:
    """Issue a server certificate for a request; what is given goes before what the request says."""
    return _issued(call, SERVER, words.listed(call.given.get("Domain", "")))


def _client_names(call: Call) -> list[str]:
    kind, names = call.given.get("SanType", 0), words.listed(call.given.get("SanValue", ""))
    if not names:
        return []
    if kind not in {EMAIL, URI}:
        raise call.error("InvalidParameter.SanType", "SanType is 1 for email addresses or 6 for URIs.")
    fits: Callable[[str], bool] = (lambda name: "@" in name) if kind == EMAIL else (lambda name: ":" in name)
    if wrong := next((name for name in names if not fits(name)), ""):
        raise call.error("InvalidParameter.SanValue", f"{wrong[:100]} is not of the kind that SanType {kind} names.")
    return names


def _issued(call: Call, purpose: str, names: list[str]) -> Answer:
    authority = finding.authority_named(call, call.given["ParentIdentifier"])
    csr = call.given.get("Csr", "").encode()
    request = read_signing_request(csr) if csr else None
    subject = _subject(call, authority, request)
    order = Order(
        purpose=purpose,
        names=_names(purpose, names, subject, request),
        subject=subject,
        csr_pem=csr,
        key_type=_key_type(call, authority, has_key=request is not None),
        life=_life(call, authority),
    )
    return issue(call, authority, order)


def _names(purpose: str, names: list[str], subject: Subject, request: SigningRequest | None) -> list[str]:
    """Return the names that are given, else those of the request; a server's common name is one of them."""
    found = names or list(request.names if request else ())
    if purpose == SERVER and subject.common_name and not found:
        return [subject.common_name]
    is_host = "." in subject.common_name and " " not in subject.common_name
    return list(dict.fromkeys([subject.common_name, *found])) if purpose == SERVER and is_host else found


def _subject(call: Call, authority: Authority, request: SigningRequest | None) -> Subject:
    """Return what is given, else what the request says, else what the authority's own subject says."""
    parent = x509_of(authority).subject
    inherited = {"organization": "O", "organizational_unit": "OU", "country": "C", "state": "ST", "locality": "L"}
    parts = {attribute.rfc4514_attribute_name: str(attribute.value) for attribute in parent}
    subject = Subject(**{ours: parts.get(theirs, "") for ours, theirs in inherited.items()})
    if request:
        subject = replace(subject, **_stated(request.subject))
    given = {ours: call.given[theirs] for theirs, ours in SUBJECT.items() if call.given.get(theirs)}
    return replace(subject, **given)


def _stated(subject: Subject) -> dict[str, str]:
    return {part: getattr(subject, part) for part in subject.__slots__ if getattr(subject, part)}


def _key_type(call: Call, authority: Authority, *, has_key: bool) -> str:
    """Return the kind of the key to make: of the authority's family, its own kind unless another is given."""
    parent = algorithm_of(authority)
    algorithm = call.given.get("Algorithm") or parent
    if has_key:
        return algorithms.KEY_TYPES["ECC_256"]  # not used: the request has the key
    if reason := algorithms.why_not(algorithm, parent):
        raise call.error("InvalidParameter.Algorithm", reason)
    return algorithms.KEY_TYPES[algorithm]


def _life(call: Call, authority: Authority) -> Life:
    try:
        life = life_given(call.given, timezone.now().replace(microsecond=0))
    except ValidityError as error:
        raise call.error("InvalidParameter.Validity", str(error)) from None
    return within(life, x509_of(authority).not_valid_after_utc)


def issue(call: Call, authority: Authority, order: Order) -> Answer:
    """Issue and store a certificate with what the request says beside it; return the answer."""
    stored = issue_certificate(call.actor, authority.pk, order, name=call.given.get("AliasName", ""))
    if tags := tags_given(call):
        update_certificate(call.actor, stored.certificate.pk, tags=tags)
    keep_extras(call, OBJECT_TYPE, stored.certificate.pk)
    return answer(call, stored.certificate, authority)


def answer(call: Call, certificate: Certificate, authority: Authority, field: str = "X509Certificate") -> Answer:
    """Return the identifier, and with Immediately 1 the certificate, with 2 those above it too."""
    one, immediately = shown(certificate), call.given["Immediately"]
    with_certificate = {field: one.version.leaf_pem} if immediately else {}
    with_chain = {"CertificateChain": finding.chain_pem(authority)} if immediately == 2 else {}  # noqa: PLR2004
    return {
        "Identifier": identifier(one.number),
        "SerialNumber": one.version.serial,
        **with_certificate,
        **with_chain,
    }
