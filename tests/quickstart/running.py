"""A real quick start in a data directory of its own, and a look at its processes."""

import os
import re
import signal
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from lbadmin.environment import BASE_DIR
from tests.databases import copy_database
from tests.environment import MIGRATED
from tests.processes import unmeasured
from tests.waiting import free_port, wait_until

START_SECONDS = 180
STOP_SECONDS = 90
# What tells each child's command line from the others'.
COMMANDS = {
    "redis": "redis-server",
    "console": "gunicorn",
    "worker": " worker --pool=",
    "beat": " beat --pidfile=",
    "node": "runlistener",
    "sample": "backend.py",
}


class QuickStart:
    """One quick start after the other on the same data directory and ports."""

    def __init__(self, directory: Path, **settings: str) -> None:
        self.data_dir = directory / "data"
        self.log = directory / "log"
        self.is_measured = False  # by coverage: few are enough, and it costs the others their time
        self.console_port, self.sample_port = free_port(), free_port()
        self.settings = {
            "LBADMIN_DATA_DIR": str(self.data_dir),
            "LBADMIN_BIND": f"127.0.0.1:{self.console_port}",
            "LBADMIN_SAMPLE_PORT": str(self.sample_port),
            **settings,
        }
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def environment(self) -> dict[str, str]:
        """What the quick start gets to see: its own settings and none of the test run's."""
        foreign = {"DATABASE_URL", "REDIS_URL", "EMAIL_URL"}
        seen = os.environ if self.is_measured else unmeasured(os.environ)
        kept = {key: value for key, value in seen.items() if not key.startswith("LBADMIN_") and key not in foreign}
        return {**kept, **self.settings}

    def start(self) -> None:
        """Start and wait for the line that says that it serves."""
        self.launch()
        wait_until(self.is_ready, START_SECONDS)

    def launch(self) -> None:
        """Start without waiting."""
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "lbadmin.quickstart"],
                cwd=BASE_DIR,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def is_running(self) -> bool:
        """Tell whether the supervisor is there."""
        return self.process is not None and self.process.poll() is None

    def is_ready(self) -> bool:
        """Tell whether it said so; fail when it ended instead."""
        if self.process and self.process.poll() is not None:
            raise AssertionError(f"ended with {self.process.returncode}:\n{self.output}")
        return bool(re.search(r"^Ready", self.output, re.MULTILINE))

    @property
    def output(self) -> str:
        """All that was printed since the last start."""
        return self.log.read_text(errors="replace")

    @property
    def pid(self) -> int:
        """The supervisor's process id."""
        assert self.process
        return self.process.pid

    def run_to_end(self) -> int:
        """Start, wait for the end, and return the exit status."""
        self.launch()
        assert self.process
        return self.process.wait(START_SECONDS)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal and return the exit status."""
        assert self.process
        self.process.send_signal(number)
        return self.process.wait(STOP_SECONDS)

    def child(self, name: str) -> int:
        """Return the process id of a child, 0 when there is none."""
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        return next((int(pid) for pid in children if COMMANDS[name] in command_line(int(pid))), 0)

    def processes(self) -> dict[int, str]:
        """Return every process that works on the data directory, by its id, the supervisor's among them."""
        numbers = [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]
        return {pid: command_line(pid) for pid in numbers if pid != os.getpid() and self._is_ours(pid)}

    def _is_ours(self, pid: int) -> bool:
        marker = f"LBADMIN_DATA_DIR={self.data_dir}".encode()
        return marker in environment_of(pid).split(b"\0") or str(self.data_dir) in command_line(pid)

    def engine(self) -> int:
        """Return the process id of Envoy, 0 when there is none."""
        return next((pid for pid, line in self.processes().items() if "--restart-epoch" in line), 0)

    def sockets(self) -> list[Path]:
        """Return the unix sockets that lie in the data directory."""
        return [path for path in self.data_dir.rglob("*") if path.is_socket()]

    def get_sample(self) -> httpx.Response:
        """Ask the sample listener for its page, as the README's curl does."""
        authority = ssl.create_default_context(cafile=str(self.data_dir / "sample" / "ca.pem"))
        return httpx.get(f"https://localhost:{self.sample_port}/", verify=authority)

    def is_serving(self) -> bool:
        """Tell whether the sample listener answers now."""
        try:
            return self.get_sample().status_code == 200
        except httpx.TransportError:
            return False

    def is_console_ready(self) -> bool:
        """Tell whether the console answers and has its database and Redis."""
        try:
            return httpx.get(f"http://127.0.0.1:{self.console_port}/readyz").status_code == 200
        except httpx.TransportError:
            return False


def sign_in(run: QuickStart, password: str) -> int:
    """Sign in as the administrator; return the status of the start page: 200, or 302 to signing in."""
    with httpx.Client(base_url=f"http://127.0.0.1:{run.console_port}", follow_redirects=True) as client:
        page = client.get("/")
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page.text)
        assert token
        form = {"csrfmiddlewaretoken": token[1], "username": "admin", "password": password}
        client.post(page.url, data=form)
        return client.get("/", follow_redirects=False).status_code


@contextmanager
def quick_start(directory: Path, *, from_nothing: bool = False, **settings: str) -> Iterator[QuickStart]:
    """Yield a quick start that is not running yet; leave no process behind.

    Unless it begins ``from_nothing``, its tables are made already: making them takes longer than all the rest.
    """
    run = QuickStart(directory, **settings)
    if MIGRATED.exists() and not from_nothing and "DATABASE_URL" not in settings:
        copy_database(MIGRATED, run.data_dir / "lbadmin.sqlite3")
    try:
        yield run
    finally:
        if run.process and run.process.poll() is None:
            run.process.terminate()
            run.process.wait(STOP_SECONDS)
        for pid in run.processes():
            os.kill(pid, signal.SIGKILL)


def command_line(pid: int) -> str:
    """Return a process's command line, empty when it is gone."""
    return _read(pid, "cmdline").replace(b"\0", b" ").decode(errors="replace").strip()


def environment_of(pid: int) -> bytes:
    """Return the environment that a process was started with, empty when it is gone."""
    return _read(pid, "environ")


def _read(pid: int, name: str) -> bytes:
    try:
        return Path(f"/proc/{pid}/{name}").read_bytes()
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return b""
