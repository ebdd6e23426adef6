"""Repositories of certificates: servers' certificates, private authorities, and collections of CA certificates."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet

from authorities.models import Repository
from certificates.models import Certificate, Kind, SealedKey
from certificates.services import delete_certificate
from cloudapi import certificate_words as words
from cloudapi.cas.product import CAS
from cloudapi.certificate_rows import RELATED, Shown, certificate_named, shown_all
from cloudapi.identifiers import certificate_ids, identifier
from cloudapi.numbered_pages import page_of, paging, slice_of
from cloudapi.numbers import numbers_of, object_with
from cloudapi.operations import Answer, Call
from cloudapi.wire.fields import integer, text

OBJECT_TYPE = "warehouse"
SERVERS, AUTHORITIES = "ssl", "authorities"
TYPES = ("ssl", "free", "aliyunPCA", "uploadPCA", "uploadCA", "disable")
# There is no limit; clients that compute with one get the largest whole number that all of them hold.
NO_LIMIT = 2**31 - 1
QPS = 100
# What was issued by an authority of this installation, or is one.
ISSUED_HERE = Q(current_version__issued__isnull=False) | Q(authority__isnull=False)


@dataclass(frozen=True, slots=True)
class Warehouse:
    """A repository: ``key`` is ours, ``kind`` the service's word."""

    key: str
    name: str
    kind: str

    @property
    def instance_id(self) -> str:
        """The text by which clients name the repository."""
        return f"cas-wh-{self.key}"


def warehouses() -> list[Warehouse]:
    """Return every repository, those that are always there first."""
    named = [Warehouse(row.pk, row.name, "uploadPCA") for row in Repository.objects.all()]
    return [
        Warehouse(SERVERS, "Server certificates", "ssl"),
        Warehouse(AUTHORITIES, "Private authorities", "aliyunPCA"),
        *named,
    ]


@CAS.read(
    "GetCertWarehouseQuota", lacks="the number of certificates is not limited: TotalQuota is the largest that fits"
)
def show_quota(call: Call) -> Answer:
    """Tell how many certificates there are."""
    return {"TotalQuota": NO_LIMIT, "UseCount": Certificate.objects.filter(current_version__isnull=False).count()}


@CAS.read(
    "ListCertWarehouse",
    text("Name", high=128),
    text("InstanceId", high=64),
    text("Type", choices=TYPES),
    *paging(50),
)
def list_warehouses(call: Call) -> Answer:
    """List the repositories."""
    page, facts = slice_of(call, [each for each in warehouses() if _is_wanted(call, each)])
    numbers = numbers_of(OBJECT_TYPE, [each.key for each in page])
    return {**facts, "CertWarehouseList": [_listed(each, numbers[each.key]) for each in page]}


def _is_wanted(call: Call, warehouse: Warehouse) -> bool:
    name, instance, kind = (call.given.get(field, "") for field in ("Name", "InstanceId", "Type"))
    return (
        name.casefold() in warehouse.name.casefold()
        and instance in {"", warehouse.instance_id}
        and kind in {"", warehouse.kind}
    )


def _listed(warehouse: Warehouse, number: int) -> dict[str, Any]:
    is_private = warehouse.kind == "aliyunPCA"
    return {
        "WhId": number,
        "InstanceId": warehouse.instance_id,
        "Name": warehouse.name,
        "PcaInstanceId": warehouse.instance_id if is_private else "",
        "Qps": QPS,
        "Type": warehouse.kind,
        "IsExpired": False,
    }


@CAS.read(
    "ListCert",
    text("KeyWord", high=300),
    text("Identifiers", high=4000),
    integer("WarehouseId", 1),
    text("Status", choices=("ISSUE", "REVOKE")),
    text("SourceType", choices=("upload", "aliyun")),
    text("CertType", choices=("CA", "CERT")),
    *paging(50),
)
def list_certificates(call: Call) -> Answer:
    """List the certificates of all repositories, or of one."""
    page, facts = page_of(call, _wanted(call))
    return {**facts, "CertList": _certificates(shown_all(page))}


def _wanted(call: Call) -> QuerySet[Certificate]:
    found = Certificate.objects.filter(current_version__isnull=False)
    found = found.filter(*_conditions(call)).order_by("not_after", "id")
    return found.select_related(*RELATED).prefetch_related("current_version__names", "repositories")


def _conditions(call: Call) -> list[Q]:
    given = call.given
    conditions: dict[str, Callable[[Any], Q]] = {
        "KeyWord": lambda text: Q(search_text__contains=text.lower()),
        "Identifiers": lambda text: Q(pk__in=certificate_ids(words.listed(text)).values()),
        "WarehouseId": _in_warehouse,
        "Status": lambda status: _revoked() if status == "REVOKE" else ~_revoked(),
        "SourceType": lambda source: ISSUED_HERE if source == "aliyun" else ~ISSUED_HERE,
        "CertType": lambda kind: Q(kind=Kind.CA) if kind == "CA" else ~Q(kind=Kind.CA),
    }
    return [condition(given[name]) for name, condition in conditions.items() if given.get(name)]


def _revoked() -> Q:
    return Q(current_version__issued__revoked_at__isnull=False)


def _in_warehouse(number: int) -> Q:
    key = object_with(OBJECT_TYPE, number)
    if key == SERVERS:
        return Q(kind=Kind.SERVER)
    return ISSUED_HERE if key == AUTHORITIES else Q(repositories__in=[key] if key else [])


def _certificates(page: Sequence[Shown]) -> list[dict[str, Any]]:
    keys = [_warehouse_of(one) for one in page]
    numbers = numbers_of(OBJECT_TYPE, keys)
    with_key = set(
        SealedKey.objects.filter(version__in=[one.version.pk for one in page]).values_list("version_id", flat=True)
    )
    return [
        {**_certificate(one), **_place(key, numbers[key]), "ExistPrivateKey": one.version.pk in with_key}
        for one, key in zip(page, keys, strict=True)
    ]


def _place(key: str, number: int) -> dict[str, Any]:
    return {"WhId": number, "WhInstanceId": Warehouse(key, "", "").instance_id}


def _warehouse_of(one: Shown) -> str:
    """Return the repository that a certificate is named with; it may be in several."""
    if one.certificate.kind == Kind.SERVER:
        return SERVERS
    if _is_issued_here(one):
        return AUTHORITIES
    found = list(one.certificate.repositories.all())
    return found[0].pk if found else SERVERS


def _is_issued_here(one: Shown) -> bool:
    return hasattr(one.version, "issued") or hasattr(one.certificate, "authority")


def _certificate(one: Shown) -> dict[str, Any]:
    issued = getattr(one.version, "issued", None)
    return {
        "Identifier": identifier(one.number),
        "Status": "REVOKE" if issued and issued.revoked_at else "ISSUE",
        "SourceType": "aliyun" if _is_issued_here(one) else "upload",
        "CertType": "CA" if one.certificate.kind == Kind.CA else "CERT",
        "CommonName": one.version.common_name,
        "Issuer": words.issuer_word(one.x509),
        "SerialNo": one.version.serial,
        "Sans": words.joined(one.names),
        "Algorithm": words.algorithm_word(one.version.key_algorithm),
        "SignAlgorithm": words.signature_word(one.x509),
        "BeforeDate": words.milliseconds(one.x509.not_valid_before_utc),
        "AfterDate": words.milliseconds(one.x509.not_valid_after_utc),
    }


@CAS.write("DeletePCACert", text("Identifier", required=True, high=64))
def delete(call: Call) -> None:
    """Delete a certificate from the repository; one that is used, or is an authority's own, stays."""
    delete_certificate(call.actor, certificate_named(call.given["Identifier"]).pk)
