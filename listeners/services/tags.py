"""Tag load balancers, listeners and server groups with keys and values, to find and group them."""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from django.db import models
from django.utils.translation import gettext as _

from console.errors import ConflictError, InvalidInputError, NotFoundError
from console.revisions import save_revision
from events.actor import Actor
from events.feed import Recorder, recording
from listeners.models import Listener, LoadBalancer, ResourceTag, ServerGroup
from listeners.protection import refuse_protected
from listeners.services import rows

NO_TAGS: Mapping[str, str] = MappingProxyType({})
MOST_TAGS = 20
LONGEST = 128
TAGGED: Mapping[str, type[models.Model]] = MappingProxyType(
    {"load_balancer": LoadBalancer, "listener": Listener, "server_group": ServerGroup}
)


def set_tags(
    actor: Actor,
    object_type: str,
    object_id: str,
    *,
    tags: Mapping[str, str],
    expected_revision: int | None = None,
) -> dict[str, str]:
    """Add tags, or give those that are there other values; return all tags of the object.

    ``object_type`` is a key of ``TAGGED``, and the revision is the object's. Raises ConflictError above 20 tags.
    """
    wanted = checked_tags(tags)
    with recording(actor) as changes:
        row = _take(actor, object_type, object_id, expected_revision)
        return _change(changes, row, object_type, wanted, keep=True)


def replace_tags(
    actor: Actor,
    object_type: str,
    object_id: str,
    *,
    tags: Mapping[str, str],
    expected_revision: int | None = None,
) -> dict[str, str]:
    """Give an object these tags and no others; return them."""
    wanted = checked_tags(tags)
    with recording(actor) as changes:
        row = _take(actor, object_type, object_id, expected_revision)
        return _change(changes, row, object_type, wanted, keep=False)


def remove_tags(
    actor: Actor, object_type: str, object_id: str, *, keys: Sequence[str], expected_revision: int | None = None
) -> dict[str, str]:
    """Take tags off an object: all of them or, when it lacks one, none; return the tags that stay."""
    with recording(actor) as changes:
        row = _take(actor, object_type, object_id, expected_revision)
        stored = _stored(object_type, object_id)
        for key in keys:
            if key not in stored:
                raise _not_there(row, key, stored)
        _rows(object_type, object_id).filter(key__in=keys).delete()
        if keys:
            _count_change(actor, row)
            changes.record(f"{object_type}.tagged", row, f"tags removed: {', '.join(keys)}", removed=list(keys))
    return {key: value for key, value in stored.items() if key not in keys}


def tag_new(row: models.Model, object_type: str, tags: Mapping[str, str]) -> None:
    """Tag an object that is being created, within the write that is under way."""
    wanted = checked_tags(tags)
    _refuse_too_many(row, wanted)
    _write(object_type, str(row.pk), wanted)


def drop_tags(object_type: str, object_ids: Iterable[str]) -> None:
    """Drop the tags of objects that are being deleted."""
    ResourceTag.objects.filter(object_type=object_type, object_id__in=list(object_ids)).delete()


def checked_tags(tags: Mapping[str, str]) -> dict[str, str]:
    """Return keys and values without the space around them; refuse what cannot be a tag."""
    wanted: dict[str, str] = {}
    for key, value in tags.items():
        name, text = key.strip(), value.strip()
        if not name or "=" in name or not _is_sound(name):
            raise InvalidInputError(
                _("“%(key)s” cannot be the key of a tag.") % {"key": key[:140]},
                "tag.key-invalid",
                field="tags",
                way_out=_("Use 1 to 128 printable characters without “=”."),
            )
        if not _is_sound(text):
            raise InvalidInputError(
                _("“%(value)s” cannot be the value of tag “%(key)s”.") % {"key": name, "value": value[:140]},
                "tag.value-invalid",
                field="tags",
                way_out=_("Use at most 128 printable characters, or none."),
            )
        wanted[name] = text
    return wanted


def _is_sound(text: str) -> bool:
    return len(text) <= LONGEST and text.isprintable()


def retag(changes: Recorder, row: models.Model, object_type: str, tags: Mapping[str, str]) -> None:
    """Give an object these tags and no others, within the write that is under way."""
    _change(changes, row, object_type, checked_tags(tags), keep=False)


def _change(
    changes: Recorder, row: models.Model, object_type: str, wanted: Mapping[str, str], *, keep: bool
) -> dict[str, str]:
    object_id = str(row.pk)
    stored = _stored(object_type, object_id)
    after = {**stored, **wanted} if keep else dict(wanted)
    _refuse_too_many(row, after)
    if after != stored:
        changed = {key for key in stored.keys() | after.keys() if stored.get(key) != after.get(key)}
        _rows(object_type, object_id).filter(key__in=changed).delete()
        _write(object_type, object_id, {key: after[key] for key in after if key in changed})
        _count_change(changes.actor, row)
        changes.record(f"{object_type}.tagged", row, f"tags: {_told(after)}", before=stored, after=after)
    return after


def _count_change(actor: Actor, row: models.Model) -> None:
    """Save the next revision, so that nobody who saw other tags overwrites these."""
    if hasattr(row, "updated_by"):
        row.updated_by = actor.name
    save_revision(row)  # type: ignore[arg-type]


def _take(actor: Actor, object_type: str, object_id: str, expected_revision: int | None) -> models.Model:
    objects = TAGGED[object_type].objects  # type: ignore[attr-defined]
    row: models.Model = rows.take(objects.all(), object_id, object_type, expected_revision)
    balancer = row.load_balancer if isinstance(row, Listener) else row
    if isinstance(balancer, LoadBalancer):
        refuse_protected(actor, balancer)
    return row


def _rows(object_type: str, object_id: str) -> "models.QuerySet[ResourceTag]":
    return ResourceTag.objects.filter(object_type=object_type, object_id=object_id)


def _stored(object_type: str, object_id: str) -> dict[str, str]:
    return dict(_rows(object_type, object_id).order_by("key").values_list("key", "value"))


def _write(object_type: str, object_id: str, tags: Mapping[str, str]) -> None:
    ResourceTag.objects.bulk_create(
        ResourceTag(object_type=object_type, object_id=object_id, key=key, value=value) for key, value in tags.items()
    )


def _told(tags: Mapping[str, str]) -> str:
    return ", ".join(f"{key}={value}" if value else key for key, value in sorted(tags.items())) or "none"


def _refuse_too_many(row: models.Model, tags: Mapping[str, str]) -> None:
    if len(tags) > MOST_TAGS:
        raise ConflictError(
            _("“%(row)s” would have %(count)s tags; %(limit)s are allowed.")
            % {"row": row, "count": len(tags), "limit": MOST_TAGS},
            "tag.too-many",
            field="tags",
            way_out=_("Remove some first."),
        )


def _not_there(row: models.Model, key: str, stored: Mapping[str, str]) -> NotFoundError:
    return NotFoundError(
        _("“%(row)s” has no tag “%(key)s”.") % {"row": row, "key": key[:140]},
        "tag.not-found",
        field="keys",
        way_out=_("Its tags are: %(keys)s.") % {"keys": ", ".join(stored) or "—"},
    )
