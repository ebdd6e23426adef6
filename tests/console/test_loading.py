"""What a process loads before it does anything: its memory, and most of the time that it takes to start."""

import os
import subprocess
import sys

import pytest

from lbadmin.environment import BASE_DIR

SETUP = "import django; django.setup()"
CLOCK = "from lbadmin.clock import app; app.conf.beat_schedule"


LIBRARIES = {
    "ninja",
    "pydantic",
    "celery",
    "httpx",
    "prometheus_client",
    "apprise",
    "icalendar",
    "yaml",
    "acme",
    "grpc",
}
PARTS = {"cloudapi.alb", "cloudapi.clb", "dataplane.envoy.compile", "dataplane.metrics", "alerts.transports.webhook"}


@pytest.mark.parametrize(
    ("starts", "unused"),
    [(SETUP, LIBRARIES | PARTS), (CLOCK, {"django.db.models", "certificates", "alerts", "listeners"})],
    ids=["any", "clock"],
)
def test_a_process_loads_only_what_it_uses(starts: str, unused: set[str]) -> None:
    command = [sys.executable, "-c", f"{starts}\nimport sys; print(*sys.modules)"]
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "lbadmin.settings"}
    done = subprocess.run(command, cwd=BASE_DIR, env=environment, capture_output=True, text=True, check=True)
    assert not unused & set(done.stdout.split())
