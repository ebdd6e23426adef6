"""Numbers of objects that have none of their own, handed out when a client first sees them."""

from collections.abc import Iterable

from cloudapi.deployment import CloudNumber


def numbers_of(object_type: str, object_ids: Iterable[str]) -> dict[str, int]:
    """Return the number of each object; those that have none yet get one."""
    wanted = list(dict.fromkeys(object_ids))
    found = _stored(object_type, wanted)
    fresh = [CloudNumber(object_type=object_type, object_id=each) for each in wanted if each not in found]
    if fresh:
        CloudNumber.objects.bulk_create(fresh, ignore_conflicts=True)
        found = _stored(object_type, wanted)
    return found


def number_of(object_type: str, object_id: str) -> int:
    """Return the number of one object."""
    return numbers_of(object_type, [object_id])[object_id]


def objects_with(object_type: str, numbers: Iterable[int]) -> dict[int, str]:
    """Return our id for each number that names something."""
    rows = CloudNumber.objects.filter(object_type=object_type, number__in=list(numbers))
    return dict(rows.values_list("number", "object_id"))


def object_with(object_type: str, number: int) -> str:
    """Return our id for a number, empty where it names nothing."""
    return objects_with(object_type, [number]).get(number, "")


def _stored(object_type: str, object_ids: list[str]) -> dict[str, int]:
    rows = CloudNumber.objects.filter(object_type=object_type, object_id__in=object_ids)
    return dict(rows.values_list("object_id", "number"))
