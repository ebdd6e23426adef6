"""REST: the change feed."""

from datetime import datetime

from django.http import HttpRequest
from ninja import Router, Schema

from access.rest import PageOut, PageParameters
from console.tables import Page, keyset_page
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


@router.get("/changes", response=PageOut[ChangeOut], operation_id="listChanges")
def list_changes(
    request: HttpRequest, page: PageParameters, object_type: str = "", object_id: str = ""
) -> Page[Change]:
    """List the changes, newest first; ``object_type`` and ``object_id`` keep those of some objects."""
    rows = Change.objects.all()
    if object_type:
        rows = rows.filter(object_type=object_type.replace("\0", ""))
    if object_id:
        rows = rows.filter(object_id=object_id.replace("\0", ""))
    return keyset_page(rows, ("-id",), page.cursor, page.limit)
