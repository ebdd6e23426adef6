"""Tags of certificates, by the operations that all of the cloud's services have."""

from typing import Any

from django.db.models import Q, QuerySet

from certificates.models import Certificate, CertificateTag
from certificates.services import update_certificate
from cloudapi.certificate_rows import certificate_named
from cloudapi.identifiers import certificate_ids, identifier, rows_for
from cloudapi.numbered_pages import behind_token
from cloudapi.operations import Answer, Call
from cloudapi.pca.product import PCA
from cloudapi.wire.fields import flag, integer, structs, text, texts

TYPES = ("instance", "certificate")
RESOURCE_TYPE = text("ResourceType", required=True, choices=TYPES)
KEY = text("Key", required=True, high=128)
MOST_RESULTS = 1000


@PCA.write(
    "TagResources",
    RESOURCE_TYPE,
    texts("ResourceId", required=True, most=50),
    structs("Tag", KEY, text("Value", high=256), most=20, required=True),
    lacks="a key has at most 64 characters, a value 128, and a certificate 20 tags",
)
def tag(call: Call) -> None:
    """Give certificates tags, beside those that they have: all of them, or none."""
    given = {each["Key"]: each.get("Value", "") for each in call.given["Tag"]}
    for certificate in _named(call):
        update_certificate(call.actor, certificate.pk, tags={**_tags_of(certificate), **given})


@PCA.write(
    "UntagResources",
    RESOURCE_TYPE,
    texts("ResourceId", required=True, most=50),
    texts("TagKey", most=21),
    flag("All", default=False),
)
def untag(call: Call) -> None:
    """Take tags from certificates: those that are named, or all where none is."""
    gone = set(call.given.get("TagKey", ()))
    if not gone and not call.given["All"]:
        raise call.error("MissingParameter", "Give TagKey, or All to take every tag away.")
    for certificate in _named(call):
        kept = {key: value for key, value in _tags_of(certificate).items() if gone and key not in gone}
        update_certificate(call.actor, certificate.pk, tags=kept)


@PCA.read(
    "ListTagResources",
    RESOURCE_TYPE,
    texts("ResourceId", most=51),
    structs("Tag", KEY, text("Value"), most=21),
    text("NextToken", high=32),
    integer("MaxResults", 1, MOST_RESULTS, default=MOST_RESULTS),
)
def list_tags(call: Call) -> Answer:
    """List tags: of the certificates that are named, and of those that have all the tags that are named."""
    size = call.given["MaxResults"]
    rows = list(_wanted(call).filter(pk__gt=behind_token(call))[: size + 1])
    more = {"NextToken": str(rows[size - 1].pk)} if len(rows) > size else {}
    numbers = rows_for(row.certificate_id for row in rows)
    listed = [_listed(call, row, identifier(numbers[row.certificate_id])) for row in rows[:size]]
    return {"Data": {"TagResources": {"TagResources": listed}, "MaxResults": size, **more}}


def _wanted(call: Call) -> QuerySet[CertificateTag]:
    found = CertificateTag.objects.order_by("pk")
    if named := call.given.get("ResourceId"):
        found = found.filter(certificate__in=certificate_ids(named).values())
    for each in call.given.get("Tag", ()):
        same = Q(certificate__tags__key=each["Key"])
        if "Value" in each:
            same &= Q(certificate__tags__value=each["Value"])
        found = found.filter(pk__in=CertificateTag.objects.filter(same).values("pk"))
    return found


def _listed(call: Call, row: CertificateTag, resource: str) -> dict[str, Any]:
    return {
        "ResourceId": resource,
        "ResourceType": call.given["ResourceType"],
        "TagKey": row.key,
        "TagValue": row.value,
    }


def _named(call: Call) -> list[Certificate]:
    return [certificate_named(each) for each in dict.fromkeys(call.given["ResourceId"])]


def _tags_of(certificate: Certificate) -> dict[str, str]:
    return {tag.key: tag.value for tag in certificate.tags.all()}
