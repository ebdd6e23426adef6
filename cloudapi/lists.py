"""Lists of NLB and ALB: filters, pages by NextToken, and how many rows there are in all."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from django.db.models import Model, QuerySet

from cloudapi.models import CloudExtra
from cloudapi.operations import Call
from cloudapi.wire.fields import Field, integer, structs, text
from console.ids import is_id
from console.tables import keyset_page
from listeners.models import ResourceTag

Row = TypeVar("Row", bound=Model)

PAGE_SIZE = 20
TAG = structs("Tag", text("Key", required=True, high=128), text("Value", high=128), most=20)
# A filter may name a key alone, or a value alone.
TAG_FILTER = structs("Tag", text("Key", high=128), text("Value", high=128), most=20)


def paging(most: int = 100, default: int = PAGE_SIZE) -> tuple[Field, Field]:
    """Return the fields of a list that goes on where NextToken says."""
    return text("NextToken", high=2000), integer("MaxResults", 1, most, default=default)


def page(call: Call, rows: "QuerySet[Row]", order: Sequence[str]) -> tuple[list[Row], dict[str, Any]]:
    """Return the wanted rows, and what the answer says of the list."""
    found = keyset_page(rows, order, call.given.get("NextToken", ""), call.given["MaxResults"])
    told = {"TotalCount": rows.count(), "MaxResults": call.given["MaxResults"], "NextToken": found.next_cursor}
    return found.items, told if found.next_cursor else {**told, "NextToken": ""}


def with_ids(rows: "QuerySet[Row]", column: str, ids: Sequence[str]) -> "QuerySet[Row]":
    """Keep the rows with one of ``ids`` in ``column``; all of them where none is named."""
    return rows.filter(**{f"{column}__in": [each for each in ids if is_id(each)]}) if ids else rows


def with_tags(rows: "QuerySet[Row]", object_type: str, tags: Sequence[Mapping[str, str]]) -> "QuerySet[Row]":
    """Keep the rows that have each of the tags."""
    for tag in tags:
        tagged = ResourceTag.objects.filter(object_type=object_type)
        if tag.get("Key"):
            tagged = tagged.filter(key=tag["Key"])
        if "Value" in tag:
            tagged = tagged.filter(value=tag["Value"])
        rows = rows.filter(pk__in=tagged.order_by().values("object_id"))
    return rows


def with_extra(
    rows: "QuerySet[Row]", object_type: str, name: str, values: Sequence[Any], unsaid: Any = None
) -> "QuerySet[Row]":
    """Keep the rows of which clients said one of ``values`` under ``name``; ``unsaid`` is what the others answer."""
    kept = CloudExtra.objects.filter(object_type=object_type)
    fitting = kept.filter(**{f"values__{name}__in": list(values)})
    if unsaid not in values:
        return rows.filter(pk__in=fitting.values("object_id"))
    differing = kept.filter(values__has_key=name).exclude(pk__in=fitting.values("pk"))
    return rows.exclude(pk__in=differing.values("object_id"))


def in_zone(rows: "QuerySet[Row]", zone_id: str) -> "QuerySet[Row]":
    """Keep the load balancers that clients made in a zone."""
    kept = CloudExtra.objects.filter(object_type="load_balancer", values__has_key="ZoneMappings")
    named = [
        extra.object_id for extra in kept if any(zone.get("ZoneId") == zone_id for zone in extra.values["ZoneMappings"])
    ]
    return rows.filter(pk__in=named)


def in_region(rows: "QuerySet[Row]", column: str, region: str) -> "QuerySet[Row]":
    """Keep the rows of a region; all of them where the request names none."""
    return rows.filter(**{column: region}) if region else rows
