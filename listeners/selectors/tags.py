"""Read tags."""

from collections.abc import Iterable

from django.db.models import QuerySet

from listeners.models import ResourceTag


def tags_of(object_type: str, ids: Iterable[str]) -> dict[str, dict[str, str]]:
    """Return the tags of several objects of one type: by id, values by key. Objects without tags are absent."""
    found: dict[str, dict[str, str]] = {}
    for tag in ResourceTag.objects.filter(object_type=object_type, object_id__in=list(ids)).order_by("key"):
        found.setdefault(tag.object_id, {})[tag.key] = tag.value
    return found


def tagged(object_type: str, text: str) -> QuerySet[ResourceTag, str]:
    """Return the ids of the objects with a tag, given as ``key`` or ``key=value``."""
    key, sign, value = (part.strip() for part in text.replace("\0", "").partition("="))
    rows = ResourceTag.objects.filter(object_type=object_type, key=key)
    rows = rows.filter(value=value) if sign else rows
    return rows.order_by().values_list("object_id", flat=True)
