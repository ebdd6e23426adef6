"""One engine per node: adopt the one that runs, else start it; restart it when it dies; drain it at the end."""

import asyncio
import contextlib
import logging
import os
import signal
import time
from collections.abc import Callable

from dataplane.engine.admin import Admin
from dataplane.engine.command import EngineCommand
from dataplane.engine.errors import EngineError
from dataplane.engine.process import ProcessIdentity, start_detached, tail
from dataplane.engine.state import EngineState, read_state, write_state

FIRST_DELAY_SECONDS = 0.1
LONGEST_DELAY_SECONDS = 30.0
STEADY_SECONDS = 60.0  # an engine that lived this long starts the back-off anew
EXIT_SECONDS = 10.0
LOG_BYTES = 10_000_000
LOG_CHECK_SECONDS = 30.0

logger = logging.getLogger(__name__)


class Engine:
    """The Envoy process of one node. It outlives this object unless it is told to drain."""

    def __init__(self, command: EngineCommand, on_restart: Callable[[], None]) -> None:
        self.command = command
        self._on_restart = on_restart
        self.admin = Admin(command.paths.admin_socket)
        self.problem = ""  # what to tell the operator; empty when all is well
        self.state: EngineState | None = None
        self._is_stopping = False
        self._deaths = 0

    @property
    def pid(self) -> int | None:
        """The engine's process id; None while there is none."""
        return self.state.process.pid if self.state else None

    @property
    def own_pids(self) -> frozenset[int]:
        """The ids of the engine and of a predecessor that still drains."""
        state = self.state
        processes = (state.process, state.predecessor) if state else ()
        return frozenset(process.pid for process in processes if process)

    async def start(self) -> bool:
        """Adopt the engine that an earlier process of this node left, else start one; True when adopted."""
        kept = read_state(self.command.paths.state)
        if kept and kept.process.is_alive() and self._is_wanted(kept):
            self.state = kept
            logger.info("adopted the running engine, process %s", kept.process.pid)
            return True
        self.state = kept
        await self._spawn()
        return False

    def _is_wanted(self, state: EngineState) -> bool:
        return (state.binary, state.bootstrap_sha256) == (self.command.binary_fingerprint, self.command.sha256)

    async def _spawn(self) -> None:
        """Start an engine: as the successor of the one that runs, or from nothing."""
        predecessor, epoch = await self._predecessor()
        command = self.command
        command.write_bootstrap()
        process = await asyncio.to_thread(
            start_detached, command.arguments(epoch), files=command.limits.files, errors=command.paths.errors
        )
        self.state = EngineState(process, epoch, command.binary_fingerprint, command.sha256, predecessor)
        write_state(command.paths.state, self.state)
        how = f"to take over from process {predecessor.pid}" if predecessor else "from nothing"
        logger.info("started the engine %s: process %s", how, process.pid)

    def _running(self) -> tuple[ProcessIdentity | None, int]:
        """Return the newest engine that runs, and the epoch of its successor."""
        if self.state and self.state.process.is_alive():
            return self.state.process, self.state.epoch + 1
        if self.state and self.state.predecessor and self.state.predecessor.is_alive():
            return self.state.predecessor, self.state.epoch
        return None, 0

    async def _predecessor(self) -> tuple[ProcessIdentity | None, int]:
        """Return the engine to take over from, and the epoch of its successor; end one that serves nothing yet."""
        predecessor, epoch = self._running()
        if predecessor and not await self._serves():
            # Envoy refuses to take over from one that has not had its first resources.
            await _terminate(predecessor)
            predecessor, epoch = None, 0
        return predecessor, epoch

    async def _serves(self) -> bool:
        try:
            return await self.admin.state() in {"LIVE", "DRAINING"}
        except EngineError:
            return False

    async def watch(self) -> None:
        """Restart the engine each time it dies, ever later if it dies at once; ends when told to drain."""
        while self.state:
            started = time.monotonic()
            recovered = asyncio.create_task(self._forget_problem())
            await ended(self.state.process)
            recovered.cancel()
            if self._is_stopping:
                return
            self._deaths = 0 if time.monotonic() - started > STEADY_SECONDS else self._deaths + 1
            delay = min(LONGEST_DELAY_SECONDS, FIRST_DELAY_SECONDS * 2 ** min(20, max(0, self._deaths - 1)))
            last_words = tail(self.command.paths.errors) or tail(self.command.paths.log)
            self.problem = f"The engine (process {self.pid}) died and is restarted after {delay:.1f} s. {last_words}"
            logger.error("%s", self.problem)
            await asyncio.sleep(delay)
            if not self._is_stopping:
                await self._respawn()

    async def _forget_problem(self) -> None:
        await asyncio.sleep(STEADY_SECONDS)
        self.problem = ""

    async def _respawn(self) -> None:
        try:
            await self._spawn()
        except EngineError as error:
            self.problem = str(error)
            logger.error("%s", error)  # noqa: TRY400  (the text says it all)
        else:
            self._on_restart()

    async def drain(self, seconds: float, cut: asyncio.Event) -> None:
        """Refuse new connections, let open ones finish for ``seconds`` or until ``cut``, then end the engine."""
        self._is_stopping = True
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._wait_for_connections(cut)
        await self._end()

    async def _wait_for_connections(self, cut: asyncio.Event) -> None:
        try:
            await self.admin.stop_accepting()
            while not cut.is_set() and await self._open_connections():
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(cut.wait(), 0.2)
        except EngineError as error:
            logger.warning("the engine is ended without draining: %s", error)

    async def _open_connections(self) -> int:
        counts = await self.admin.active_connections()
        return sum(counts.values())

    async def _end(self) -> None:
        if self.state:
            for process in (self.state.process, self.state.predecessor):
                if process:
                    await _terminate(process)
        self._clean_up()

    def _clean_up(self) -> None:
        for path in (self.command.paths.state, *self.command.paths.leftovers()):
            path.unlink(missing_ok=True)

    def leave(self) -> None:
        """Let go of the engine, which goes on serving."""
        self._is_stopping = True

    async def rotate_log(self) -> None:
        """Keep the engine's log below two files of ``LOG_BYTES`` for as long as this runs."""
        log = self.command.paths.log
        while True:
            await asyncio.sleep(LOG_CHECK_SECONDS)
            if log.exists() and log.stat().st_size > LOG_BYTES:
                log.replace(log.with_suffix(".log.1"))
                with contextlib.suppress(EngineError):
                    await self.admin.reopen_logs()


async def ended(process: ProcessIdentity) -> None:
    """Return once ``process`` has ended."""
    descriptor = process.open()
    if descriptor is None:
        return
    loop = asyncio.get_running_loop()
    done = asyncio.Event()
    loop.add_reader(descriptor, done.set)
    try:
        await done.wait()
    finally:
        loop.remove_reader(descriptor)
        os.close(descriptor)


async def _terminate(process: ProcessIdentity) -> None:
    """End ``process`` politely, then by force."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        if process.send(number):
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(ended(process), EXIT_SECONDS)
