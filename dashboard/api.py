"""REST: the change feed, the figures of the start page, and the search."""

from datetime import datetime
from http import HTTPStatus
from typing import Annotated

from django.http import HttpRequest, HttpResponse
from ninja import Field, Query, Router, Schema

from access.rest import PageOut, PageQuery, is_known, whole
from console.tables import keyset_page
from dashboard.finding import find
from dashboard.selectors import Counts, counts
from events.feed import newest_change_id
from events.models import Change

router = Router(tags=["changes"])


class ChangeOut(Schema):
    """One change: what was done to which object, by whom, when and how."""

    id: int
    kind: str
    object_type: str
    object_id: str
    summary: str
    actor_name: str
    actor_via: str
    at: datetime


class ChangesQuery(PageQuery):
    """Which changes are wanted; what is empty does not matter."""

    object_type: str = ""
    object_id: str = ""
    actor_name: str = Field("", description="Part of the name of who did it.")
    actor_via: str = Field("", description="page, rest, cloud, command or system.")
    after: int = Field(0, ge=0, lt=2**63, description="Only those with a higher id: what is new since then.")


class CountersOut(Schema):
    """How much there is, and how much of it wants attention."""

    load_balancers: int
    listeners: int
    listeners_wanted: int = Field(description="That are wanted running.")
    server_groups: int
    certificates: int
    unhealthy_servers: int
    troubled_renewals: int


class HitOut(Schema):
    """One thing found, and its page."""

    title: str
    detail: str
    url: str
    not_after: datetime | None


class FoundOut(Schema):
    """The things of one kind that were found, at most ten."""

    title: str
    hits: list[HitOut]
    more_url: str


@router.get("/changes", response={200: PageOut[ChangeOut], 304: None}, operation_id="listChanges")
def list_changes(request: HttpRequest, response: HttpResponse, wanted: Annotated[ChangesQuery, Query()]) -> object:
    """List the changes, newest first. Asking for news with `If-None-Match` costs one look at the newest id."""
    tag = f"changes-{newest_change_id()}"
    if is_known(request, tag):
        return HttpResponse(status=HTTPStatus.NOT_MODIFIED, headers={"ETag": f'W/"{tag}"'})
    response["ETag"] = f'W/"{tag}"'
    lookups = {
        "object_type": wanted.object_type,
        "object_id": wanted.object_id,
        "actor_name__icontains": wanted.actor_name,
        "actor_via": wanted.actor_via,
        "id__gt": wanted.after,
    }
    rows = Change.objects.filter(
        **{
            name: value.replace("\0", "") if isinstance(value, str) else value
            for name, value in lookups.items()
            if value
        }
    )
    return keyset_page(rows, ("-id",), wanted.cursor, wanted.limit)


@router.get("/counters", response=CountersOut, operation_id="getCounters")
def get_counters(request: HttpRequest) -> Counts:
    """Count what there is, by one query; made for asking often, with `If-None-Match`."""
    return counts()


@router.get("/search", response=PageOut[FoundOut], operation_id="search")
def search(request: HttpRequest, q: Annotated[str, Query(max_length=255)]) -> dict[str, object]:
    """Find certificates, listeners, load balancers and server groups by names, ids, ports and addresses."""
    query = q.replace("\0", "").strip()
    return whole(find(query) if query else [])
