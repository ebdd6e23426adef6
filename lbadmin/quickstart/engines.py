"""An Envoy whose node was killed while it drained: end it, so that a stop leaves no process behind."""

import signal
import time
from pathlib import Path

from dataplane.engine.process import ProcessIdentity
from dataplane.engine.state import read_state
from lbadmin.quickstart.terminal import say

PATIENCE_SECONDS = 5.0
POLL_SECONDS = 0.1


def end_engines(data_dir: Path, runtime_dir: Path) -> None:
    """End every Envoy that the data directory's nodes left, and remove the sockets of all processes.

    For the very end of a stop, when no other process works on the directory.
    """
    for path in data_dir.glob("nodes/*/engine.json"):
        state = read_state(path)
        for process in (state.process, state.predecessor) if state else ():
            if process and process.is_alive():
                say(f"the node left its Envoy, process {process.pid}; it is ended")
                _end(process)
        path.unlink(missing_ok=True)
    for path in runtime_dir.rglob("*"):
        if path.is_socket():
            path.unlink(missing_ok=True)


def _end(process: ProcessIdentity) -> None:
    process.send(signal.SIGTERM)
    for _ in range(int(PATIENCE_SECONDS / POLL_SECONDS)):
        if not process.is_alive():
            return
        time.sleep(POLL_SECONDS)
    process.send(signal.SIGKILL)
