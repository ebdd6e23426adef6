"""What clients said of an object that means nothing here: kept, returned, and gone with the object."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from cloudapi.models import CloudExtra
from cloudapi.operations import Call
from events.models import Change


def keep_extras(call: Call, object_type: str, object_id: str) -> None:
    """Keep those of the request's parameters that the operation declares as ``kept``."""
    names = [field.name for field in call.operation.fields if field.kept]
    set_extras(object_type, object_id, call.only(*names))


def set_extras(object_type: str, object_id: str, values: Mapping[str, Any]) -> None:
    """Keep ``values`` beside what was kept before."""
    if values:
        row, _is_new = CloudExtra.objects.get_or_create(object_type=object_type, object_id=object_id)
        row.values = {**row.values, **values}
        row.save(update_fields=["values"])


def extras_of(object_type: str, object_ids: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Return what is kept of each object, an empty dict where nothing is."""
    wanted = list(object_ids)
    found = CloudExtra.objects.filter(object_type=object_type, object_id__in=wanted)
    return {object_id: {} for object_id in wanted} | {row.object_id: row.values for row in found}


def drop_extras(object_type: str, object_ids: Iterable[str]) -> None:
    """Delete what is kept of objects that go without a change of their own in the feed."""
    CloudExtra.objects.filter(object_type=object_type, object_id__in=list(object_ids)).delete()


def forget_extras(changes: Sequence[Change]) -> None:
    """Delete what is kept of objects that were just deleted."""
    for change in changes:
        if change.kind == f"{change.object_type}.deleted":
            CloudExtra.objects.filter(object_type=change.object_type, object_id=change.object_id).delete()
