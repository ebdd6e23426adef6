"""REST: the revocation lists that CA certificates carry."""

from datetime import datetime
from typing import Annotated, Literal

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Field, Query, Router, Schema, Status

from access.actors import actor_of
from access.rest import Body, PageOut, expected_revision, whole, with_etag
from certificates.models import RevocationList
from certificates.parsing.revocation_lists import LARGEST_LIST_BYTES
from certificates.revocation.fetching import fetch_list
from certificates.revocation.reading import list_by_id, revocation_of
from certificates.revocation.services import add_list_address, ca_certificate, delete_list, update_list, upload_list
from certificates.revocation.standing import overview_of, standing_of
from console.errors import InvalidInputError

router = Router(tags=["revocation lists"])
WhenExpired = Literal["refuse", "ignore"]


class RevocationListIn(Body):
    """A list to carry: its text, or the address that it is fetched from by the clock."""

    crl_pem: str = Field("", description="The list in PEM. A large or binary one goes to `/revocation-lists/upload`.")
    url: str = Field("", description="An http or https address: fetched at once, and from then on every hour.")
    when_expired: WhenExpired | None = Field(
        None, description="What listeners do after `next_update`: refuse all clients of its issuer, or ask no list."
    )


class RevocationListPatch(Body):
    """What to change of a list."""

    when_expired: WhenExpired


class RevocationListOut(Schema):
    """A list that a CA certificate carries; its bytes are public at its authority's address."""

    id: int
    certificate_id: str
    issuer: str
    number: str = Field(description="Decimal; empty for a list without one.")
    entries: int
    this_update: datetime | None
    next_update: datetime | None
    when_expired: str
    source: str = Field(description="`uploaded`, `url` or `authority` (a private authority's own).")
    url: str
    state: str = Field(description="`in-force`, `expiring`, `refusing`, `ignored`, or `waiting` (not in force).")
    sha256: str
    fetched_at: datetime | None
    next_fetch_at: datetime | None
    last_problem: str
    failures: int
    revision: int


class RevocationListsOut(PageOut[RevocationListOut]):
    """The lists of a CA certificate, and what listeners do with them."""

    is_checked: bool
    summary: str


class UploadQuery(Schema):
    """What goes with an uploaded list."""

    when_expired: WhenExpired | None = None


@router.get(
    "/certificates/{certificate_id}/revocation-lists",
    response=RevocationListsOut,
    operation_id="listRevocationLists",
)
def list_revocation_lists(request: HttpRequest, certificate_id: str) -> dict[str, object]:
    """List what a CA certificate carries, and say whether its listeners check clients."""
    overview = overview_of(ca_certificate(certificate_id).pk)
    items = [_shown(each.row, each.state) for each in overview.standings]
    return {**whole(items), "is_checked": overview.check.is_on, "summary": overview.sentence}


@router.post(
    "/certificates/{certificate_id}/revocation-lists",
    response={201: RevocationListOut},
    operation_id="addRevocationList",
)
def add_revocation_list(
    request: HttpRequest, response: HttpResponse, certificate_id: str, body: RevocationListIn
) -> Status[dict[str, object]]:
    """Have a CA certificate carry a list, in place of an older one of the same issuer."""
    if bool(body.crl_pem) == bool(body.url):
        raise InvalidInputError(
            _("A revocation list comes as crl_pem or from a url: give one of them."), "crl.one-source", field="url"
        )
    actor, choice = actor_of(request), body.when_expired or ""
    if body.url:
        row = add_list_address(actor, certificate_id, url=body.url, when_expired=choice)
    else:
        row = upload_list(actor, certificate_id, data=body.crl_pem.encode(), when_expired=choice)
    return Status(201, _answer(response, row))


@router.post(
    "/certificates/{certificate_id}/revocation-lists/upload",
    response={201: RevocationListOut},
    operation_id="uploadRevocationList",
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/pkix-crl": {"schema": {"type": "string", "format": "binary"}}},
        }
    },
)
def upload_revocation_list(
    request: HttpRequest, response: HttpResponse, certificate_id: str, query: Annotated[UploadQuery, Query()]
) -> Status[dict[str, object]]:
    """Have a CA certificate carry the list that is the body: DER or PEM, at most 32 MB."""
    data = request.read(LARGEST_LIST_BYTES + 1)
    row = upload_list(actor_of(request), certificate_id, data=data, when_expired=query.when_expired or "")
    return Status(201, _answer(response, row))


@router.get(
    "/certificates/{certificate_id}/revocation-lists/{list_id}",
    response=RevocationListOut,
    operation_id="getRevocationList",
)
def get_revocation_list(
    request: HttpRequest, response: HttpResponse, certificate_id: str, list_id: int
) -> dict[str, object]:
    """Return one list of a CA certificate."""
    return _answer(response, list_by_id(certificate_id, list_id))


@router.patch(
    "/certificates/{certificate_id}/revocation-lists/{list_id}",
    response=RevocationListOut,
    operation_id="updateRevocationList",
)
def update_revocation_list(
    request: HttpRequest, response: HttpResponse, certificate_id: str, list_id: int, body: RevocationListPatch
) -> dict[str, object]:
    """Choose what listeners do once the list has expired."""
    row = update_list(
        actor_of(request),
        certificate_id,
        list_id,
        when_expired=body.when_expired,
        expected_revision=expected_revision(request),
    )
    return _answer(response, row)


@router.post(
    "/certificates/{certificate_id}/revocation-lists/{list_id}/fetch",
    response=RevocationListOut,
    operation_id="fetchRevocationList",
)
def fetch_revocation_list(
    request: HttpRequest, response: HttpResponse, certificate_id: str, list_id: int
) -> dict[str, object]:
    """Ask the list's address for a newer one now."""
    return _answer(response, fetch_list(actor_of(request), certificate_id, list_id))


@router.delete(
    "/certificates/{certificate_id}/revocation-lists/{list_id}",
    response={204: None},
    operation_id="deleteRevocationList",
)
def delete_revocation_list(request: HttpRequest, certificate_id: str, list_id: int) -> Status[None]:
    """Carry a list no longer: the clients that it names are let in again."""
    delete_list(actor_of(request), certificate_id, list_id, expected_revision=expected_revision(request))
    return Status(204, None)


def _answer(response: HttpResponse, row: RevocationList) -> dict[str, object]:
    with_etag(response, row)
    now = timezone.now()
    standing = standing_of(row, revocation_of(row.certificate_id).at(now), now)
    return _shown(row, standing.state)


def _shown(row: RevocationList, state: str) -> dict[str, object]:
    fields = (
        "id", "certificate_id", "issuer", "entries", "this_update", "next_update", "when_expired", "source", "url",
        "sha256", "fetched_at", "next_fetch_at", "last_problem", "failures", "revision",
    )  # fmt: skip
    number = str(int(row.number, 16)) if row.number else ""
    return {**{field: getattr(row, field) for field in fields}, "number": number, "state": state}
