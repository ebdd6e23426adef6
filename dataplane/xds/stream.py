"""One engine's side of the delta protocol: what it asked for, what it was sent, what it said to it.

No I/O happens here: requests go in, batches come out. The rules are those of the xDS protocol page of Envoy,
"Incremental xDS" (https://www.envoyproxy.io/docs/envoy/latest/api-docs/xds_protocol).
"""

from collections.abc import Collection, Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Protocol

from envoy.service.discovery.v3.discovery_pb2 import DeltaDiscoveryRequest

from dataplane.envoy.names import CLUSTER, ENDPOINTS, ROUTES, sending_order
from dataplane.xds.cache import ORDER, REMOVAL_ORDER, Entry, ResourceCache

MOST_SECRETS_AT_ONCE = 250  # so that neither the database nor the event loop is held for long
MOST_BYTES_AT_ONCE = 1_000_000
WILDCARD = "*"


class Observer(Protocol):
    """Whoever wants to know what the engine took and what it refused."""

    def acknowledged(self, type_url: str, versions: Mapping[str, str]) -> None:
        """Take note that the engine has these versions, by name."""

    def rejected(self, type_url: str, name: str, version: str, reason: str, *, has_older: bool) -> None:
        """Take note that the engine refused a version; ``has_older``: it goes on with the last one it took."""


@dataclass(frozen=True, slots=True)
class Batch:
    """One answer: resources of one type to send, and names that are gone."""

    type_url: str
    entries: Mapping[str, Entry]
    removed: tuple[str, ...] = ()
    nonce: str = ""
    is_repeated: bool = False  # the engine may have seen these bytes already, and refused them


@dataclass(slots=True)
class _Subscription:
    """What one stream knows of one type."""

    names: set[str] = field(default_factory=set)
    is_wildcard: bool = False
    owes_answer: bool = False  # the first question for everything, even if there is nothing: the engine waits for it
    known: dict[str, str] = field(default_factory=dict)  # versions the engine was sent or came with
    acknowledged: dict[str, str] = field(default_factory=dict)
    dirty: dict[str, None] = field(default_factory=dict)  # names to look at, in order
    suspect: set[str] = field(default_factory=set)  # the engine came back with another version: it may have refused it
    alone: set[str] = field(default_factory=set)  # refused together with others: sent one by one to find the culprit

    def wants(self, name: str) -> bool:
        return self.is_wildcard or name in self.names

    def has(self, name: str, version: str) -> bool:
        """Tell whether the engine took this version and was sent nothing else since."""
        return self.known.get(name) == self.acknowledged.get(name) == version

    def forget(self, name: str) -> None:
        """Take note that the engine has no such resource any more."""
        self.known.pop(name, None)
        self.acknowledged.pop(name, None)

    def mark(self, names: Iterable[str]) -> None:
        self.dirty.update(dict.fromkeys(names))


class DeltaStream:
    """The state of one stream."""

    def __init__(self, cache: ResourceCache, observer: Observer) -> None:
        self._cache = cache
        self._observer = observer
        self._types: dict[str, _Subscription] = {}
        self._pending: dict[str, tuple[str, dict[str, str]]] = {}
        self._last_nonce = 0

    def changed(self, type_url: str, names: AbstractSet[str]) -> None:
        """Note that the cache's entries of these names are not what they were."""
        subscription = self._types.get(type_url)
        if subscription is None:
            return
        subscription.mark(names)
        entries = self._cache.entries(type_url)
        # A listener that is started again finds what its old self still holds while it drains: that is not sent, so it
        # is said to be acknowledged.
        offered = {name: entries[name].version for name in names & entries.keys()}
        held = {name: version for name, version in offered.items() if subscription.has(name, version)}
        if held:
            self._observer.acknowledged(type_url, held)

    def receive(self, request: DeltaDiscoveryRequest) -> None:
        """Take a request: a subscription, an acknowledgement, a refusal, or several of these."""
        is_first = request.type_url not in self._types
        subscription = self._types.setdefault(request.type_url, _Subscription())
        if is_first:
            self._open(subscription, request)
        self._subscribe(subscription, request, is_first=is_first)
        if request.response_nonce:
            self._settle(subscription, request)

    def next_batch(self) -> Batch | None:
        """Return what to send next, None when the engine has everything; ``sent`` confirms it."""
        for type_url in (name for name in ORDER if name in self._types):
            if type_url == ROUTES and self._types[ROUTES].dirty and self._clusters_are_on_their_way():
                continue
            batch = self._additions(type_url, self._types[type_url])
            if batch is not None:
                return batch
        for type_url in (name for name in REMOVAL_ORDER if name in self._types):
            batch = self._removals(type_url, self._types[type_url])
            if batch is not None:
                return batch
        return None

    def sent(self, batch: Batch) -> None:
        """Note that ``batch`` is on its way."""
        versions = {name: entry.version for name, entry in batch.entries.items()}
        subscription = self._types[batch.type_url]
        subscription.known.update(versions)
        subscription.owes_answer = False
        for name in batch.removed:
            subscription.forget(name)
        self._pending[batch.nonce] = (batch.type_url, versions)
        if batch.type_url == CLUSTER:
            self._send_servers_again(versions)

    def postpone(self, batch: Batch) -> None:
        """Offer the resources of ``batch`` again, because they could not be sent now."""
        self._types[batch.type_url].mark(batch.entries)

    def _open(self, subscription: _Subscription, request: DeltaDiscoveryRequest) -> None:
        """Take over what the engine still has from an earlier stream."""
        subscription.known.update(request.initial_resource_versions)
        subscription.is_wildcard = not request.resource_names_subscribe
        subscription.owes_answer = subscription.is_wildcard
        entries = self._cache.entries(request.type_url)
        current = {
            name: version
            for name, version in request.initial_resource_versions.items()
            if name in entries and entries[name].version == version
        }
        subscription.acknowledged.update(request.initial_resource_versions)
        subscription.suspect = request.initial_resource_versions.keys() - current.keys()
        if current:
            self._observer.acknowledged(request.type_url, current)

    def _subscribe(self, subscription: _Subscription, request: DeltaDiscoveryRequest, *, is_first: bool) -> None:
        names = set(request.resource_names_subscribe)
        if WILDCARD in names:
            names.discard(WILDCARD)
            subscription.is_wildcard = subscription.owes_answer = True
        subscription.names |= names
        subscription.mark(sorted(names, key=sending_order))
        if not is_first:
            # Asking again means that the engine has dropped it.
            for name in names:
                subscription.known.pop(name, None)
        for name in request.resource_names_unsubscribe:
            self._unsubscribe(subscription, name)
        if subscription.is_wildcard and subscription.owes_answer:
            subscription.mark((*self._cache.entries(request.type_url), *subscription.known))

    @staticmethod
    def _unsubscribe(subscription: _Subscription, name: str) -> None:
        if name == WILDCARD:
            subscription.is_wildcard = False
        subscription.names.discard(name)
        if not subscription.is_wildcard:
            subscription.forget(name)
            subscription.dirty.pop(name, None)

    def _settle(self, subscription: _Subscription, request: DeltaDiscoveryRequest) -> None:
        type_url, versions = self._pending.pop(request.response_nonce, (request.type_url, {}))
        if not request.HasField("error_detail"):
            subscription.acknowledged.update({name: versions[name] for name in versions if subscription.wants(name)})
            subscription.alone -= versions.keys()
            self._observer.acknowledged(type_url, versions)
        elif len(versions) > 1:
            subscription.alone |= versions.keys()
            subscription.mark(versions)
            for name in versions:
                subscription.known.pop(name, None)
        else:
            self._reject(subscription, type_url, versions, request.error_detail.message)

    def _reject(self, subscription: _Subscription, type_url: str, versions: Mapping[str, str], reason: str) -> None:
        subscription.alone -= versions.keys()
        for name, version in versions.items():
            self._observer.rejected(type_url, name, version, reason, has_older=name in subscription.acknowledged)

    def _additions(self, type_url: str, subscription: _Subscription) -> Batch | None:
        """Return the next resources of a type that the engine does not have yet."""
        available = self._cache.entries(type_url)
        chosen: dict[str, Entry] = {}
        size = 0
        for name in list(subscription.dirty):
            entry = available.get(name)
            if entry is None:
                continue
            if not subscription.wants(name) or subscription.known.get(name) == entry.version:
                subscription.dirty.pop(name, None)
                continue
            if chosen and (name in subscription.alone or _is_full(len(chosen), size)):
                break
            subscription.dirty.pop(name, None)
            chosen[name] = entry
            size += len(entry.payload or b"")
            if name in subscription.alone:
                break
        if not chosen and not subscription.owes_answer:
            return None
        is_repeated = not (subscription.alone | subscription.suspect).isdisjoint(chosen)
        subscription.suspect -= chosen.keys()
        return Batch(type_url, chosen, (), self._nonce(), is_repeated)

    def _removals(self, type_url: str, subscription: _Subscription) -> Batch | None:
        """Return the names that the engine has and nobody wants any more."""
        available = self._cache.entries(type_url)
        gone = sorted(name for name in subscription.dirty if name not in available)
        for name in gone:
            del subscription.dirty[name]
        removed = tuple(name for name in gone if name in subscription.known)
        return Batch(type_url, {}, removed, self._nonce()) if removed else None

    def _clusters_are_on_their_way(self) -> bool:
        """Tell whether routes must wait: from a cluster without its servers the engine would answer 503.

        It takes a new cluster, asks for its servers, and uses it once it has them.
        """
        if any(type_url in {CLUSTER, ENDPOINTS} for type_url, _versions in self._pending.values()):
            return True
        clusters, servers = self._types.get(CLUSTER), self._types.get(ENDPOINTS)
        unasked = self._cache.entries(ENDPOINTS).keys() - (servers.names if servers else set())
        offered = self._cache.entries(CLUSTER)
        # A cluster that was refused never asks.
        return clusters is not None and any(
            name in offered and clusters.has(name, offered[name].version) for name in unasked
        )

    def _send_servers_again(self, names: Collection[str]) -> None:
        """After a cluster its servers are sent even if unchanged: the new cluster waits for them (Envoy, warming)."""
        servers = self._types.get(ENDPOINTS)
        for name in names if servers else ():
            if servers is not None and name in servers.names:
                servers.known.pop(name, None)
                servers.mark((name,))

    def _nonce(self) -> str:
        self._last_nonce += 1
        return str(self._last_nonce)


def _is_full(count: int, size: int) -> bool:
    return count >= MOST_SECRETS_AT_ONCE or size >= MOST_BYTES_AT_ONCE
