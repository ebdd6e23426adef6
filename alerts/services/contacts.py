"""Change contacts: people who are told by mail, each over a channel of their own."""

from collections.abc import Collection

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from alerts.handing.notices import hand_out
from alerts.models import Channel, Contact
from alerts.people.audiences import folded
from alerts.people.groups import groups_by_id
from alerts.people.naming import checked_language, checked_name
from alerts.sending.outcomes import clear_failure, resolve_channel
from alerts.transports.targets import parse_recipients
from alerts.waking import wake_sender
from console.errors import ConflictError, InvalidInputError, NotFoundError
from console.ids import is_id
from console.revisions import refuse_stale, save_revision
from events.actor import Actor
from events.feed import recording
from events.notices import writing_ledger

# Room for what tells the channel of a contact from another of the same name.
LONGEST_NAME = 100


def contacts() -> "QuerySet[Contact]":
    """Return all contacts by name, with their channel."""
    return Contact.objects.select_related("channel").order_by("name", "pk")


def contact_by_id(contact_id: str) -> Contact:
    """Return a contact with its channel; raise NotFoundError when there is none."""
    found = contacts().filter(pk=contact_id).first() if is_id(contact_id) else None
    if found is None:
        message = _("There is no contact “%(id)s”.") % {"id": contact_id[:64]}
        raise NotFoundError(message, "contact.unknown", way_out=_("See the list of contacts."))
    return found


def create_contact(
    actor: Actor, *, name: str, email: str, language: str = "", group_ids: Collection[str] = ()
) -> Contact:
    """Create a contact, who is told at once of what the given groups, and the owner of that name, have to know.

    Raises InvalidInputError for a name, an address or a language that cannot be, ConflictError for a name in use.
    """
    contact = Contact(
        name=checked_name(name, "contact.invalid-name", LONGEST_NAME),
        email=_checked_email(email),
        language=checked_language(language, "contact.invalid-language"),
        created_by=actor.name,
    )
    with recording(actor) as changes:
        _check_name_is_free(contact)
        groups = groups_by_id(group_ids)
        contact.save(force_insert=True)
        contact.groups.set(groups)
        _store_channel(contact)
        changes.record("contact.created", contact, _("Contact %(name)s created") % {"name": contact.name})
        _tell()
    return contact


def update_contact(
    actor: Actor,
    contact_id: str,
    *,
    expected_revision: int | None = None,
    name: str | None = None,
    email: str | None = None,
    language: str | None = None,
    group_ids: Collection[str] | None = None,
) -> Contact:
    """Change what is given of a contact and of the channel that goes with it."""
    with recording(actor) as changes:
        contact = contact_by_id(contact_id)
        refuse_stale(contact, expected_revision, "contact.stale")
        if name is not None:
            contact.name = checked_name(name, "contact.invalid-name", LONGEST_NAME)
        if email is not None:
            contact.email = _checked_email(email)
        if language is not None:
            contact.language = checked_language(language, "contact.invalid-language")
        _check_name_is_free(contact)
        save_revision(contact, "name", "email", "language")
        if group_ids is not None:
            contact.groups.set(groups_by_id(group_ids))
        _store_channel(contact)
        changes.record("contact.updated", contact, _("Contact %(name)s changed") % {"name": contact.name})
        _tell()
    return contact


def delete_contact(actor: Actor, contact_id: str, *, expected_revision: int | None = None) -> None:
    """Delete a contact with its channel and what that has in the delivery log."""
    with recording(actor) as changes:
        contact = contact_by_id(contact_id)
        refuse_stale(contact, expected_revision, "contact.stale")
        with writing_ledger():
            resolve_channel(contact.channel)
        changes.record("contact.deleted", contact, _("Contact %(name)s deleted") % {"name": contact.name})
        contact.delete()
        _tell()


def _store_channel(contact: Contact) -> None:
    """Keep the contact's channel as the contact is. A new address has a fresh start."""
    channel = Channel.objects.filter(contact=contact).first()
    if channel is None:
        channel = Channel(contact=contact, kind=Channel.Kind.EMAIL, created_by=contact.created_by)
    is_moved = channel.target not in {"", contact.email}
    channel.name, channel.target, channel.language = _channel_name(contact), contact.email, contact.language
    channel.revision += not channel._state.adding  # noqa: SLF001  # Django's own way to tell
    channel.save()
    if is_moved:
        with writing_ledger():
            clear_failure(channel, timezone.now())


def _channel_name(contact: Contact) -> str:
    """Return the contact's name, and its id beside where another channel bears that name."""
    is_taken = Channel.objects.filter(name=contact.name).exclude(contact=contact).exists()
    return f"{contact.name} ({contact.pk})" if is_taken else contact.name


def _tell() -> None:
    with writing_ledger():
        hand_out(timezone.now())
    transaction.on_commit(wake_sender)


def _checked_email(text: str) -> str:
    try:
        addresses = parse_recipients(text)
    except InvalidInputError as error:
        raise InvalidInputError(error.message, "contact.invalid-email", field="email", way_out=error.way_out) from None
    if len(addresses) > 1:
        message = _("A contact has one mail address.")
        way_out = _("Make a contact for each person, or an email channel for several addresses.")
        raise InvalidInputError(message, "contact.invalid-email", field="email", way_out=way_out)
    return addresses[0]


def _check_name_is_free(contact: Contact) -> None:
    """Refuse a name that owners could not tell from another: they are compared without regard to case."""
    others = Contact.objects.exclude(pk=contact.pk).values_list("name", flat=True)
    if folded(contact.name) in {folded(name) for name in others}:
        message = _("A contact called “%(name)s” exists already.") % {"name": contact.name}
        raise ConflictError(message, "contact.duplicate-name", field="name", way_out=_("Choose another name."))
