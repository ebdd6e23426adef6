"""What the tests of alerts share."""

from collections.abc import Iterator

import pytest
import time_machine

from tests.alerts.rows import NOW


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    """Stop the clock at ``NOW``; ``clock.shift`` moves it."""
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture(autouse=True)
def no_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the worker asleep: tests send by hand, or start a worker of their own."""
    monkeypatch.setattr("alerts.services.wake_sender", lambda: None)
    monkeypatch.setattr("alerts.scanning.wake_sender", lambda: None)
