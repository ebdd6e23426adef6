"""A real PostgreSQL cluster that lives as long as a block, or a command: ``python -m tests.postgresql COMMAND...``."""

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

TEMPLATE = "TESTS_DATABASE_TEMPLATE"  # names the migrated database that tests copy


def program(name: str) -> str:
    """Return the path of one of PostgreSQL's programs, of the newest version that is installed."""
    found = sorted(map(str, Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))) or [shutil.which(name) or ""]
    if not found[-1]:
        raise FileNotFoundError(f"PostgreSQL's {name} is not installed: apt install postgresql")
    return found[-1]


def _as_server(*command: str) -> None:
    """Run a command as a user that may run PostgreSQL: it refuses root."""
    user = pwd.getpwnam("postgres").pw_name if os.getuid() == 0 else None
    done = subprocess.run(command, user=user, group=user, cwd="/", capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{command[0]}: {done.stdout}{done.stderr}")


@contextmanager
def postgresql_cluster(listen_port: int = 0) -> Iterator[str]:
    """Run a fresh cluster on a unix socket and yield the URL of its empty database; with a port on loopback, too."""
    base = Path(tempfile.mkdtemp(prefix="lbadmin-pg-"))
    if os.getuid() == 0:
        shutil.chown(base, "postgres")
    data = base / "data"
    _as_server(program("initdb"), "-D", str(data), "-U", "lbadmin", "-A", "trust", "-E", "UTF8", "--no-sync")
    listening = f"-c listen_addresses=127.0.0.1 -p {listen_port}" if listen_port else "-c listen_addresses=''"
    options = f"{listening} -c unix_socket_directories='{base}' -c fsync=off -c max_connections=100"
    pg_ctl = program("pg_ctl")
    try:
        _as_server(pg_ctl, "start", "-w", "-D", str(data), "-l", str(base / "log"), "-o", options)
        port = f":{listen_port}" if listen_port else ""
        yield f"postgresql://lbadmin@{quote(str(base), safe='')}{port}/postgres"
    finally:
        _as_server(pg_ctl, "stop", "-m", "immediate", "-D", str(data))
        shutil.rmtree(base, ignore_errors=True)


def restart_at_once(base: Path) -> None:
    """Have the cluster in ``base`` crash, which forgets what was not committed, and recover."""
    _as_server(program("pg_ctl"), "restart", "-w", "-m", "immediate", "-D", str(base / "data"), "-l", str(base / "log"))


def _migrated(url: str) -> str:
    """Make a migrated database beside the one of ``url``, which tests copy; return its name."""
    name = "migrated"
    subprocess.run([program("psql"), url, f"--command=CREATE DATABASE {name}"], check=True, capture_output=True)
    own = {**os.environ, "DATABASE_URL": url.removesuffix("postgres") + name}
    with tempfile.TemporaryDirectory(prefix="lbadmin-pg-data-") as directory:
        command = (sys.executable, "manage.py", "migrate", "--verbosity=0")
        subprocess.run(command, check=True, env={**own, "LBADMIN_DATA_DIR": directory})
    return name


if __name__ == "__main__":
    with postgresql_cluster() as url:
        own = {**os.environ, "DATABASE_URL": url, TEMPLATE: _migrated(url)}
        sys.exit(subprocess.call(sys.argv[1:], env=own))
