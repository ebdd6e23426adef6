"""The delta protocol, request by request, without a network."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

from envoy.service.discovery.v3.discovery_pb2 import DeltaDiscoveryRequest
from google.rpc.status_pb2 import Status

from dataplane.envoy.names import CLUSTER, ENDPOINTS, LISTENER, ROUTES, SECRET
from dataplane.envoy.resources import CompiledListener, Resource, SecretSource
from dataplane.xds.cache import ResourceCache
from dataplane.xds.stream import MOST_SECRETS_AT_ONCE, Batch, DeltaStream


@dataclass
class Notes:
    acknowledgements: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    rejections: list[tuple[str, str, str, str, bool]] = field(default_factory=list)

    def acknowledged(self, type_url: str, versions: Mapping[str, str]) -> None:
        self.acknowledgements.append((type_url, dict(versions)))

    def rejected(self, type_url: str, name: str, version: str, reason: str, *, has_older: bool) -> None:
        self.rejections.append((type_url, name, version, reason, has_older))


class Engine:
    """The other end: asks, answers, and keeps what it was sent."""

    def __init__(self, cache: ResourceCache) -> None:
        self.notes = Notes()
        self.stream = DeltaStream(cache, self.notes)
        cache.watch(self.stream.changed)

    def ask(self, type_url: str, *names: str, versions: Mapping[str, str] | None = None) -> None:
        self.stream.receive(
            DeltaDiscoveryRequest(
                type_url=type_url, resource_names_subscribe=names, initial_resource_versions=versions or {}
            )
        )

    def drop(self, type_url: str, *names: str) -> None:
        self.stream.receive(DeltaDiscoveryRequest(type_url=type_url, resource_names_unsubscribe=names))

    def take(self) -> list[Batch]:
        """Take everything there is, without a word."""
        batches = []
        while (batch := self.stream.next_batch()) is not None:
            self.stream.sent(batch)
            batches.append(batch)
        return batches

    def accept(self, batch: Batch) -> None:
        self.stream.receive(DeltaDiscoveryRequest(type_url=batch.type_url, response_nonce=batch.nonce))

    def refuse(self, batch: Batch, reason: str) -> None:
        self.stream.receive(
            DeltaDiscoveryRequest(
                type_url=batch.type_url, response_nonce=batch.nonce, error_detail=Status(code=13, message=reason)
            )
        )


def compiled(name: str = "lsn-1", version: str = "1", secrets: int = 1, **versions: str) -> CompiledListener:
    def part(kind: str) -> Resource:
        return Resource(name, versions.get(kind, version), f"{kind} {versions.get(kind, version)}".encode())

    sources = {
        f"listener/{name}/{number}": SecretSource("certificate", versions.get("secret", version), number)
        for number in range(secrets)
    }
    cluster, endpoints, routes = ({name: part(kind)} for kind in ("cluster", "endpoints", "routes"))
    return CompiledListener(name, part("listener"), cluster, endpoints, routes, sources, ())


def filled(*listeners: CompiledListener) -> ResourceCache:
    cache = ResourceCache()
    cache.fill(listeners or (compiled(),))
    return cache


def sent(batches: list[Batch]) -> list[tuple[str, list[str]]]:
    return [(batch.type_url, list(batch.entries)) for batch in batches]


def test_first_question_for_everything_is_answered_even_with_nothing() -> None:
    engine = Engine(ResourceCache())
    engine.ask(CLUSTER)
    engine.ask(LISTENER)
    assert sent(engine.take()) == [(CLUSTER, []), (LISTENER, [])]
    assert engine.take() == []


def test_clusters_come_before_listeners_and_go_after_them() -> None:
    cache = filled()
    engine = Engine(cache)
    engine.ask(LISTENER)
    engine.ask(CLUSTER)
    engine.ask(ENDPOINTS, "lsn-1")
    assert [kind for kind, _ in sent(engine.take())] == [CLUSTER, ENDPOINTS, LISTENER]
    cache.update([], removed=["lsn-1"])
    assert [(batch.type_url, batch.removed) for batch in engine.take()] == [
        (LISTENER, ("lsn-1",)),
        (ENDPOINTS, ("lsn-1",)),
        (CLUSTER, ("lsn-1",)),
    ]


def test_secret_is_sent_to_who_asked_for_it_by_name() -> None:
    engine = Engine(filled(compiled(secrets=3)))
    engine.ask(SECRET, "listener/lsn-1/1")
    assert sent(engine.take()) == [(SECRET, ["listener/lsn-1/1"])]


def test_secret_that_is_not_there_yet_is_sent_when_it_comes() -> None:
    cache = ResourceCache()
    engine = Engine(cache)
    engine.ask(SECRET, "listener/lsn-1/0")
    assert engine.take() == []
    cache.update([compiled()])
    assert sent(engine.take()) == [(SECRET, ["listener/lsn-1/0"])]


def test_new_certificate_comes_before_the_listener_that_gives_it_new_names() -> None:
    cache = filled()
    engine = Engine(cache)
    engine.ask(LISTENER)
    engine.ask(SECRET, "listener/lsn-1/0")
    engine.take()
    cache.update([compiled(secret="2", listener="2")])
    assert [kind for kind, _ in sent(engine.take())] == [SECRET, LISTENER]


def test_unchanged_bytes_are_never_pushed() -> None:
    cache = filled()
    engine = Engine(cache)
    engine.ask(CLUSTER)
    engine.ask(LISTENER)
    engine.take()
    cache.update([compiled()])
    assert engine.take() == []
    cache.update([compiled(listener="2")])
    assert sent(engine.take()) == [(LISTENER, ["lsn-1"])]


def test_what_the_engine_came_with_is_not_sent_again_and_what_went_meanwhile_is_said() -> None:
    engine = Engine(filled(compiled("lsn-1"), compiled("lsn-2", version="2")))
    engine.ask(LISTENER, versions={"lsn-1": "1", "lsn-2": "1", "lsn-3": "1"})
    batches = engine.take()
    assert [(list(batch.entries), batch.removed) for batch in batches] == [(["lsn-2"], ()), ([], ("lsn-3",))]
    assert engine.notes.acknowledgements == [(LISTENER, {"lsn-1": "1"})]


def test_engine_that_asks_again_gets_it_again() -> None:
    engine = Engine(filled())
    engine.ask(SECRET, "listener/lsn-1/0")
    engine.take()
    engine.ask(SECRET, "listener/lsn-1/0")
    assert sent(engine.take()) == [(SECRET, ["listener/lsn-1/0"])]


def test_nothing_is_sent_of_what_the_engine_no_longer_wants() -> None:
    cache = filled()
    engine = Engine(cache)
    engine.ask(SECRET, "listener/lsn-1/0")
    engine.take()
    engine.drop(SECRET, "listener/lsn-1/0")
    cache.update([compiled(secret="2")])
    assert engine.take() == []


def test_servers_follow_their_cluster_even_if_unchanged() -> None:
    cache = filled()
    engine = Engine(cache)
    engine.ask(CLUSTER)
    engine.ask(ENDPOINTS, "lsn-1")
    engine.take()
    cache.update([compiled(cluster="2")])
    assert sent(engine.take()) == [(CLUSTER, ["lsn-1"]), (ENDPOINTS, ["lsn-1"])]


def test_routes_wait_until_the_engine_has_the_servers_of_new_clusters() -> None:
    engine = Engine(filled())
    engine.ask(CLUSTER)
    engine.ask(ROUTES, "lsn-1")
    (clusters,) = engine.take()
    engine.accept(clusters)
    assert engine.take() == []
    engine.ask(ENDPOINTS, "lsn-1")
    (servers,) = engine.take()
    engine.accept(servers)
    assert [batch.type_url for batch in engine.take()] == [ROUTES]


def test_routes_do_not_wait_for_a_cluster_that_was_refused() -> None:
    engine = Engine(filled())
    engine.ask(CLUSTER)
    engine.ask(ROUTES, "lsn-1")
    engine.refuse(engine.take()[0], "no such policy")
    assert [batch.type_url for batch in engine.take()] == [ROUTES]


def test_acknowledgement_tells_type_names_and_versions() -> None:
    engine = Engine(filled())
    engine.ask(LISTENER)
    engine.accept(engine.take()[0])
    assert engine.notes.acknowledgements == [(LISTENER, {"lsn-1": "1"})]


def test_refusal_tells_the_reason_and_is_not_repeated() -> None:
    cache = filled()
    engine = Engine(cache)
    engine.ask(LISTENER)
    engine.refuse(engine.take()[0], "no such thing")
    assert engine.notes.rejections == [(LISTENER, "lsn-1", "1", "no such thing", False)]
    assert engine.take() == []
    cache.update([compiled(listener="2")])
    assert sent(engine.take()) == [(LISTENER, ["lsn-1"])]


def test_refusal_of_a_new_version_says_that_an_older_one_serves() -> None:
    cache = filled()
    engine = Engine(cache)
    engine.ask(LISTENER)
    engine.accept(engine.take()[0])
    cache.update([compiled(listener="2")])
    engine.refuse(engine.take()[0], "no such thing")
    assert engine.notes.rejections == [(LISTENER, "lsn-1", "2", "no such thing", True)]


def test_culprit_of_a_refused_batch_is_found_by_sending_one_by_one() -> None:
    engine = Engine(filled(compiled(secrets=3)))
    engine.ask(SECRET, *(f"listener/lsn-1/{number}" for number in range(3)))
    engine.refuse(engine.take()[0], "one of them is bad")
    assert engine.notes.rejections == []
    batches = engine.take()
    assert [list(batch.entries) for batch in batches] == [[f"listener/lsn-1/{number}"] for number in range(3)]
    assert all(batch.is_repeated for batch in batches)
    engine.accept(batches[0])
    engine.refuse(batches[1], "bad key")
    engine.accept(batches[2])
    assert engine.notes.rejections == [(SECRET, "listener/lsn-1/1", "1", "bad key", False)]
    assert engine.take() == []


def test_many_secrets_travel_in_several_batches() -> None:
    count = MOST_SECRETS_AT_ONCE * 2 + 1
    engine = Engine(filled(compiled(secrets=count)))
    engine.ask(SECRET, *(f"listener/lsn-1/{number}" for number in range(count)))
    batches = engine.take()
    assert [len(batch.entries) for batch in batches] == [MOST_SECRETS_AT_ONCE, MOST_SECRETS_AT_ONCE, 1]
    assert all(first.nonce != second.nonce for first, second in pairwise(batches))


def test_batch_that_could_not_be_sent_is_offered_again() -> None:
    engine = Engine(filled())
    engine.ask(SECRET, "listener/lsn-1/0")
    batch = engine.stream.next_batch()
    assert batch is not None
    engine.stream.postpone(batch)
    assert sent(engine.take()) == [(SECRET, ["listener/lsn-1/0"])]


def test_each_engine_is_told_on_its_own() -> None:
    cache = filled()
    first, second = Engine(cache), Engine(cache)
    first.ask(LISTENER)
    first.take()
    second.ask(LISTENER)
    cache.update([compiled(listener="2")])
    assert sent(first.take()) == sent(second.take()) == [(LISTENER, ["lsn-1"])]


def test_engine_can_ask_for_everything_by_a_star_and_take_it_back() -> None:
    cache = filled()
    engine = Engine(cache)
    engine.ask(LISTENER, "*")
    assert sent(engine.take()) == [(LISTENER, ["lsn-1"])]
    engine.drop(LISTENER, "*")
    cache.update([compiled(listener="2")])
    assert engine.take() == []


def test_what_a_stopped_listener_still_holds_is_acknowledged_again_when_it_starts() -> None:
    cache = filled()
    engine = Engine(cache)
    for asked in ((CLUSTER,), (ENDPOINTS, "lsn-1"), (SECRET, "listener/lsn-1/0"), (LISTENER,)):
        engine.ask(*asked)
    for batch in engine.take():
        engine.accept(batch)
    cache.update([], removed=["lsn-1"])
    for batch in engine.take():
        engine.accept(batch)
    engine.notes.acknowledgements.clear()
    cache.update([compiled()])  # the old listener drains, so the engine never asked anew for its secret
    batches = engine.take()
    assert SECRET not in {batch.type_url for batch in batches}
    assert (SECRET, {"listener/lsn-1/0": "1"}) in engine.notes.acknowledgements


def serving(cache: ResourceCache, *listeners: str) -> Engine:
    """An engine that has taken everything."""
    engine = Engine(cache)
    for asked in ((CLUSTER,), (ENDPOINTS, *listeners), (LISTENER,)):
        engine.ask(*asked)
    for batch in engine.take():
        engine.accept(batch)
    return engine


def run(story: Callable[[], Awaitable[None]]) -> None:
    """Run ``story`` in an event loop, which is what counts the drain time."""

    async def bounded() -> None:
        async with asyncio.timeout(60):
            await story()

    asyncio.run(bounded())


async def until_gone(cache: ResourceCache, cluster: str) -> None:
    gone = asyncio.Event()

    def look(_type_url: str, _names: object) -> None:
        if cluster not in cache.entries(CLUSTER):
            gone.set()

    unwatch = cache.watch(look)
    await gone.wait()
    unwatch()


def test_servers_of_a_removed_listener_go_when_it_has_drained() -> None:
    async def story() -> None:
        cache = ResourceCache(drain_seconds=0.01)
        cache.fill([compiled()])
        engine = serving(cache, "lsn-1")
        cache.update([], removed=["lsn-1"])
        assert [(batch.type_url, batch.removed) for batch in engine.take()] == [(LISTENER, ("lsn-1",))]
        await until_gone(cache, "lsn-1")
        assert [(batch.type_url, batch.removed) for batch in engine.take()] == [
            (ENDPOINTS, ("lsn-1",)),
            (CLUSTER, ("lsn-1",)),
        ]

    run(story)


def test_listener_that_starts_again_while_it_drains_keeps_its_servers() -> None:
    async def story() -> None:
        cache = ResourceCache(drain_seconds=0.01)
        cache.fill([compiled(), compiled("lsn-2")])
        engine = serving(cache, "lsn-1", "lsn-2")
        cache.update([], removed=["lsn-1"])
        engine.notes.acknowledgements.clear()
        cache.update([compiled()])
        assert {(CLUSTER, "lsn-1"), (ENDPOINTS, "lsn-1")} <= {
            (type_url, name) for type_url, versions in engine.notes.acknowledgements for name in versions
        }
        cache.update([], removed=["lsn-2"])
        await until_gone(cache, "lsn-2")  # what was to end the servers of the first was due earlier
        assert cache.entries(CLUSTER).keys() == cache.entries(ENDPOINTS).keys() == {"lsn-1"}

    run(story)


def test_listener_that_can_be_served_no_more_drains_like_a_removed_one() -> None:
    async def story() -> None:
        cache = ResourceCache(drain_seconds=60)
        cache.fill([compiled()])
        cache.update([CompiledListener("lsn-1", None, {}, {}, {}, {}, ())])
        assert (set(cache.entries(LISTENER)), set(cache.entries(CLUSTER))) == (set(), {"lsn-1"})
        cache.update([compiled(version="2")])
        assert cache.entries(CLUSTER)["lsn-1"].version == "2"

    run(story)
