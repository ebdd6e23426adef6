"""A worker and a beat as processes of their own, with a data directory and a Redis of their own."""

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from django.conf import settings

from tests.databases import copy_database, database
from tests.processes import unmeasured
from tests.redis import redis_process

WORKER = ("--concurrency", "1", "--without-gossip", "--without-mingle")
ROOT = Path(__file__).resolve().parent.parent.parent


@dataclass
class Installation:
    """A data directory with what runs on it."""

    data_dir: Path
    redis_url: str
    email_url: str = ""
    running: list["subprocess.Popen[bytes]"] = field(default_factory=list)

    def environment(self) -> dict[str, str]:
        """Return the environment of every process."""
        given = {
            **unmeasured(os.environ),
            "LBADMIN_DATA_DIR": str(self.data_dir),
            "REDIS_URL": self.redis_url,
            # What a test writes into the database by itself, the processes can open.
            "LBADMIN_ENCRYPTION_KEYS": ",".join(settings.ENCRYPTION_KEYS),
            "DJANGO_SETTINGS_MODULE": "tests.alerts.story_settings",
        }
        return given | ({"EMAIL_URL": self.email_url} if self.email_url else {})

    def python(self, code: str) -> str:
        """Run some Python with Django set up and return what it prints."""
        program = f"import django; django.setup()\n{code}"
        done = subprocess.run(
            [sys.executable, "-c", program],
            cwd=ROOT,
            env=self.environment(),
            check=True,
            stdout=subprocess.PIPE,
            timeout=180,
        )
        return done.stdout.decode()

    def start(self, role: str, *options: str) -> "subprocess.Popen[bytes]":
        """Start ``worker`` or ``beat`` in a process group of its own."""
        log = (self.data_dir / f"{role}-{len(self.running)}.log").open("wb")
        with log:
            process = subprocess.Popen(
                [sys.executable, "-m", "celery", "-A", "lbadmin", role, "--loglevel", "info", *options],
                cwd=ROOT,
                env=self.environment(),
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.running.append(process)
        return process

    def start_worker(self) -> "subprocess.Popen[bytes]":
        """Start a worker with one child."""
        return self.start("worker", *WORKER)

    def start_both(self) -> "subprocess.Popen[bytes]":
        """Start a worker with one child and a beat of its own, as one process group that is sooner there than two."""
        schedule = self.data_dir / f"beat-{len(self.running)}"
        return self.start("worker", *WORKER, "--beat", "--schedule", str(schedule))

    def start_beat(self) -> "subprocess.Popen[bytes]":
        """Start a beat with a schedule file of its own."""
        return self.start("beat", "--schedule", str(self.data_dir / f"beat-{len(self.running)}"))

    def kill(self, process: "subprocess.Popen[bytes]") -> None:
        """Kill a process and its children at once, as the kernel does when memory runs out."""
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(60)

    @contextmanager
    def opened(self) -> Iterator[None]:
        """Let the test work on the database itself."""
        with database(self.data_dir / "lbadmin.sqlite3"):
            yield

    def rows(self, query: str) -> list[tuple[object, ...]]:
        """Return what the database answers, read beside the processes that use it."""
        connection = sqlite3.connect(self.data_dir / "lbadmin.sqlite3", timeout=20)
        try:
            return connection.execute(query).fetchall()
        finally:
            connection.close()

    def states(self) -> dict[str, int]:
        """Return how many deliveries are in each state."""
        return dict(self.rows("SELECT state, count(*) FROM alerts_delivery GROUP BY state"))  # type: ignore[arg-type]


@contextmanager
def installation(data_dir: Path, empty_database: Path, email_url: str = "") -> Iterator[Installation]:
    """Run a Redis and an empty database for as long as the block; whatever is started is killed at its end."""
    with redis_process() as redis_url:
        made = Installation(data_dir, redis_url, email_url)
        copy_database(empty_database, data_dir / "lbadmin.sqlite3")
        try:
            yield made
        finally:
            for process in made.running:
                made.kill(process)
