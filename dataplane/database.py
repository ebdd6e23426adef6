"""Database work off the event loop: one thread with its own connection, that a broken connection does not outlive."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from django.db import Error, connections

P = ParamSpec("P")
T = TypeVar("T")


class DatabaseThread:
    """A thread for database work; what is given to it runs in turn."""

    def __init__(self, name: str) -> None:
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)

    async def run(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run ``work`` in the thread and return its result, or raise its error."""
        return await asyncio.get_running_loop().run_in_executor(self._executor, lambda: _guarded(work, *args, **kwargs))

    async def close(self) -> None:
        """Close the thread's connections and end it."""
        await asyncio.get_running_loop().run_in_executor(self._executor, connections.close_all)
        self._executor.shutdown(wait=False)


def _guarded(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    try:
        return work(*args, **kwargs)
    except Error:
        # The next work gets a fresh connection: after a restart of the database this one never works again.
        connections.close_all()
        raise
