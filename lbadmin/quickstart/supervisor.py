"""Keep programs running until they are told to stop."""

import asyncio
import signal
import time
from collections.abc import Sequence

from lbadmin.quickstart.child import Child, Program
from lbadmin.quickstart.terminal import say

FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 30.0
STEADY_SECONDS = 60.0  # a program that ran this long starts the back-off anew
LAST_PATIENCE_SECONDS = 15.0


class Supervisor:
    """The programs that run now; each one that ends is started again, ever later if it ends at once."""

    def __init__(self, lock: int) -> None:
        self._lock = lock
        self._children: dict[str, Child] = {}
        self._keepers: dict[str, asyncio.Task[None]] = {}
        self._is_stopping = False
        self.hurry = asyncio.Event()  # set it to cut short what a program would still finish

    def keep(self, program: Program) -> None:
        """Start a program, and start it again whenever it ends."""
        self._keepers[program.name] = asyncio.create_task(self._keep(program))

    async def run_once(self, program: Program) -> int:
        """Run a program to its end and return its exit status."""
        child = self._children[program.name] = Child(program, self._lock)
        try:
            return await child.ended()
        finally:
            child.signal_group(signal.SIGKILL)  # what it left behind would be in the way of its successor
            child.process.wait()
            del self._children[program.name]

    async def stop(self, *stages: Sequence[str]) -> None:
        """End all programs, stage by stage: the names of one stage together, and at last whatever is left."""
        self._is_stopping = True
        for names in (*stages, tuple(self._keepers)):
            await asyncio.gather(*(self._stop_one(name) for name in names if name in self._keepers))

    async def _keep(self, program: Program) -> None:
        pause = FIRST_PAUSE_SECONDS
        while True:
            started = time.monotonic()
            status = await self.run_once(program)
            if self._is_stopping:
                return
            if time.monotonic() - started > STEADY_SECONDS:
                pause = FIRST_PAUSE_SECONDS
            say(f"{program.name} {how_it_ended(status)}; starting it again in {pause:g} s")
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)

    async def _stop_one(self, name: str) -> None:
        keeper = self._keepers.pop(name)
        child = self._children.get(name)
        if child is None:  # between two starts
            keeper.cancel()
            await asyncio.wait([keeper])
            return
        child.signal(signal.SIGTERM)
        if await self._has_ended(keeper, child.program.patience_seconds):
            return
        # To the node a second SIGTERM means: end the connections that are still open.
        child.signal(signal.SIGTERM)
        await asyncio.wait([keeper], timeout=LAST_PATIENCE_SECONDS)
        if not keeper.done():
            say(f"{name} does not end; it is killed")
            child.signal_group(signal.SIGKILL)
            await asyncio.wait([keeper])

    async def _has_ended(self, keeper: asyncio.Task[None], patience: float) -> bool:
        hurry = asyncio.create_task(self.hurry.wait())
        await asyncio.wait([keeper, hurry], timeout=patience, return_when=asyncio.FIRST_COMPLETED)
        hurry.cancel()
        return keeper.done()


def how_it_ended(status: int) -> str:
    """Say in words what an exit status means; a negative one is a signal."""
    if status < 0:
        return f"was killed by {signal.Signals(-status).name}"
    return f"ended with status {status}"
