"""How two documents differ, object by object: what a plan shows, and what was done."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from listeners.products import transport_of
from manifests.schemas import Entry

Action = Literal["create", "update", "delete"]
SIGNS: Mapping[Action, str] = {"create": "+", "update": "~", "delete": "-"}
_ORDER: tuple[Action, ...] = ("create", "update", "delete")
_ABSENT = object()


@dataclass(frozen=True, slots=True)
class Difference:
    """A field that changes; None where it is not there."""

    field: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class PlannedChange:
    """What becomes of one object; ``differences`` are those of an update."""

    action: Action
    kind: str
    name: str
    differences: tuple[Difference, ...] = ()


def listener_name(balancer: str, port: int, protocol: str) -> str:
    """Return how a listener is called in plans: ``edge:443/tcp``."""
    return f"{balancer}:{port}/{transport_of(protocol)}"


def changes_between(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[PlannedChange]:
    """Return what differs, in the order in which documents have it; of each kind first what is created."""
    old, new = dict(_objects(before)), dict(_objects(after))
    found = []
    for place in dict.fromkeys([*new, *old]):
        change = _change(*place, old.get(place), new.get(place))
        if change:
            found.append(change)
    kinds = list(dict.fromkeys(change.kind for change in found))
    return sorted(found, key=lambda change: (kinds.index(change.kind), _ORDER.index(change.action)))


def _objects(document: Mapping[str, Sequence[Entry]]) -> Iterator[tuple[tuple[str, str], Entry]]:
    """Yield every object with its kind and name."""
    for entry in document["security_policies"]:
        yield ("security policy", f"{entry['name']} in {entry['region']}"), entry
    for entry in document["regional_certificates"]:
        for region in entry["regions"]:
            yield ("regional certificate", f"{entry['certificate']} in {region}"), {}
    for entry in document["server_groups"]:
        yield ("server group", entry["name"]), entry
    for entry in document["load_balancers"]:
        own = {name: value for name, value in entry.items() if name != "listeners"}
        yield ("load balancer", entry["name"]), own
        for listener in entry["listeners"]:
            yield ("listener", listener_name(entry["name"], listener["port"], listener["protocol"])), listener


def _change(kind: str, name: str, old: Entry | None, new: Entry | None) -> PlannedChange | None:
    if old is None:
        return PlannedChange("create", kind, name)
    if new is None:
        return PlannedChange("delete", kind, name)
    differences = tuple(_differences(old, new))
    return PlannedChange("update", kind, name, differences) if differences else None


def _differences(old: Entry, new: Entry) -> Iterator[Difference]:
    for field in dict.fromkeys([*new, *old]):
        before, after = old.get(field, _ABSENT), new.get(field, _ABSENT)
        if before == after:
            continue
        if isinstance(before, list) and isinstance(after, list):
            yield from _moved(field, before, after)
        elif isinstance(before, dict) and isinstance(after, dict):
            yield from (
                Difference(f"{field}.{part.field}", part.before, part.after) for part in _differences(before, after)
            )
        else:
            yield Difference(field, *(None if value is _ABSENT else value for value in (before, after)))


def _moved(field: str, before: list[Any], after: list[Any]) -> Iterator[Difference]:
    """Yield what left a list and what came to it; the whole list where only its order is another."""
    gone = [item for item in before if item not in after]
    fresh = [item for item in after if item not in before]
    if not gone and not fresh:
        yield Difference(field, before, after)
    yield from (Difference(field, item, None) for item in gone)
    yield from (Difference(field, None, item) for item in fresh)
