"""One child process: spawned so that it ends with the quick start, and its lines read."""

import asyncio
import ctypes
import os
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from lbadmin.environment import BASE_DIR, is_setting
from lbadmin.quickstart.terminal import print_line

LONGEST_LINE = 32_768
PR_SET_PDEATHSIG = 1
_prctl = ctypes.CDLL(None, use_errno=True).prctl


@dataclass(frozen=True, slots=True)
class Program:
    """What to run under a name.

    ``orphan_signal`` is what the kernel sends it when the quick start is killed. ``patience_seconds`` is how long it
    may take to end after SIGTERM. ``keeps_lock`` says whether the next start waits for it (locks.children_lock);
    ``descriptors`` are handed down to it besides. One that is no part of lbadmin, and so ``reads_settings`` not, is
    told no secret.
    """

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    orphan_signal: signal.Signals = signal.SIGTERM
    patience_seconds: float = 10.0
    keeps_lock: bool = True
    reads_settings: bool = True
    descriptors: tuple[int, ...] = ()


class Child:
    """A running program; it leads a session of its own, so that a signal to its group reaches all of it."""

    def __init__(self, program: Program, lock: int) -> None:
        self.program = program
        self.process = subprocess.Popen(
            program.command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=BASE_DIR,
            env=child_environment(program),
            start_new_session=True,
            pass_fds=(*program.descriptors, *((lock,) if program.keeps_lock else ())),
            # This process has one thread, so nothing can hold a lock that the hook needs.
            preexec_fn=partial(_die_with_parent, os.getpid(), program.orphan_signal),  # noqa: PLW1509
        )
        self.pid = self.process.pid

    async def ended(self) -> int:
        """Copy its lines to the terminal until it ends; return its exit status as Popen has it."""
        loop = asyncio.get_running_loop()
        transport, protocol = await loop.connect_read_pipe(
            lambda: _Lines(partial(print_line, self.program.name)), self.process.stdout
        )
        try:
            await _exit_of(self.pid)
            # What it left in the pipe still comes; a process that it left behind may keep the pipe open.
            await asyncio.wait([protocol.closed], timeout=0.5)
        finally:
            transport.close()
        return self.process.wait()

    def signal_group(self, number: signal.Signals) -> None:
        """Send a signal to the process and to all that it started in its group."""
        try:
            os.killpg(self.pid, number)
        except ProcessLookupError:
            return

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the process alone, which passes it on to its own as it sees fit."""
        self.process.send_signal(number)


def child_environment(program: Program) -> dict[str, str]:
    """Return the environment of a child: the given one less what is not for it."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("LBADMIN_ADMIN_PASSWORD") and (program.reads_settings or not is_setting(name))
    }
    # Threads share two heaps instead of having one each: a third less memory for processes that are mostly idle.
    return {**kept, "PYTHONUNBUFFERED": "1", "MALLOC_ARENA_MAX": "2", **program.environment}


async def _exit_of(pid: int) -> None:
    """Wait until a child has exited, without reaping it."""
    loop = asyncio.get_running_loop()
    exited = asyncio.Event()
    descriptor = os.pidfd_open(pid)
    loop.add_reader(descriptor, exited.set)
    try:
        await exited.wait()
    finally:
        loop.remove_reader(descriptor)
        os.close(descriptor)


def _die_with_parent(parent: int, number: signal.Signals) -> None:
    """Ask the kernel, between fork and exec, for a signal when the quick start dies (prctl(2))."""
    _prctl(PR_SET_PDEATHSIG, number)
    if os.getppid() != parent:  # it died before the question
        os._exit(1)


class _Lines(asyncio.Protocol):
    """Cut a stream of bytes into lines."""

    def __init__(self, take: Callable[[str], None]) -> None:
        self.take = take
        self.rest = b""
        self.closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def data_received(self, data: bytes) -> None:
        """Pass on the lines that are whole, and those that are too long to wait for."""
        *lines, self.rest = (self.rest + data).split(b"\n")
        if len(self.rest) > LONGEST_LINE:
            lines, self.rest = [*lines, self.rest], b""
        for line in lines:
            self._pass_on(line)

    def connection_lost(self, exc: Exception | None) -> None:
        """Pass on a last line without an end."""
        if self.rest:
            self._pass_on(self.rest)
        if not self.closed.done():
            self.closed.set_result(None)

    def _pass_on(self, line: bytes) -> None:
        self.take(line.decode(errors="replace").rstrip("\r"))
