"""Lists of server and client certificates."""

import datetime as dt
from typing import Any

from django.conf import settings
from django.db.models import Q, QuerySet

from certificates.models import Certificate, SealedKey
from certificates.services.exporting import PERMISSION
from cloudapi import certificate_words as words
from cloudapi.certificate_rows import Shown, shown_all
from cloudapi.identifiers import certificate_id
from cloudapi.numbered_pages import behind_token, page_of, paging, with_page_count
from cloudapi.operations import Answer, Call
from cloudapi.pca import finding
from cloudapi.pca.describing import common_facts
from cloudapi.pca.leaves import listed
from cloudapi.pca.product import PCA
from cloudapi.wire.fields import integer, text

MOST_RESULTS = 1000
DAY_PATTERN = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"


@PCA.read("ListClientCertificate", *paging(20), text("Identifier", high=64), text("ResourceGroupId", high=64))
def list_leaves(call: Call) -> Answer:
    """List server and client certificates, newest first; those of one authority, or one of them, by Identifier."""
    found = finding.in_group(finding.leaves(), call.given.get("ResourceGroupId", ""))
    if named := call.given.get("Identifier"):
        known = certificate_id(named)
        found = found.filter(Q(pk=known) | Q(current_version__issued__authority__certificate=known))
    page, facts = page_of(call, found)
    return {**with_page_count(facts), "CertificateList": [listed(one) for one in shown_all(page)]}


@PCA.read("ListRevokeCertificate", *paging(20))
def list_revoked(call: Call) -> Answer:
    """List the server and client certificates that were revoked, newest revocation first."""
    page, facts = page_of(call, finding.revoked())
    at = {row.version.certificate_id: row.revoked_at for row in page if row.version and row.revoked_at}
    found = {one.certificate.pk: one for one in shown_all(finding.leaves().filter(pk__in=at))}
    return {**with_page_count(facts), "CertificateList": [_revoked(found[pk], at[pk]) for pk in at if pk in found]}


def _revoked(one: Shown, moment: dt.datetime) -> dict[str, Any]:
    return {
        **common_facts(one),
        "RevokeDate": words.minute(moment),
        "BeforeDate": words.minute(one.x509.not_valid_before_utc),
        "AfterDate": words.minute(one.x509.not_valid_after_utc),
    }


@PCA.read(
    "ListCert",
    text("InstanceUuid", high=64),
    text("ParentIdentifier", high=64),
    text("BeforeDate", pattern=DAY_PATTERN),
    text("AfterDate", pattern=DAY_PATTERN),
    text("Status", choices=("ISSUE", "REVOKE")),
    text("Type", choices=("SERVER", "CLIENT", "END_ENTITY")),
    *paging(20),
    integer("MaxResults", 1, MOST_RESULTS),
    text("NextToken", high=32),
)
def list_issued(call: Call) -> Answer:
    """List what authorities issued: begun on BeforeDate or later, over on AfterDate or sooner."""
    found = _wanted(call)
    if "MaxResults" in call.given or call.given.get("NextToken"):
        rows, facts = _after_token(call, found)
    else:
        rows, facts = page_of(call, found)
        facts = with_page_count(facts)
    page = shown_all(rows)
    with_key = set(
        SealedKey.objects.filter(version__in=[one.version.pk for one in page]).values_list("version", flat=True)
    )
    may = settings.KEY_EXPORT and call.key.user.has_perm(PERMISSION)
    return {**facts, "List": [_item(one, is_exportable=may and one.version.pk in with_key) for one in page]}


def _wanted(call: Call) -> QuerySet[Certificate]:
    given, found = call.given, finding.leaves()
    for name in ("InstanceUuid", "ParentIdentifier"):
        if named := given.get(name):
            above = Q(current_version__issued__authority__certificate=certificate_id(named))
            found = found.filter(above | Q(current_version__issued__authority=named))
    if status := given.get("Status"):
        found = found.filter(current_version__issued__revoked_at__isnull=status == "ISSUE")
    if (kind := given.get("Type", "END_ENTITY")) != "END_ENTITY":
        found = found.filter(kind=kind.lower())
    if day := given.get("BeforeDate"):
        found = found.filter(not_before__gte=_midnight(call, "BeforeDate", day))
    if day := given.get("AfterDate"):
        found = found.filter(not_after__lt=_midnight(call, "AfterDate", day) + dt.timedelta(days=1))
    return found


def _midnight(call: Call, name: str, day: str) -> dt.datetime:
    try:
        return dt.datetime.combine(dt.date.fromisoformat(day), dt.time(), dt.UTC)
    except ValueError:
        raise call.error(f"InvalidParameter.{name}", f"{name} is a day, such as 2026-01-31.") from None


def _after_token(call: Call, found: QuerySet[Certificate]) -> tuple[list[Certificate], dict[str, Any]]:
    """Return the page behind a NextToken, which tells how many rows came before."""
    first, size = behind_token(call), call.given.get("MaxResults", 50)
    rows = list(found[first : first + size + 1])
    more = {"NextToken": str(first + size)} if len(rows) > size else {}
    return rows[:size], {"MaxResults": size, "TotalCount": found.count(), **more}


def _item(one: Shown, *, is_exportable: bool) -> dict[str, Any]:
    facts, begins, ends = listed(one), one.x509.not_valid_before_utc, one.x509.not_valid_after_utc
    same = (
        "Id", "Identifier", "SerialNumber", "CommonName", "Organization", "OrganizationUnit", "Algorithm",
        "CertificateType", "Status", "AliasName", "CustomIdentifier",
    )  # fmt: skip
    return {
        **{name: facts[name] for name in same},
        "SubjectDn": facts["SubjectDN"],
        "BeforeDate": words.minute(begins),
        "AfterDate": words.minute(ends),
        "BeforeTime": words.milliseconds(begins),
        "AfterTime": words.milliseconds(ends),
        "KeyExportable": is_exportable,
        "Extra": "",
        "Tags": [f"{tag['TagKey']}={tag['TagValue']}" for tag in one.tags],
    }
