"""What the engine should have: name -> version and bytes, for each type of resource."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from dataplane.envoy.names import CLUSTER, ENDPOINTS, LISTENER, SECRET
from dataplane.envoy.resources import CompiledListener, Resource, SecretSource

# Clusters before the listeners that use them on the way in, after them on the way out. A secret goes first to those
# that have asked for it: a chain with new names must not serve the old certificate.
ORDER = (CLUSTER, ENDPOINTS, SECRET, LISTENER)
REMOVAL_ORDER = (LISTENER, ENDPOINTS, CLUSTER)


@dataclass(frozen=True, slots=True)
class Entry:
    """One version of a resource: its bytes, or for a secret where they are found when it is sent."""

    version: str
    payload: bytes | None = None
    source: SecretSource | None = None


Changed = Callable[[str, AbstractSet[str]], None]


class ResourceCache:
    """The desired resources. It belongs to one event loop; streams are told which names have changed."""

    def __init__(self) -> None:
        self._entries: dict[str, dict[str, Entry]] = {type_url: {} for type_url in ORDER}
        self._compiled: dict[str, CompiledListener] = {}
        self._watchers: list[Changed] = []
        # Nothing is answered before the first fill: an empty answer would end every listener.
        self.ready = asyncio.Event()

    @property
    def compiled(self) -> Mapping[str, CompiledListener]:
        """The listeners that the entries were made from."""
        return self._compiled

    def entries(self, type_url: str) -> Mapping[str, Entry]:
        """Return the entries of a type; empty for a type that is not served."""
        return self._entries.get(type_url, {})

    def fill(self, compiled: Iterable[CompiledListener]) -> None:
        """Replace everything, and answer from now on."""
        listeners = {listener.id: listener for listener in compiled}
        self.update(listeners.values(), removed=self._compiled.keys() - listeners.keys())
        self.ready.set()

    def update(self, compiled: Iterable[CompiledListener], removed: Iterable[str] = ()) -> None:
        """Put these listeners in the place of what they were; what is equal to before is not sent again."""
        changed: dict[str, set[str]] = {type_url: set() for type_url in ORDER}
        for listener in compiled:
            self._put(self._compiled.get(listener.id), listener, changed)
            self._compiled[listener.id] = listener
        for listener_id in list(removed):
            self._put(self._compiled.pop(listener_id, None), None, changed)
        self._tell({type_url: names for type_url, names in changed.items() if names})

    def put_secrets(self, sources: Mapping[str, SecretSource]) -> None:
        """Set secrets that are no part of a compiled listener: session ticket keys."""
        self._entries[SECRET].update({name: Entry(source.version, source=source) for name, source in sources.items()})
        self._tell({SECRET: sources.keys()})

    def drop_secrets(self, names: Iterable[str]) -> None:
        """Forget secrets that were set with ``put_secrets``."""
        for name in names:
            self._entries[SECRET].pop(name, None)

    def watch(self, changed: Changed) -> Callable[[], None]:
        """Call ``changed`` with a type and its changed names from now on; return what ends it."""
        self._watchers.append(changed)
        return lambda: self._watchers.remove(changed)

    def _put(self, old: CompiledListener | None, new: CompiledListener | None, changed: Mapping[str, set[str]]) -> None:
        before, after = _entries_of(old), _entries_of(new)
        for type_url in ORDER:
            entries = self._entries[type_url]
            for name in before[type_url].keys() - after[type_url].keys():
                del entries[name]
                changed[type_url].add(name)
            for name, entry in after[type_url].items():
                previous = entries.get(name)
                if previous is None or previous.version != entry.version:
                    changed[type_url].add(name)
                entries[name] = entry

    def _tell(self, changed: Mapping[str, AbstractSet[str]]) -> None:
        for watcher in list(self._watchers):
            for type_url, names in changed.items():
                watcher(type_url, names)


def _entries_of(listener: CompiledListener | None) -> dict[str, dict[str, Entry]]:
    if listener is None or listener.listener is None:
        return {type_url: {} for type_url in ORDER}
    secrets = {name: Entry(source.version, source=source) for name, source in listener.secrets.items()}
    return {
        CLUSTER: _entry(listener.cluster),
        ENDPOINTS: _entry(listener.endpoints),
        SECRET: secrets,
        LISTENER: _entry(listener.listener),
    }


def _entry(resource: Resource | None) -> dict[str, Entry]:
    return {resource.name: Entry(resource.version, resource.payload)} if resource else {}
