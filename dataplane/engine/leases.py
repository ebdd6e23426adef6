"""One owner of each node and of each listener on a machine, held by file locks that end with their process."""

import fcntl
import os
from pathlib import Path

from dataplane.engine.errors import NodeTakenError


class Lease:
    """A locked file that says who holds it; the kernel releases it when the process ends, however it ends."""

    def __init__(self, path: Path, owner: str) -> None:
        self.path = path
        self.owner = owner
        self._descriptor: int | None = None

    def acquire(self) -> bool:
        """Take the lease if it is free; True when it is held afterwards."""
        while self._descriptor is None:
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(descriptor)
                return False
            if not self._is_still_there(descriptor):  # removed by its last holder between opening and locking
                os.close(descriptor)
                continue
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, f"{self.owner} (process {os.getpid()})".encode(), 0)
            self._descriptor = descriptor
        return True

    def _is_still_there(self, descriptor: int) -> bool:
        try:
            return os.path.samestat(os.fstat(descriptor), self.path.stat())
        except FileNotFoundError:
            return False

    def release(self) -> None:
        """Give the lease back; harmless when it is not held."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def holder(self) -> str:
        """Return who holds the lease, in words."""
        try:
            return self.path.read_text() or "a process that is just starting"
        except FileNotFoundError:
            return "nobody"


class ListenerLeases:
    """The leases of one node's listeners, below one directory of the machine."""

    def __init__(self, directory: Path, node: str) -> None:
        self._directory = directory
        self._node = node
        self._held: dict[str, Lease] = {}

    def acquire(self, listener_id: str) -> str | None:
        """Take a listener; return None when it is held, else who holds it instead."""
        if listener_id in self._held:
            return None
        lease = Lease(self._directory / listener_id, f"Node {self._node}")
        if not lease.acquire():
            return lease.holder()
        self._held[listener_id] = lease
        return None

    def keep_only(self, listener_ids: set[str]) -> None:
        """Give back the leases of all other listeners, and remove their files."""
        for listener_id in self._held.keys() - listener_ids:
            lease = self._held.pop(listener_id)
            lease.path.unlink(missing_ok=True)
            lease.release()


def lease_node(path: Path, node: str) -> Lease:
    """Take the node's name on this machine; raises NodeTakenError that says who has it."""
    lease = Lease(path, f"node {node}")
    if not lease.acquire():
        message = (
            f"This machine already runs {lease.holder()}. Stop that one first, "
            "or start this one with another name: --node NAME."
        )
        raise NodeTakenError(message)
    return lease
