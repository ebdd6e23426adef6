"""Carry what the node knows to the database, a few short writes a second, and survive a database that is away."""

import asyncio
import logging
import os
from collections.abc import Callable, Collection, Mapping
from datetime import datetime

from django.db import Error
from django.utils import timezone

from dataplane import observations, observed_handshakes
from dataplane.accesslog import AccessLog, Totals
from dataplane.client_records import ClientRecords
from dataplane.database import DatabaseThread
from dataplane.engine.admin import QuicCounters
from dataplane.engine.errors import EngineError
from dataplane.engine.supervisor import Engine
from dataplane.follow import Follower
from dataplane.health import seen_health
from dataplane.health_log import HealthLog
from dataplane.observations import Figures, Health
from dataplane.quic_counts import QuicCounts
from dataplane.status import Observation, StatusBoard
from listeners.models import NodeStatus, ServedReceipt

TICK_SECONDS = 0.5
FIGURES_TICKS = 4  # figures, health and heartbeat are written every so many ticks
MOST_RECEIPTS = 5_000  # kept in memory while the database is away

logger = logging.getLogger(__name__)


class Reporter:
    """Write states and receipts as they come, figures, health and the heartbeat every two seconds."""

    def __init__(
        self,
        node: str,
        engine: Engine,
        follower: Follower,
        board: StatusBoard,
        log: AccessLog,
        *,
        first_served: Callable[[Collection[str]], None],
    ) -> None:
        self._node = node
        self._engine = engine
        self._follower = follower
        self._board = board
        self._log = log
        self._quic = QuicCounts(log)
        self._first_served = first_served
        self._database = DatabaseThread("status")
        self._clients = ClientRecords()
        self._started_at: datetime = timezone.now()
        self._states: dict[str, Observation] = {}
        self._receipts: list[ServedReceipt] = []
        self._active: dict[str, int] = {}
        self._health: dict[tuple[str, str, str, int], Health] = {}
        self._health_log = HealthLog(engine.command.paths.health_log)
        self._version = ""
        self._cursor = 0
        self._served_before: set[str] | None = None
        self._starts_with: set[str] | None = None
        self._has_started = False
        self.phase = ""  # what the node is doing, when it is not just serving

    def starts_with(self, listener_ids: set[str]) -> None:
        """Take what the node serves at its start: what an earlier process served beside it is stopped."""
        self._starts_with = listener_ids
        self._has_started = True

    def keep(self, receipts: list[ServedReceipt]) -> None:
        """Take receipts to be written; the oldest are dropped when the database is away for very long."""
        self._receipts = (self._receipts + receipts)[-MOST_RECEIPTS:]

    async def run(self) -> None:
        """Report until cancelled; a process edge, so nothing that goes wrong here ends the node."""
        tick = 0
        while True:
            try:
                await self.report(with_figures=tick % FIGURES_TICKS == 0)
            except Exception:  # the edge of a report: whatever is wrong with this one, the node serves on
                logger.exception("observations could not be reported")
            tick += 1
            await asyncio.sleep(TICK_SECONDS)

    async def report(self, *, with_figures: bool) -> None:
        """Write what is new; what cannot be written now is kept for the next time."""
        # Before the states: whoever sees the cursor then finds everything up to it in them.
        self._cursor = self._follower.cursor
        try:
            await self._report_states()
            await self._report_receipts()
            if with_figures:
                await self._report_figures()
                await self._report_handshakes()
                await self._report_clients()
                await self._report_health()
                await self._report_node()
        except Error as error:
            logger.warning("observations are kept until the database is back: %s", error)

    async def _report_states(self) -> None:
        if self._served_before is None:
            totals = await self._database.run(observations.load_totals, self._node)
            self._log.seed(totals)
            self._served_before = set(totals)
        if self._starts_with is not None:
            await self._database.run(observations.stop_others, self._node, self._starts_with)
            self._first_served(self._starts_with - self._served_before)
            self._starts_with = None
        self._states.update({seen.listener_id: seen for seen in self._board.take_changed()})
        if self._states:
            writing = dict(self._states)
            await self._database.run(observations.write_states, self._node, writing.values())
            self._states = {key: seen for key, seen in self._states.items() if writing.get(key) is not seen}

    async def _report_receipts(self) -> None:
        if self._receipts:
            writing = list(self._receipts)
            await self._database.run(observations.write_receipts, writing)
            self._receipts = self._receipts[len(writing) :]

    async def _report_figures(self) -> None:
        active = await self._active_connections()
        await self._count_quic()
        changed = {key for key in active.keys() | self._active.keys() if active.get(key) != self._active.get(key)}
        # What is counted while this is written is for the next time.
        counted, self._log.changed = self._log.changed, set()
        figures = {key: Figures(self._log.totals.get(key, Totals()), active.get(key, 0)) for key in changed | counted}
        try:
            if figures:
                await self._database.run(observations.write_figures, self._node, figures)
        except Error:
            self._log.changed |= counted
            raise
        self._active = active

    async def _report_clients(self) -> None:
        seen = self._log.clients.take()
        if not seen:
            return
        try:
            await self._database.run(self._clients.write, seen, self._follower.snapshot, self._follower.compiled)
        except Error:
            self._log.clients.put_back(seen)
            raise

    async def _report_handshakes(self) -> None:
        pending = self._log.handshakes.pending()
        if pending:
            await self._database.run(observed_handshakes.write_handshakes, self._node, pending)
            self._log.handshakes.written(pending)

    async def _active_connections(self) -> dict[str, int]:
        """Return the open connections of each listener; none when the engine does not answer."""
        try:
            return await self._engine.admin.active_connections()
        except EngineError:
            return {}

    async def _count_quic(self) -> None:
        """Read what the access log does not tell; nothing when the engine does not answer."""
        if not self._has_started:
            return  # what an adopted engine has counted before must be told from what it counts from now on
        listeners = self._follower.snapshot.listeners.values()
        quic = {listener.id for listener in listeners if listener.protocol == "QUIC"}
        try:
            counters = await self._engine.admin.quic_counters() if quic else {}
        except EngineError:
            return
        self._quic.take({listener_id: counters.get(listener_id, QuicCounters()) for listener_id in quic})

    async def _report_health(self) -> None:
        seen = await self._seen_health()
        changed = [health for key, health in seen.items() if self._health.get(key) != health]
        if changed:
            await self._database.run(observations.write_health, self._node, changed)
        self._health = seen

    async def _seen_health(self) -> dict[tuple[str, str, str, int], Health]:
        try:
            clusters = await self._engine.admin.clusters()
        except EngineError:
            return self._health
        self._health_log.keep_only({cluster["name"] for cluster in clusters})
        seen = seen_health(clusters, self._follower.snapshot, self._health_log.read())
        return {(each.listener_id, each.server_group_id, each.address, each.port): each for each in seen}

    async def _report_node(self) -> None:
        problems = (self.phase, self._engine.problem, self._follower.problem, await self._engine_problem())
        fields = {**self._node_fields(), "problem": " ".join(problem for problem in problems if problem)}
        await self._database.run(observations.write_node, self._node, **fields)

    def _node_fields(self) -> Mapping[str, object]:
        return {
            "pid": os.getpid(),
            "engine_pid": self._engine.pid,
            "engine_version": self._version[:128],
            "file_limit": self._engine.command.limits.files,
            "change_cursor": self._cursor,
            "started_at": self._started_at,
        }

    async def _engine_problem(self) -> str:
        """Ask the engine who it is; return its silence as a problem."""
        try:
            self._version = await self._engine.admin.version()
        except EngineError as error:
            return str(error)
        return ""

    async def finish(self) -> None:
        """Write the end: this node serves nothing any more, and its engine is gone."""
        try:
            await self._report_receipts()
            await self._report_figures()
            await self._report_handshakes()
            await self._report_clients()
            await self._database.run(observations.stop_others, self._node, set())
            fields = {**self._node_fields(), "engine_pid": None, "problem": NodeStatus.STOPPED}
            await self._database.run(observations.write_node, self._node, **fields)
        except Error as error:
            logger.warning("the end of this node could not be written: %s", error)

    async def close(self) -> None:
        """End the database thread."""
        await self._database.close()
