"""How far long work has come: whoever does it says so; a terminal, a job or nobody listens. Pure."""

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

Item = TypeVar("Item")
# Hears the step, how many parts of it are done, and of how many.
Listener = Callable[[str, int, int], None]

READ, MAKE_KEYS, SIGN, STORE, APPLY, SEAL = STEPS = ("read", "make-keys", "sign", "store", "apply", "seal")

_listener: ContextVar[Listener | None] = ContextVar("progress", default=None)


class StoppedError(Exception):
    """Carry a listener's wish to stop out of the work; the transaction around it takes back what was done."""


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Have ``listener`` hear of the work within; it may raise StoppedError."""
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)


def tell(step: str, done: int, total: int) -> None:
    """Say that so many parts of a step (one of ``STEPS``) are done."""
    listener = _listener.get()
    if listener is not None:
        listener(step, done, total)


def tracked(items: Collection[Item], step: str) -> Iterator[Item]:
    """Yield each of ``items``, and tell when each is done."""
    total = len(items)
    for done, item in enumerate(items):
        tell(step, done, total)
        yield item
    tell(step, total, total)
