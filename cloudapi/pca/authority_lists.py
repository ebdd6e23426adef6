"""Lists of authorities."""

from typing import Any

from cryptography.x509.oid import NameOID
from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils import timezone

from certificates.models import Certificate
from cloudapi import certificate_words as words
from cloudapi.certificate_rows import Shown, shown_all
from cloudapi.identifiers import certificate_id, identifier
from cloudapi.numbered_pages import behind_token, page_of, paging, with_page_count
from cloudapi.operations import Answer, Call
from cloudapi.pca import finding
from cloudapi.pca.describing import authority_of, parent_of, status_of, with_moments, years_of
from cloudapi.pca.product import PCA
from cloudapi.wire.fields import integer, text


@PCA.read("DescribeCACertificateCount")
def count(call: Call) -> Answer:
    """Count the authorities."""
    return {"TotalCount": finding.authorities().count()}


@PCA.read(
    "DescribeCACertificateList",
    *paging(20),
    text("Identifier", high=64),
    text("CertType", choices=("root", "subRoot", "externalCa")),
    text("CaStatus", choices=("issue", "forbidden", "revoke")),
    text("ValidStatus", choices=("valid", "notValid")),
    text("IssuerType", choices=("local", "iTrusChina", "external")),
    text("ResourceGroupId", high=64),
)
def list_authorities(call: Call) -> Answer:
    """List the authorities, oldest first; those outside where they are asked for."""
    page, facts = page_of(call, _wanted(call))
    return {**with_page_count(facts), "CertificateList": [_listed(one) for one in shown_all(page)]}


def _wanted(call: Call) -> QuerySet[Certificate]:
    given = call.given
    is_outside = "external" in {given.get("IssuerType"), given.get("CertType", "")[:8]}
    found = finding.authorities_with_outside() if is_outside else finding.authorities()
    found = finding.in_group(found, given.get("ResourceGroupId", ""))
    return found.filter(*(condition for name, condition in _conditions(call).items() if name in given))


def _conditions(call: Call) -> dict[str, Q]:
    given, revoked = call.given, Q(current_version__issued__revoked_at__isnull=False)
    is_below = Q(authority__parent__isnull=False)
    types = {"root": ~is_below & Q(authority__isnull=False), "subRoot": is_below, "externalCa": Q(authority=None)}
    states = {"issue": ~revoked, "revoke": revoked}
    issuers = {"local": Q(authority__isnull=False), "external": Q(authority=None)}
    none, is_valid = Q(pk__in=()), Q(not_after__gt=timezone.now())
    return {
        "Identifier": Q(pk=certificate_id(given.get("Identifier", ""))),
        "CertType": types.get(given.get("CertType", ""), none),
        "CaStatus": states.get(given.get("CaStatus", ""), none),
        "ValidStatus": is_valid if given.get("ValidStatus") == "valid" else ~is_valid,
        "IssuerType": issuers.get(given.get("IssuerType", ""), none),
    }


def _listed(one: Shown) -> dict[str, Any]:
    return {
        **with_moments(one),
        "Years": years_of(one),
        "Alias": one.certificate.name,
        "Trial": 0,
        "Gift": 0,
        "ResourceGroupId": one.group,
    }


@PCA.read(
    "DescribePcaAndExternalCACertificateList",
    *paging(20),
    text("Identifiers", high=4000),
    text("KeyWord", high=300),
)
def list_with_outside(call: Call) -> Answer:
    """List the authorities, and those outside that were certified here."""
    found = finding.authorities_with_outside()
    if identifiers := words.listed(call.given.get("Identifiers", "")):
        found = found.filter(pk__in=[certificate_id(each) for each in identifiers])
    if keyword := call.given.get("KeyWord", ""):
        found = found.filter(search_text__contains=keyword.lower())
    page, facts = page_of(call, found)
    listed = [{**with_moments(one), "Years": years_of(one)} for one in shown_all(page)]
    return {**with_page_count(facts), "CertificateList": listed}


@PCA.read("ListPcaCaCertificate", text("NextToken", high=32), integer("MaxResults", 1, 1000, default=50))
def list_identifiers(call: Call) -> Answer:
    """List the authorities by their identifiers alone."""
    first, size = behind_token(call), call.given["MaxResults"]
    found = finding.authorities()
    page = list(found[first : first + size + 1])
    more = {"NextToken": str(first + size)} if len(page) > size else {}
    listed = [_identified(one) for one in shown_all(page[:size])]
    return {"List": listed, "TotalCount": found.count(), "MaxResults": size, **more}


def _identified(one: Shown) -> dict[str, Any]:
    authority = authority_of(one)
    return {
        "CertIdentifier": identifier(one.number),
        "Status": status_of(one),
        "CommonName": words.subject_part(one.x509.subject, NameOID.COMMON_NAME),
        "IssuerIdentifier": parent_of(one),
        "PrivateCaInstanceId": authority.pk if authority else "",
        "PrivateCaRegionId": settings.REGION,
        "UserId": "1",
    }
