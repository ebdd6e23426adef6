"""An installation in a storm: PostgreSQL, Redis, two workers and two beats, each a process that may be killed."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.db import connections

from tests.alerts.processes import ROOT, WORKER
from tests.databases import database_at
from tests.postgresql import postgresql_cluster, restart_at_once
from tests.processes import unmeasured
from tests.redis import answers
from tests.waiting import wait_until

ROLES = ("worker-1", "worker-2", "beat-1", "beat-2", "redis")
DATABASE = "database"


@dataclass
class Storm:
    """What runs, and how each of it is killed and comes back."""

    directory: Path
    database_url: str
    email_url: str
    running: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)

    @property
    def redis_url(self) -> str:
        """Where Redis listens, each time that it comes back."""
        return f"unix://{self.directory}/redis.sock"

    def environment(self) -> dict[str, str]:
        """Return the environment of every process."""
        return {
            **unmeasured(os.environ),
            "LBADMIN_DATA_DIR": str(self.directory),
            "LBADMIN_ENCRYPTION_KEYS": ",".join(settings.ENCRYPTION_KEYS),
            "DATABASE_URL": self.database_url,
            "REDIS_URL": self.redis_url,
            "EMAIL_URL": self.email_url,
            "DJANGO_SETTINGS_MODULE": "tests.conformance.storm_settings",
        }

    def migrate(self) -> None:
        """Lay the tables."""
        command = (sys.executable, "manage.py", "migrate", "--verbosity=0")
        subprocess.run(command, cwd=ROOT, env=self.environment(), check=True, timeout=300)

    def start(self, name: str) -> None:
        """Start one of ROLES."""
        with (self.directory / f"{name}.log").open("ab") as log:
            self.running[name] = subprocess.Popen(
                self._command(name), cwd=ROOT, env=self.environment(), stdout=log, stderr=log, start_new_session=True
            )
        if name == "redis":
            wait_until(lambda: answers(self.redis_url))

    def _command(self, name: str) -> list[str]:
        if name == "redis":
            program = shutil.which("redis-server") or str(Path(sys.executable).parent / "redis-server")
            return [program, "--port", "0", "--unixsocket", str(self.directory / "redis.sock"), "--save", ""]
        celery = [sys.executable, "-m", "celery", "-A", "lbadmin"]
        if name.startswith("beat"):
            return [*celery, "beat", "--schedule", str(self.directory / f"{name}.schedule"), "--pidfile="]
        return [*celery, "worker", *WORKER, "--hostname", name]

    def kill(self, name: str) -> None:
        """Kill one of ROLES or the database, as the kernel does when memory runs out, and start it again."""
        if name == DATABASE:
            restart_at_once(Path(unquote(urlsplit(self.database_url).netloc.partition("@")[2])))
            connections["default"].close()
            return
        self.end(name)
        self.start(name)

    def revive(self) -> None:
        """Start what ended by itself, as systemd and the quick start do: Celery's worker may with its Redis."""
        for name, process in list(self.running.items()):
            if process.poll() is not None:
                print(f"{name} ended by itself with {process.returncode}")  # noqa: T201
                self.start(name)

    def start_all(self) -> None:
        """Start Redis, then the others."""
        for name in ("redis", *ROLES[:4]):
            self.start(name)

    def end(self, name: str) -> None:
        """Kill one of ROLES with its children."""
        process = self.running[name]
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(60)


@contextmanager
def storm(directory: Path, email_url: str) -> Iterator[Storm]:
    """Run the database for as long as the block; the test works on it, and what it starts is killed at the end."""
    with postgresql_cluster() as url:
        made = Storm(directory, url, email_url)
        made.migrate()
        try:
            with database_at(url):
                yield made
        finally:
            for name in made.running:
                made.end(name)
