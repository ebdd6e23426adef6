"""One quick start for each data directory."""

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path

from lbadmin.quickstart.errors import StartError
from lbadmin.quickstart.terminal import say

WAIT_SECONDS = 20.0
POLL_SECONDS = 0.1


@contextlib.contextmanager
def exclusive_lock(path: Path, data_dir: Path) -> Iterator[None]:
    """Hold ``path``, the lock of ``data_dir``, while the block runs; raises StartError when another process holds it.

    The kernel lets go of the lock when this process ends, however it ends.
    """
    with path.open("a+") as file:
        if not _try_lock(file.fileno()):
            file.seek(0)
            raise StartError(
                f"lbadmin already runs on {data_dir} (process {file.read().strip() or 'unknown'}). "
                "Stop that one first, or set LBADMIN_DATA_DIR to another directory."
            )
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield


@contextlib.contextmanager
def children_lock(path: Path) -> Iterator[int]:
    """Yield a locked descriptor for the children to inherit: it stays locked until the last of them is gone.

    After a quick start was killed, its children may still be ending; two Redis or two beats on one directory
    would harm each other, so wait. Raises StartError when they do not end.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        _wait_for_lock(descriptor)
        yield descriptor
    finally:
        os.close(descriptor)


def _wait_for_lock(descriptor: int) -> None:
    if _try_lock(descriptor):
        return
    say("waiting for the processes of an interrupted start to end")
    end = time.monotonic() + WAIT_SECONDS
    while not _try_lock(descriptor):
        if time.monotonic() > end:
            raise StartError("Processes of an interrupted start still run on the data directory; end them first.")
        time.sleep(POLL_SECONDS)


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
