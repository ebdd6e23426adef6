"""A console that runs as in production beside a site, and what the cloud's clients need to know of it."""

import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

from alibabacloud_tea_openapi.models import Config
from django.contrib.auth.models import User

from access.access_keys import create_access_key
from events.actor import COMMAND
from lbadmin.environment import BASE_DIR
from tests.e2e.site import Site
from tests.waiting import free_port, wait_until

DEADLINE = 120


@contextmanager
def console_running(site: Site) -> Iterator[Config]:
    """Run a console; yield what an official client needs to sign requests of an administrator for it."""
    address = f"127.0.0.1:{free_port()}"
    gunicorn = [sys.executable, "-m", "gunicorn", "-c", "python:lbadmin.gunicorn", "lbadmin.wsgi"]
    environment = {**site.environment, "LBADMIN_BIND": address}
    with (site.data_dir / "console.log").open("ab") as log:
        process = subprocess.Popen(gunicorn, cwd=BASE_DIR, env=environment, stdout=log, stderr=log)
    try:
        wait_until(lambda: _is_up(address), DEADLINE)
        key = create_access_key(COMMAND, User.objects.create_superuser("scripts"))
        yield Config(
            access_key_id=key.row.pk,
            access_key_secret=key.secret,
            endpoint=address,
            protocol="http",
            no_proxy="127.0.0.1",
            read_timeout=120_000,  # milliseconds, on a machine that is busy with other tests
        )
    finally:
        process.terminate()
        process.wait(DEADLINE)


def _is_up(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"http://{address}/healthz", timeout=DEADLINE):
            return True
    except OSError:
        return False
