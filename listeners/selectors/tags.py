"""Read tags."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from django.db.models import QuerySet

from console.ids import is_id
from listeners.models import Listener, LoadBalancer, ResourceTag, ServerGroup
from listeners.services.rows import not_found

_ROWS: Mapping[str, "QuerySet[Any]"] = MappingProxyType(
    {
        "load_balancer": LoadBalancer.objects.all(),
        "listener": Listener.objects.all(),
        "server_group": ServerGroup.objects.all(),
    }
)


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


def tagged_object(object_type: str, object_id: str) -> Any:
    """Return an object with its tags as an attribute ``tags``. Raises NotFoundError."""
    row = _ROWS[object_type].filter(pk=object_id).first() if is_id(object_id) else None
    if row is None:
        raise not_found(object_type, object_id)
    load_tags(object_type, [row])
    return row


def tags_of_one(object_type: str, object_id: str) -> dict[str, str]:
    """Return the tags of one object. Raises NotFoundError when there is no such object."""
    found: dict[str, str] = tagged_object(object_type, object_id).tags
    return found


def load_tags(object_type: str, rows: Iterable[Any]) -> None:
    """Give each row its tags as an attribute ``tags``, all by one query."""
    loaded = list(rows)
    found = tags_of(object_type, [row.pk for row in loaded])
    for row in loaded:
        row.tags = found.get(row.pk, {})
