"""REST: contacts, contact groups, and what is acknowledged or snoozed."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Router, Status

from access.actors import actor_of
from access.rest import PageParameters, expected_revision, with_etag
from alerts.models import Acknowledgement, Contact, ContactGroup
from alerts.people.groups import group_by_id
from alerts.schemas import people as schemas
from alerts.services import acknowledgements, contacts, groups
from console.tables import Page, keyset_page

router = Router(tags=["alerts"])


@router.get("/contacts", response=schemas.ContactPage, operation_id="listContacts")
def list_contacts(request: HttpRequest, page: PageParameters) -> Page[Contact]:
    """List the contacts by name."""
    rows = contacts.contacts().prefetch_related("groups")
    return keyset_page(rows, ("name", "id"), page.cursor, page.limit)


@router.post("/contacts", response={201: schemas.ContactOut}, operation_id="createContact")
def create_contact(request: HttpRequest, response: HttpResponse, body: schemas.ContactIn) -> Status[Contact]:
    """Create a contact with a channel of its own."""
    return Status(201, with_etag(response, contacts.create_contact(actor_of(request), **body.model_dump())))


@router.get("/contacts/{contact_id}", response=schemas.ContactOut, operation_id="getContact")
def get_contact(request: HttpRequest, response: HttpResponse, contact_id: str) -> Contact:
    """Return a contact."""
    return with_etag(response, contacts.contact_by_id(contact_id))


@router.patch("/contacts/{contact_id}", response=schemas.ContactOut, operation_id="updateContact")
def update_contact(
    request: HttpRequest, response: HttpResponse, contact_id: str, body: schemas.ContactChange
) -> Contact:
    """Change a contact; its channel follows."""
    revision = expected_revision(request)
    contact = contacts.update_contact(actor_of(request), contact_id, expected_revision=revision, **body.model_dump())
    return with_etag(response, contact)


@router.delete("/contacts/{contact_id}", response={204: None}, operation_id="deleteContact")
def delete_contact(request: HttpRequest, contact_id: str) -> Status[None]:
    """Delete a contact with its channel and what that has in the delivery log."""
    contacts.delete_contact(actor_of(request), contact_id, expected_revision=expected_revision(request))
    return Status(204, None)


@router.get("/contact-groups", response=schemas.GroupPage, operation_id="listContactGroups")
def list_groups(request: HttpRequest, page: PageParameters) -> Page[ContactGroup]:
    """List the contact groups by name."""
    rows = ContactGroup.objects.prefetch_related("contacts", "channels")
    return keyset_page(rows, ("name", "id"), page.cursor, page.limit)


@router.post("/contact-groups", response={201: schemas.GroupOut}, operation_id="createContactGroup")
def create_group(request: HttpRequest, response: HttpResponse, body: schemas.GroupIn) -> Status[ContactGroup]:
    """Create a contact group. Alert rules name it, or certificates by their owner."""
    return Status(201, with_etag(response, groups.create_group(actor_of(request), **_values(body))))


@router.get("/contact-groups/{group_id}", response=schemas.GroupOut, operation_id="getContactGroup")
def get_group(request: HttpRequest, response: HttpResponse, group_id: str) -> ContactGroup:
    """Return a contact group."""
    return with_etag(response, group_by_id(group_id))


@router.patch("/contact-groups/{group_id}", response=schemas.GroupOut, operation_id="updateContactGroup")
def update_group(
    request: HttpRequest, response: HttpResponse, group_id: str, body: schemas.GroupChange
) -> ContactGroup:
    """Change a contact group; what waits for its times follows the new ones."""
    revision = expected_revision(request)
    group = groups.update_group(actor_of(request), group_id, expected_revision=revision, **_values(body))
    return with_etag(response, group)


@router.delete("/contact-groups/{group_id}", response={204: None}, operation_id="deleteContactGroup")
def delete_group(request: HttpRequest, group_id: str) -> Status[None]:
    """Delete a contact group that no alert rule names; its members stay."""
    groups.delete_group(actor_of(request), group_id, expected_revision=expected_revision(request))
    return Status(204, None)


def _values(body: schemas.GroupIn | schemas.GroupChange) -> dict[str, Any]:
    return body.model_dump(exclude={"timing"}) | {"timing": body.timing.value if body.timing else None}


@router.get("/acknowledgements", response=schemas.AcknowledgementPage, operation_id="listAcknowledgements")
def list_acknowledgements(request: HttpRequest, page: PageParameters) -> Page[Acknowledgement]:
    """List what is acknowledged or snoozed, newest first."""
    return keyset_page(Acknowledgement.objects.all(), ("-id",), page.cursor, page.limit)


@router.post(
    "/notices/{int:notice_id}/acknowledge", response=schemas.AcknowledgementOut, operation_id="acknowledgeNotice"
)
def acknowledge_notice(request: HttpRequest, notice_id: int, body: schemas.AcknowledgeIn) -> Acknowledgement:
    """Take an open notice on, or snooze it; a new version is told afresh."""
    notice = acknowledgements.notice_by_id(notice_id)
    acknowledgements.acknowledge(actor_of(request), [notice.pk], reason=body.reason, until=body.until)
    return Acknowledgement.objects.get(**acknowledgements.key_of(notice))


@router.delete("/notices/{int:notice_id}/acknowledgement", response={204: None}, operation_id="withdrawAcknowledgement")
def withdraw_acknowledgement(request: HttpRequest, notice_id: int) -> Status[None]:
    """Take an acknowledgement or a snooze back."""
    acknowledgements.withdraw_acknowledgement(actor_of(request), notice_id)
    return Status(204, None)
