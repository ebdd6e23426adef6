"""The files that listeners log their requests to, kept below a bounded size."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Collection
from pathlib import Path

from django.conf import settings

from dataplane.engine.errors import EngineError
from dataplane.engine.paths import lease_dir, private_directory

CHECK_SECONDS = 5.0
LOG_BYTES = 64 * 1024 * 1024
OLD_FILES = 4  # kept beside the one that is written: .log.1 is the newest
KEPT_SECONDS = 30 * 24 * 3600  # since the last request in a file


def request_log_path(listener_id: str) -> Path:
    """Return where a listener logs its requests."""
    return log_directory() / f"{listener_id}.log"


def log_directory() -> Path:
    """Return the directory of the logs."""
    return Path(settings.DATA_DIR) / "requests"


def create_log_directory() -> None:
    """Make the directory, readable by this user alone; the engine would refuse a listener that logs elsewhere."""
    private_directory(log_directory())


def move_full_logs(listener_ids: Collection[str]) -> bool:
    """Move full logs of these listeners away, and forget the oldest; return whether the engine must open new ones.

    The nodes of a machine share the directory, and each can have its own engine alone open new files.
    """
    own = (path for path in log_directory().glob("*.log") if path.stem in listener_ids)
    full = [path for path in own if path.stat().st_size > LOG_BYTES]
    for path in full:
        for number in range(OLD_FILES, 1, -1):
            older = path.with_suffix(f".log.{number - 1}")
            if older.exists():
                older.replace(path.with_suffix(f".log.{number}"))
        path.replace(path.with_suffix(".log.1"))
    return bool(full)


def forget_old_logs(now: float) -> None:
    """Delete the files that no request was written to for long, but for those that a node's engine has open."""
    for path in log_directory().glob("*.log*"):
        is_open = path.suffix == ".log" and (lease_dir() / path.stem).exists()
        with contextlib.suppress(FileNotFoundError):  # another node of the machine was faster
            if not is_open and path.stat().st_mtime < now - KEPT_SECONDS:
                path.unlink()


async def rotate(served: Callable[[], Collection[str]], reopen: Callable[[], Awaitable[None]]) -> None:
    """Keep the logs of listeners that are ``served`` below their size, and forget old ones of any listener.

    ``reopen`` has the engine open the new files.
    """
    is_due = False
    while True:
        await asyncio.sleep(CHECK_SECONDS)
        is_due = move_full_logs(served()) or is_due
        forget_old_logs(time.time())
        if is_due:
            with contextlib.suppress(EngineError):  # it does not answer now: it writes on into the moved file
                await reopen()
                is_due = False
