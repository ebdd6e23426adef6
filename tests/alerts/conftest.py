"""What the tests of alerts share."""

from collections.abc import Iterator

import pytest
import time_machine
from pytest_django import Settings

from tests.alerts.rows import NOW
from tests.alerts.servers import Mailbox, Receiver, http_receiver, smtp_server


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    """Stop the clock at ``NOW``; ``clock.shift`` moves it."""
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Run a real HTTP receiver."""
    with http_receiver() as running:
        yield running


@pytest.fixture
def mailbox(settings: Settings) -> Iterator[Mailbox]:
    """Run a real SMTP server and send mail to it."""
    with smtp_server() as running:
        # pytest-django swaps the backend for one in memory; this test wants the wire.
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = running.host, running.port
        yield running
