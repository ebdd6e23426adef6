"""One node: everything that runs in ``manage.py runlistener``, put together and taken apart in order."""

import asyncio
import logging
import signal
import sys
from collections.abc import Collection, Mapping
from dataclasses import replace
from enum import Enum
from typing import Any

from dataplane import request_logs
from dataplane.accesslog import AccessLog, ProbeSources
from dataplane.advance import Step
from dataplane.collect import Selection
from dataplane.engine.command import EngineCommand
from dataplane.engine.leases import ListenerLeases, lease_node
from dataplane.engine.limits import engine_limits, raise_file_limit
from dataplane.engine.paths import NodePaths, lease_dir
from dataplane.engine.supervisor import Engine
from dataplane.envoy.names import SECRET
from dataplane.envoy.resources import CompiledListener
from dataplane.expectation import NO_NAME, Served, served_listener
from dataplane.follow import Follower
from dataplane.gate import GatedCache
from dataplane.probes import Prober
from dataplane.reporter import Reporter
from dataplane.secrets import SecretStore
from dataplane.snapshot import Snapshot
from dataplane.status import Blocked, StatusBoard
from dataplane.xds.server import XdsServer

CANCEL_SECONDS = 5.0
DRAIN_MARGIN_SECONDS = 5  # until the engine has heard that a listener is to drain
# How long a thread may keep the event loop from running; Python's 5 ms, a few times over, are most of a replace.
SWITCH_SECONDS = 0.0005
# Listeners that are asked what they serve when a node meets them at its start; others wait for their next change.
FIRST_ASKED = 200
DRAINING = "The node drains: it takes no new connections and ends when the open ones have finished."


logger = logging.getLogger(__name__)


class End(Enum):
    """How a node ends."""

    DRAIN = "drain"  # refuse new connections, let open ones finish, end the engine
    LEAVE = "leave"  # let the engine serve on, for the next process of this node to adopt


class Node:
    """A node of a name, serving a selection of listeners until it is told to end."""

    def __init__(self, name: str, selection: Selection, drain_seconds: int) -> None:
        self.name = name
        self._paths = NodePaths.of(name)
        self._paths.create()
        request_logs.create_log_directory()
        self._lease = lease_node(self._paths.node_lock, name)
        self._leases = ListenerLeases(lease_dir(), name)
        self._drain_seconds = drain_seconds
        self._compiled: Mapping[str, CompiledListener] = {}
        self._snapshot = Snapshot()
        self._kept_back: set[str] = set()
        self._end: asyncio.Queue[End] = asyncio.Queue()
        self._cut = asyncio.Event()
        self._build(replace(selection, health_log=str(self._paths.health_log)))

    def _build(self, selection: Selection) -> None:
        sources = ProbeSources()
        secrets = SecretStore()
        self._log = AccessLog(sources)
        self._board = StatusBoard(lambda: self._compiled)
        command = EngineCommand(self.name, self._paths, engine_limits(), self._drain_seconds)
        self._engine = Engine(command, self._board.engine_restarted)
        self._cache = GatedCache(
            self._leases,
            lambda: self._engine.own_pids,
            self._blocked,
            self._admitted,
            self._drain_seconds + DRAIN_MARGIN_SECONDS,
        )
        self._follower = Follower(self._cache, secrets, selection, self._applied)
        self._reporter = Reporter(
            self.name, self._engine, self._follower, self._board, self._log, first_served=self._first_served
        )
        self._prober = Prober(self.name, sources, self._served, self._reporter.keep)
        self._observer = _Observer(self._board, self._follower)
        self._server = XdsServer(self._cache, secrets.load, self._observer, self._log.record)

    def take(self, listener_ids: frozenset[str]) -> dict[str, str]:
        """Take the leases of listeners at once; return who holds those that cannot be had."""
        holders = {listener_id: self._leases.acquire(listener_id) for listener_id in sorted(listener_ids)}
        return {listener_id: holder for listener_id, holder in holders.items() if holder}

    async def run(self) -> None:
        """Serve until SIGTERM or SIGINT (drain; the second time at once) or SIGHUP (leave the engine serving)."""
        raise_file_limit()
        sys.setswitchinterval(SWITCH_SECONDS)
        self._listen_to_signals()
        await self._server.start(self._paths.xds_socket)
        await self._engine.start()
        logger.info("node %s runs; its engine is process %s", self.name, self._engine.pid)
        reporting = asyncio.create_task(self._reporter.run())
        try:
            await self._shut_down(await self._serve(), reporting)
        finally:
            await _cancel(reporting)
            await self._reporter.close()
            await self._engine.admin.close()
            # gRPC logs a stack for each stream that ends with the server.
            logging.getLogger("grpc._cython.cygrpc").setLevel(logging.CRITICAL)
            await self._server.stop()
            self._leases.keep_only(set())
            self._lease.release()

    def _listen_to_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._on_stop)
        loop.add_signal_handler(signal.SIGHUP, self._end.put_nowait, End.LEAVE)

    def _on_stop(self) -> None:
        if self._reporter.phase:
            self._cut.set()
        self._reporter.phase = DRAINING
        self._end.put_nowait(End.DRAIN)

    async def _serve(self) -> End:
        """Run everything until a signal says how to end; a part that fails ends all of it."""
        parts = (
            self._follower.run(),
            self._cache.run(),
            self._engine.watch(),
            self._engine.rotate_log(),
            request_logs.rotate(self._served_ids, self._engine.admin.reopen_logs),
        )
        tasks = [asyncio.create_task(part) for part in parts]
        ending = asyncio.create_task(self._end.get())
        try:
            done, _ = await asyncio.wait([ending, *tasks], return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
            return ending.result()
        finally:
            for task in (*tasks, ending):
                await _cancel(task)

    async def _shut_down(self, end: End, reporting: "asyncio.Task[None]") -> None:
        if end is End.LEAVE:
            logger.info("leaving the engine, process %s, serving", self._engine.pid)
            self._engine.leave()
            return
        logger.info("draining for at most %s s; a second signal ends at once", self._drain_seconds)
        await self._engine.drain(self._drain_seconds, self._cut)
        await _cancel(reporting)
        await self._reporter.finish()

    def _applied(self, step: Step) -> None:
        """Take note of a step of the follower; the first one, without changes, is the start."""
        is_start = not self._snapshot.listeners and not self._compiled and not step.changes
        self._compiled, self._snapshot = step.position.compiled, step.position.snapshot
        touched = {listener.id for listener in step.compiled}
        self._board.touch(touched | step.removed)
        if is_start:
            self._reporter.starts_with(touched)
            found = {listener_id: self._served(listener_id) for listener_id in touched}
            self._prober.learn({listener_id: served for listener_id, served in found.items() if served})
        else:
            moved = (touched | step.removed) - self._cache.blocked.keys()
            self._prober.changed(moved, step.changes[-1] if step.changes else None)

    def _served(self, listener_id: str) -> Served | None:
        if listener_id in self._cache.blocked:
            return None  # whoever answers on its port is not this node
        return served_listener(self._snapshot, self._compiled, listener_id)

    def _served_ids(self) -> Collection[str]:
        return self._compiled.keys() - self._cache.blocked.keys()

    def _first_served(self, listener_ids: Collection[str]) -> None:
        """Ask for receipts of listeners that were created before this node knew of them, a bounded number."""
        for listener_id in sorted(listener_ids)[:FIRST_ASKED]:
            self._prober.ask(listener_id, [NO_NAME], None)

    def _blocked(self, blocked: Mapping[str, Blocked]) -> None:
        freed = self._kept_back - blocked.keys()
        self._kept_back = set(blocked)
        self._board.block(blocked)
        for listener_id in freed & self._compiled.keys():
            self._prober.ask(listener_id, [NO_NAME], None)

    def _admitted(self, listener_ids: set[str]) -> None:
        self._board.touch(listener_ids)


class _Observer:
    """Tell the status board and the follower what the engine says."""

    def __init__(self, board: StatusBoard, follower: Follower) -> None:
        self._board = board
        self._follower = follower

    def acknowledged(self, type_url: str, versions: Mapping[str, str]) -> None:
        """Note what the engine took."""
        self._board.acknowledged(type_url, versions)

    def rejected(self, type_url: str, name: str, version: str, reason: str, *, has_older: bool) -> None:
        """Note what the engine refused; a certificate that it has never had in its place is left out."""
        logger.error("the engine refused %s %s: %s", type_url.rpartition(".")[2].lower(), name, reason)
        self._board.rejected(type_url, name, version, reason, has_older=has_older)
        if type_url == SECRET and not has_older:
            self._follower.refuse(name, version, reason)


async def _cancel(task: "asyncio.Task[Any]") -> None:
    """Cancel a task and give it a moment to clean up; the end of a node must not hang on one of its parts."""
    task.cancel()
    await asyncio.wait({task}, timeout=CANCEL_SECONDS)
