"""Certificate signing requests: made here or elsewhere, listed, given their keys, deleted."""

from collections.abc import Collection
from typing import Any

from cryptography import x509
from cryptography.x509.oid import NameOID
from django.db.models import Q, QuerySet
from django.views.decorators.debug import sensitive_variables

from certificates.key_types import KeyType
from certificates.models import CertificateRequest, RequestKey, SealedKey
from certificates.services import requests as services
from certificates.subjects import Subject
from certificates.waiting import request_by_id, requests
from cloudapi import certificate_words as words
from cloudapi.cas.keys import request_key
from cloudapi.cas.product import CAS
from cloudapi.numbered_pages import page_of, paging
from cloudapi.numbers import number_of, numbers_of, object_with
from cloudapi.operations import Answer, Call
from cloudapi.wire.fields import integer, text

OBJECT_TYPE = "certificate_request"
CSR_ID = integer("CsrId", 1, required=True)
KEY_TYPES = {
    ("RSA", 2048): KeyType.RSA_2048,
    ("RSA", 3072): KeyType.RSA_3072,
    ("RSA", 4096): KeyType.RSA_4096,
    ("ECC", 256): KeyType.P256,
    ("ECC", 384): KeyType.P384,
}
LONGEST_NAME = 50


@CAS.write(
    "CreateCsr",
    text("Algorithm", choices=("RSA", "ECC", "SM2")),
    integer("KeySize", required=True),
    text("CommonName", required=True, high=64),
    text("Sans", high=4000),
    text("CountryCode", required=True),
    text("Province", required=True),
    text("Locality", required=True),
    text("CorpName"),
    text("Name", high=LONGEST_NAME),
    text("Department"),
    lacks="no requests of SM2",
    codes={"names.invalid": "400 InvalidParameter.Sans", "subject.invalid": "400 InvalidParameter"},
)
def create(call: Call) -> Answer:
    """Make a key, which stays here, and a request for it."""
    names = [call.given["CommonName"], *words.listed(call.given.get("Sans", ""))]
    new = services.NewRequest(
        names=list(dict.fromkeys(names)),
        subject=_subject(call),
        name=call.given.get("Name", ""),
        key_type=_key_type(call),
    )
    row = services.create_request(call.actor, new)
    return {"CsrId": number_of(OBJECT_TYPE, row.pk), "Csr": row.csr_pem}


def _subject(call: Call) -> Subject:
    return Subject(
        common_name=call.given["CommonName"],
        organization=call.given.get("CorpName", ""),
        organizational_unit=call.given.get("Department", ""),
        country=call.given["CountryCode"],
        state=call.given["Province"],
        locality=call.given["Locality"],
    )


def _key_type(call: Call) -> str:
    size = call.given["KeySize"]
    algorithm = call.given.get("Algorithm") or ("RSA" if size >= min(bits for _name, bits in KEY_TYPES) * 4 else "ECC")
    if (algorithm, size) not in KEY_TYPES:
        offered = ", ".join(f"{name} {bits}" for name, bits in KEY_TYPES)
        raise call.error(
            "InvalidParameter.KeySize", f"Keys of {algorithm} with {size} bits are not made here; {offered} are."
        )
    return KEY_TYPES[algorithm, size]


@CAS.write("UploadCsr", text("Name", high=LONGEST_NAME), text("Csr", required=True), text("Key"))
@sensitive_variables()
def upload(call: Call) -> Answer:
    """Keep a request that was made elsewhere, with its key where that comes along."""
    key = call.given.get("Key", "").encode()
    row = services.upload_request(
        call.actor, call.given["Csr"].encode(), name=call.given.get("Name", ""), private_key_pem=key
    )
    return {"CsrId": number_of(OBJECT_TYPE, row.pk)}


@CAS.read(
    "GetCsrDetail",
    CSR_ID,
    lacks="PrivateKey stays empty unless LBADMIN_CLOUD_KEYS is on and the user may export keys",
)
@sensitive_variables()
def show(call: Call) -> Answer:
    """Show a request; with its key where the installation lets keys out so."""
    row = _named(call)
    return {"Csr": row.csr_pem, "PrivateKey": request_key(call, row)}


@CAS.write("UpdateCsr", CSR_ID, text("Key", required=True))
@sensitive_variables()
def update(call: Call) -> None:
    """Keep the key of a request that came without it."""
    services.give_request_key(call.actor, _named(call).pk, private_key_pem=call.given["Key"].encode())


@CAS.write("DeleteCsr", CSR_ID)
def delete(call: Call) -> None:
    """Delete a request and its key."""
    services.delete_request(call.actor, _named(call).pk)


@CAS.read("ListCsr", text("KeyWord", high=300), text("Algorithm", choices=("RSA", "ECC", "SM2")), *paging(50))
def list_csrs(call: Call) -> Answer:
    """List requests, newest first."""
    page, facts = page_of(call, _wanted(call))
    numbers = numbers_of(OBJECT_TYPE, [row.pk for row in page])
    with_key = _with_key(page)
    return {**facts, "CsrList": [_listed(row, numbers[row.pk], with_key) for row in page]}


def _named(call: Call) -> CertificateRequest:
    return request_by_id(object_with(OBJECT_TYPE, call.given["CsrId"]))


def _wanted(call: Call) -> QuerySet[CertificateRequest]:
    found = requests()
    if keyword := call.given.get("KeyWord", ""):
        found = found.filter(Q(name__icontains=keyword) | Q(subject__icontains=keyword))
    if algorithm := call.given.get("Algorithm"):
        ours = [ours for ours, word in words.ALGORITHMS.items() if word == algorithm]
        found = found.filter(key_algorithm__in=ours)
    return found


def _with_key(page: Collection[CertificateRequest]) -> set[str]:
    """Return the public keys of those whose private key is here: of the request, or of what came of it."""
    keys = [row.spki_sha256 for row in page]
    waiting = RequestKey.objects.filter(request__spki_sha256__in=keys).values_list("request__spki_sha256", flat=True)
    stored = SealedKey.objects.filter(version__spki_sha256__in=keys).values_list("version__spki_sha256", flat=True)
    return {*waiting, *stored}


def _listed(row: CertificateRequest, number: int, with_key: Collection[str]) -> dict[str, Any]:
    subject = x509.load_pem_x509_csr(row.csr_pem.encode()).subject
    return {
        "CsrId": number,
        "Name": row.name,
        "Algorithm": words.algorithm_word(row.key_algorithm),
        "KeySize": row.key_bits,
        "KeySha2": row.spki_sha256,
        "CommonName": words.subject_part(subject, NameOID.COMMON_NAME),
        "Sans": words.joined(str(name["value"]) for name in row.names),
        "CountryCode": words.subject_part(subject, NameOID.COUNTRY_NAME),
        "Province": words.subject_part(subject, NameOID.STATE_OR_PROVINCE_NAME),
        "Locality": words.subject_part(subject, NameOID.LOCALITY_NAME),
        "CorpName": words.subject_part(subject, NameOID.ORGANIZATION_NAME),
        "Department": words.subject_part(subject, NameOID.ORGANIZATIONAL_UNIT_NAME),
        "HasPrivateKey": row.spki_sha256 in with_key,
    }
