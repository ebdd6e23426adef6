"""Read contact groups; and the default group, which is told of what no rule gives to others."""

from collections.abc import Collection

from django.db.models import Count, QuerySet
from django.utils.translation import gettext as _

from alerts.models import Channel, ContactGroup
from console.errors import InvalidInputError, NotFoundError
from console.ids import is_id


def groups() -> "QuerySet[ContactGroup]":
    """Return all groups by name, with the number of their contacts and channels."""
    counted = ContactGroup.objects.annotate(
        contact_count=Count("contacts", distinct=True), channel_count=Count("channels", distinct=True)
    )
    return counted.order_by("name", "pk")


def group_by_id(group_id: str) -> ContactGroup:
    """Return a group; raise NotFoundError when there is none."""
    found = ContactGroup.objects.filter(pk=group_id).first() if is_id(group_id) else None
    if found is None:
        message = _("There is no contact group “%(id)s”.") % {"id": group_id[:64]}
        raise NotFoundError(message, "contact-group.unknown", way_out=_("See the list of contact groups."))
    return found


def groups_by_id(group_ids: Collection[str]) -> list[ContactGroup]:
    """Return groups; raise InvalidInputError when one of them is not there."""
    wanted = set(group_ids)
    found = list(ContactGroup.objects.filter(pk__in=[each for each in wanted if is_id(each)]))
    if missing := wanted - {group.pk for group in found}:
        message = _("There is no contact group “%(id)s”.") % {"id": min(missing)[:64]}
        way_out = _("Use the ids of the list of contact groups.")
        raise InvalidInputError(message, "contact-group.unknown", field="group_ids", way_out=way_out)
    return found


def join_default_group(channel: Channel) -> None:
    """Have a channel told of everything that no rule gives to others."""
    group = ContactGroup.objects.filter(is_default=True).first()
    if group is not None:
        group.channels.add(channel)
