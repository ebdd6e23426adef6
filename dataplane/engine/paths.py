"""Where one node keeps its files, and the promise that nobody else can reach them."""

import hashlib
import os
import stat
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from dataplane.engine.errors import EngineError


@dataclass(frozen=True, slots=True)
class NodePaths:
    """The files of one node: state and logs below the data directory, sockets where paths are short."""

    state_dir: Path
    socket_dir: Path

    @classmethod
    def of(cls, node: str) -> "NodePaths":
        """Return the paths of ``node``, whose name may hold any character."""
        digest = hashlib.sha256(node.encode()).hexdigest()[:8]
        return cls(settings.DATA_DIR / "nodes" / digest, settings.RUNTIME_DIR / digest)

    @property
    def state(self) -> Path:
        """What is known of the running engine: process, start time, epoch, bootstrap."""
        return self.state_dir / "engine.json"

    @property
    def bootstrap(self) -> Path:
        """The engine's start configuration."""
        return self.state_dir / "bootstrap.json"

    @property
    def log(self) -> Path:
        """The engine's log, rotated by the node."""
        return self.state_dir / "engine.log"

    @property
    def health_log(self) -> Path:
        """Where the engine notes why health checks fail; read and emptied by the node."""
        return self.state_dir / "health.log"

    @property
    def errors(self) -> Path:
        """What the engine wrote to its standard error: start errors and crash traces."""
        return self.state_dir / "engine.err"

    @property
    def node_lock(self) -> Path:
        """Locked while a node of this name runs."""
        return self.state_dir / "node.lock"

    @property
    def xds_socket(self) -> Path:
        """Where the engine gets its resources and sends its access log."""
        return self.socket_dir / "xds.sock"

    @property
    def admin_socket(self) -> Path:
        """The engine's admin interface, which knows no password."""
        return self.socket_dir / "admin.sock"

    @property
    def hot_restart_socket(self) -> Path:
        """The stem of the sockets by which an engine takes over; Envoy adds up to 22 characters to it."""
        return settings.RUNTIME_DIR / "h"

    @property
    def base_id(self) -> int:
        """The number that keeps the shared memory of engines apart: one for each directory and user."""
        digest = hashlib.sha256(f"{os.getuid()}:{self.state_dir}".encode()).digest()
        return int.from_bytes(digest[:4], "big") % 200_000_000  # Envoy multiplies it by ten, in 31 bits

    def leftovers(self) -> list[Path]:
        """Return the sockets and the shared memory that engines of this node leave behind when they end."""
        sockets = settings.RUNTIME_DIR.glob(f"{self.hot_restart_socket.name}_*_{self.base_id}?")
        memory = Path(f"/dev/shm/envoy_shared_memory_{self.base_id * 10}")  # noqa: S108  (Envoy's own name)
        return [*sockets, memory, self.admin_socket]

    def create(self) -> None:
        """Make the directories, readable by this user alone."""
        for path in (self.state_dir, settings.RUNTIME_DIR, self.socket_dir):
            private_directory(path)


def lease_dir() -> Path:
    """Return where the listeners' leases of this machine are."""
    return private_directory(settings.RUNTIME_DIR / "leases")


def private_directory(path: Path) -> Path:
    """Make ``path`` with mode 0700 and return it.

    Raises EngineError where it is a link, another user's, or open to others: the runtime directory may lie in
    a temporary directory that everyone can write.
    """
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    info = path.lstat()
    if not stat.S_ISDIR(info.st_mode) or info.st_uid != os.getuid():
        message = f"{path} is not a directory of this user; remove it or set LBADMIN_DATA_DIR elsewhere."
        raise EngineError(message)
    if stat.S_IMODE(info.st_mode) & 0o077:
        path.chmod(0o700)
    return path
