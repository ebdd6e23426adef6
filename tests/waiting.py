"""Wait for something to become true, with a deadline instead of a fixed sleep."""

import socket
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def wait_until(predicate: Callable[[], T], deadline: float = 60, *, interval: float = 0.05) -> T:
    """Return the predicate's first true value; fail with its last one after ``deadline`` seconds."""
    end = time.monotonic() + deadline
    while not (value := predicate()):
        if time.monotonic() > end:
            raise TimeoutError(f"still {value!r} after {deadline} s: {predicate}")
        time.sleep(interval)
    return value


def free_port(host: str = "127.0.0.1") -> int:
    """Return a TCP port that nothing listens on just now."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.bind((host, 0))
        port: int = probe.getsockname()[1]
        return port
