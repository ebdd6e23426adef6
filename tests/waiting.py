"""Wait for something to become true, with a deadline instead of a fixed sleep."""

import random
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TypeVar

T = TypeVar("T")
_given: set[int] = set()


def wait_until(predicate: Callable[[], T], deadline: float = 60, *, interval: float = 0.05) -> T:
    """Return the predicate's first true value; fail with its last one after ``deadline`` seconds."""
    end = time.monotonic() + deadline
    while not (value := predicate()):
        if time.monotonic() > end:
            raise TimeoutError(f"still {value!r} after {deadline} s: {predicate}")
        time.sleep(interval)
    return value


def free_port(host: str = "127.0.0.1") -> int:
    """Return a TCP port that nothing listens on, never the same twice.

    The kernel gives none of these to outgoing connections or to listeners on port 0, so it stays free until it is used.
    """
    while True:
        port = random.randrange(20_000, 32_768)
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe, suppress(OSError):
            probe.bind((host, port))
            if port not in _given:
                _given.add(port)
                return port


@contextmanager
def running_thread(work: Callable[[], object], stop: Callable[[], object]) -> Iterator[None]:
    """Run ``work`` beside the block; at its end ``stop`` must make it return."""
    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        stop()
        thread.join()
