"""What the engine should have: name -> version and bytes, for each type of resource."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from dataplane.envoy.names import CLUSTER, ENDPOINTS, FILTERS, LISTENER, ROUTES, SECRET
from dataplane.envoy.resources import CompiledListener, Resource, SecretSource

# Clusters before the listeners that use them on the way in, after them on the way out. A secret goes first to those
# that have asked for it: a chain with new names must not serve the old certificate. Routes come last: a new listener
# asks for its own and waits for them, and the clusters that changed ones name are there by then.
ORDER = (CLUSTER, ENDPOINTS, SECRET, LISTENER, FILTERS, ROUTES)
# Secrets, filters and routes go with the listener that asked for them; the engine takes no word of their end.
REMOVAL_ORDER = (LISTENER, ENDPOINTS, CLUSTER)
# What requests on the open connections of a removed listener still need. Its filters, routes and secrets the engine
# keeps by itself for as long as it drains.
_WHILE_DRAINING = (CLUSTER, ENDPOINTS)


@dataclass(frozen=True, slots=True)
class Entry:
    """One version of a resource: its bytes, or for a secret where they are found when it is sent."""

    version: str
    payload: bytes | None = None
    source: SecretSource | None = None


Changed = Callable[[str, AbstractSet[str]], None]


class ResourceCache:
    """The desired resources. It belongs to one event loop; streams are told which names have changed.

    Clusters and servers of a removed listener stay for ``drain_seconds``, unless it comes back and takes them over.
    """

    def __init__(self, drain_seconds: float = 0) -> None:
        self._drain_seconds = drain_seconds
        self._draining: dict[str, CompiledListener] = {}
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
        ended: dict[str, CompiledListener] = {}
        for listener in compiled:
            self._put(self._compiled.get(listener.id), listener, changed, ended)
            self._compiled[listener.id] = listener
        for listener_id in list(removed):
            self._put(self._compiled.pop(listener_id, None), None, changed, ended)
        if ended:
            self._draining.update(ended)
            asyncio.get_running_loop().call_later(self._drain_seconds, self._drained, ended)
        self._tell(changed)

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

    def _put(
        self,
        old: CompiledListener | None,
        new: CompiledListener | None,
        changed: Mapping[str, set[str]],
        ended: dict[str, CompiledListener],
    ) -> None:
        """Put ``new`` in the place of ``old``; if that ends what was served, note it in ``ended``."""
        before, after = _parts_of(old), _parts_of(new)
        if new is not None and new.listener is not None and new.id in self._draining:
            # All of it counts as changed, so that what the engine still has is acknowledged anew.
            self._drop(_parts_while_draining(self._draining.pop(new.id)), changed)
        elif old is not None and old.listener is not None and not after[LISTENER] and self._drain_seconds:
            ended[old.id] = old
            before |= {type_url: {} for type_url in _WHILE_DRAINING}  # they stay
        gone = {type_url: before[type_url].keys() - after[type_url].keys() for type_url in ORDER}
        self._drop(gone, changed)
        for type_url in ORDER:
            previous = before[type_url]
            for name, part in after[type_url].items():
                # Most of 10,000 secrets are the very same objects as before.
                if previous.get(name) is not part:
                    self._put_entry(type_url, name, part, changed)

    def _put_entry(
        self, type_url: str, name: str, part: Resource | SecretSource, changed: Mapping[str, set[str]]
    ) -> None:
        entry = _entry(part)
        present = self._entries[type_url].get(name)
        if present is None or present.version != entry.version:
            changed[type_url].add(name)
        self._entries[type_url][name] = entry

    def _drop(self, gone: Mapping[str, Iterable[str]], changed: Mapping[str, set[str]]) -> None:
        for type_url, names in gone.items():
            for name in names:
                del self._entries[type_url][name]
                changed[type_url].add(name)

    def _drained(self, ended: Mapping[str, CompiledListener]) -> None:
        """Let go of what removed listeners have left, but for those that have been there again since."""
        changed: dict[str, set[str]] = {type_url: set() for type_url in _WHILE_DRAINING}
        for listener_id, listener in ended.items():
            if self._draining.get(listener_id) is listener:
                del self._draining[listener_id]
                self._drop(_parts_while_draining(listener), changed)
        self._tell(changed)

    def _tell(self, changed: Mapping[str, AbstractSet[str]]) -> None:
        for watcher in list(self._watchers):
            for type_url, names in changed.items():
                if names:
                    watcher(type_url, names)


def _parts_of(listener: CompiledListener | None) -> dict[str, Mapping[str, Resource | SecretSource]]:
    """Return what the engine needs of a listener, by type and name; nothing of one that cannot be served."""
    if listener is None or listener.listener is None:
        return {type_url: {} for type_url in ORDER}
    return {
        CLUSTER: listener.clusters,
        ENDPOINTS: listener.endpoints,
        SECRET: listener.secrets,
        LISTENER: {listener.id: listener.listener},
        FILTERS: listener.filters,
        ROUTES: listener.routes,
    }


def _parts_while_draining(listener: CompiledListener) -> dict[str, Mapping[str, Resource | SecretSource]]:
    parts = _parts_of(listener)
    return {type_url: parts[type_url] for type_url in _WHILE_DRAINING}


def _entry(part: Resource | SecretSource) -> Entry:
    if isinstance(part, Resource):
        return Entry(part.version, part.payload)
    return Entry(part.version, source=part)
