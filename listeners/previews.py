"""What a change of a listener would do, found out by doing it and taking it back: in words, and as the engine's diff.

The engine is a port that the data plane answers: this layer does not know how listeners are compiled.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from django.db import transaction

from listeners.history import Difference, differences, state_of
from listeners.impact import Impact, impacts_of
from listeners.models import Listener


@dataclass(frozen=True, slots=True)
class EngineDifference:
    """A part of the engine's configuration that differs: its name, and a unified diff of it as JSON."""

    part: str
    diff: str


class Engine(Protocol):
    """What knows the configuration that a listener comes to. What ``compiled`` returns is its own matter."""

    def compiled(self, listener_id: str) -> Any:
        """Return what the engine would get, as the database says in this transaction."""

    def differences(self, before: Any, after: Any) -> Sequence[EngineDifference]:
        """Return the parts that differ."""

    def problems(self, compiled: Any) -> Sequence[str]:
        """Return what would not be served as asked, in words."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What a change would do. ``engine`` is empty where nothing travels, or where the listener is stopped."""

    differences: Sequence[Difference]
    impacts: Sequence[Impact]  # on open connections, the most disturbing first
    engine: Sequence[EngineDifference]
    problems: Sequence[str]


_engines: list[Callable[[], Engine]] = []


def register_engine(make: Callable[[], Engine]) -> None:
    """Have the engine that ``make`` returns asked for every preview."""
    _engines.append(make)


def preview(listener_id: str, change: Callable[[], object]) -> Preview:
    """Do ``change`` to a listener, note what differs, and take it back. Raises what the change raises."""
    engines = [make() for make in _engines]
    with transaction.atomic():
        listener, configured_before = _now(listener_id, engines)
        before = state_of(listener)
        try:
            change()
            changed, configured_after = _now(listener_id, engines)
            after = state_of(changed)
        finally:
            transaction.set_rollback(True)
    pairs = list(zip(engines, configured_before, configured_after, strict=True))
    differing = differences(before, after, listener.protocol)
    return Preview(
        differing,
        impacts_of(each.change for each in differing),
        [each for engine, old, new in pairs for each in engine.differences(old, new)],
        [each for engine, _old, new in pairs for each in engine.problems(new)],
    )


def _now(listener_id: str, engines: Sequence[Engine]) -> tuple[Listener, list[Any]]:
    return Listener.objects.get(pk=listener_id), [engine.compiled(listener_id) for engine in engines]
