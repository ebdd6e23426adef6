"""A whole site for tests: a database in a file, a real node with a real engine, and what operators do to it."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from django.conf import settings

from dataplane.engine.state import EngineState, read_state
from lbadmin.environment import BASE_DIR
from listeners import services
from listeners.models import Listener, ListenerStatus, ServedReceipt
from tests.factories import OPERATOR, make_listener, make_load_balancer, make_server_group
from tests.processes import unmeasured
from tests.waiting import free_port, wait_until

START_SECONDS = 180
NODE = "test-node"


class Site:
    """One data directory with its database and its node."""

    def __init__(self, directory: Path, *, drain_seconds: int = 600, is_measured: bool = False) -> None:
        self.data_dir = directory
        self.log = directory / "node.log"
        self.drain_seconds = drain_seconds
        self.is_measured = is_measured
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def environment(self) -> dict[str, str]:
        """What the node gets to see."""
        seen = os.environ if self.is_measured else unmeasured(os.environ)
        kept = {key: value for key, value in seen.items() if not key.startswith("LBADMIN_")}
        return {
            **kept,
            "LBADMIN_DATA_DIR": str(self.data_dir),
            "LBADMIN_SECRET_KEY": settings.SECRET_KEY,
            "LBADMIN_ENCRYPTION_KEYS": ",".join(settings.ENCRYPTION_KEYS),
            "LBADMIN_DRAIN_SECONDS": str(self.drain_seconds),
            "REDIS_URL": settings.REDIS_URL,
        }

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a management command to its end."""
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=BASE_DIR,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=START_SECONDS,
            check=False,
        )

    def start(self, *arguments: str) -> None:
        """Start the node and wait until its engine is known."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "runlistener", "--node", NODE, *arguments],
                cwd=BASE_DIR,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        wait_until(self.has_started, START_SECONDS)

    def has_started(self) -> bool:
        """Tell whether the engine runs; fail when the node ended instead."""
        assert self.process
        if self.process.poll() is not None:
            raise AssertionError(f"ended with {self.process.returncode}:\n{self.output}")
        state = self.engine
        return state is not None and state.process.is_alive()

    @property
    def output(self) -> str:
        """All that the node printed."""
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    @property
    def engine(self) -> EngineState | None:
        """What the node keeps of its engine, None while there is none."""
        found = list((self.data_dir / "nodes").glob("*/engine.json"))
        return read_state(found[0]) if found else None

    @property
    def engine_pid(self) -> int:
        """The engine's process id."""
        state = self.engine
        assert state
        return state.process.pid

    def kill_node(self) -> None:
        """Kill the node as a crash would; its engine goes on."""
        assert self.process
        self.process.kill()
        self.process.wait(60)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send the node a signal and return its exit status."""
        assert self.process
        self.process.send_signal(number)
        return self.process.wait(START_SECONDS)

    def clean_up(self) -> None:
        """Leave no process behind."""
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait(60)
        if self.engine:
            self.engine.process.send(signal.SIGKILL)


def serve(*backend_ports: int, **fields: object) -> Listener:
    """Create a listener on a free port before the given backends, and wait until it is served."""
    if "server_group_id" not in fields:
        servers = [services.ServerSpec("127.0.0.1", port) for port in backend_ports]
        fields["server_group_id"] = make_server_group(servers=servers, health_check_interval_seconds=1).pk
    if "load_balancer_id" not in fields:
        fields["load_balancer_id"] = make_load_balancer().pk
    listener = make_listener(port=free_port(), **fields)
    wait_until(lambda: state_of(listener) == ListenerStatus.State.RUNNING, START_SECONDS)
    return listener


def status_of(listener: Listener) -> ListenerStatus | None:
    """Return the newest status of a listener."""
    return ListenerStatus.objects.filter(listener_id=listener.pk, node=NODE).first()


def state_of(listener: Listener) -> str:
    """Return the observed state, empty while nothing was observed."""
    status = status_of(listener)
    return status.state if status else ""


def receipts_of(listener: Listener, server_name: str | None = None) -> list[ServedReceipt]:
    """Return the receipts of a listener, newest first."""
    found = ServedReceipt.objects.filter(listener_id=listener.pk)
    return list(found if server_name is None else found.filter(server_name=server_name))


def is_settled(listener: Listener) -> bool:
    """Tell whether everything that was committed for the listener is acknowledged."""
    status = status_of(listener)
    return status is not None and status.acknowledged_version == status.desired_version != ""


__all__ = ["NODE", "OPERATOR", "Site", "receipts_of", "serve", "state_of", "status_of"]
