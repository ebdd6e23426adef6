"""A node without an engine of its own: the follower and the xDS server, in a thread."""

import asyncio
import contextlib
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from dataplane.advance import Step
from dataplane.collect import Selection
from dataplane.envoy.names import CLUSTER, ENDPOINTS, FILTERS, LISTENER, ROUTES, SECRET
from dataplane.follow import POLL_SECONDS, Follower
from dataplane.secrets import SecretStore
from dataplane.xds.accesslog import Connection
from dataplane.xds.cache import ResourceCache
from dataplane.xds.server import XdsServer
from tests.waiting import wait_until


@dataclass
class Node:
    """What a node saw; it takes notes as the observer of its server."""

    loop: asyncio.AbstractEventLoop
    cache: ResourceCache = field(default_factory=ResourceCache)
    steps: list[Step] = field(default_factory=list)
    taken: list[tuple[str, str]] = field(default_factory=list)  # type and name, as acknowledged
    rejections: list[tuple[str, str, str]] = field(default_factory=list)
    connections: list[tuple[str, Connection]] = field(default_factory=list)
    follower: Follower = field(init=False)
    server: XdsServer = field(init=False)

    def acknowledged(self, type_url: str, versions: Mapping[str, str]) -> None:
        self.taken += [(type_url, name) for name in versions]

    def rejected(self, type_url: str, name: str, version: str, reason: str, *, has_older: bool) -> None:
        self.rejections.append((type_url, name, reason))
        if type_url == SECRET and not has_older:
            self.follower.refuse(name, version, reason)

    def ended(self, listener_id: str, connections: Sequence[Connection]) -> None:
        self.connections += [(listener_id, connection) for connection in connections]

    def forget_taken(self) -> None:
        """Begin the notes anew once the engine has acknowledged everything: it may serve a moment before it does."""
        sent = {
            (kind, name)
            for kind in (CLUSTER, ENDPOINTS, FILTERS, LISTENER, ROUTES, SECRET)
            for name in self.cache.entries(kind)
        }
        wait_until(lambda: sent <= set(self.taken))
        self.taken.clear()

    def compare(self) -> bool:
        """Have the follower read everything again."""
        return asyncio.run_coroutine_threadsafe(self.follower.compare(), self.loop).result(30)


@contextlib.contextmanager
def running_node(
    directory: Path, selection: Selection | None = None, *, poll_seconds: float = POLL_SECONDS
) -> Iterator[Node]:
    """Serve on ``xds.sock`` in ``directory`` what the database holds, until the block ends."""
    loop = asyncio.new_event_loop()
    node = Node(loop)
    started, stop = threading.Event(), asyncio.Event()

    async def main() -> None:
        secrets = SecretStore()
        node.follower = Follower(
            node.cache, secrets, selection or Selection(), node.steps.append, poll_seconds=poll_seconds
        )
        node.server = XdsServer(node.cache, secrets.load, node, node.ended)
        await node.server.start(directory / "xds.sock")
        following = asyncio.ensure_future(node.follower.run())
        started.set()
        await stop.wait()
        await node.server.stop(0)
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)

    def serve() -> None:
        with asyncio.Runner(loop_factory=lambda: loop) as runner:
            runner.run(main())

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        if not started.wait(60):
            raise TimeoutError
        yield node
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(20)
