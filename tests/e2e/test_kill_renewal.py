"""A worker killed in the middle of an order: the next one goes on with it."""

import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from django.utils import timezone

from lbadmin.environment import BASE_DIR
from renewals.middleware import PREFIX
from renewals.models import Attempt, PendingChallenge, Renewal
from renewals.running import run_renewal
from tests.e2e.site import Site
from tests.renewals.pebble import Pebble, running_pebble
from tests.renewals.rows import make_renewal
from tests.renewals.servers import Answer, serving


@pytest.fixture
def pebble(tmp_path: Path) -> Iterator[Pebble]:
    with running_pebble(tmp_path) as server:
        yield server


@contextmanager
def port_80(pebble: Pebble, database: Path, asked: threading.Event, go_on: threading.Event) -> Iterator[None]:
    """Answer what the console would, from the rows, but only when the test says so."""

    def answer(method: str, path: str, body: bytes, headers: dict[str, str]) -> Answer:
        with closing(sqlite3.connect(database)) as rows:
            query = "SELECT key_authorization FROM renewals_pendingchallenge WHERE token = ?"
            found = rows.execute(query, [path.removeprefix(PREFIX)]).fetchone()
        asked.set()
        go_on.wait(60)
        return Answer(200, found[0].encode()) if found else Answer(404)

    with serving(answer, pebble.http_port):
        yield


def test_order_of_a_killed_worker_is_finished_by_the_next(stopped_site: Site, pebble: Pebble) -> None:
    renewal = make_renewal(pebble, "killed.test")
    asked, go_on = threading.Event(), threading.Event()
    with port_80(pebble, stopped_site.data_dir / "lbadmin.sqlite3", asked, go_on):
        worker = subprocess.Popen(
            [sys.executable, "manage.py", "renewcertificates"], cwd=BASE_DIR, env=stopped_site.environment
        )
        try:
            assert asked.wait(60)
        finally:
            worker.kill()
            worker.wait(60)
        renewal.refresh_from_db()
        assert renewal.state == Renewal.State.RUNNING
        assert renewal.order_url
        assert PendingChallenge.objects.count() == 1
        assert run_renewal(renewal.pk) is None  # its lease still counts
        go_on.set()
        # As if the time of the lease had passed.
        Renewal.objects.update(leased_until=timezone.now())
        attempt = run_renewal(renewal.pk)
    assert attempt
    assert attempt.outcome == Attempt.Outcome.ISSUED, attempt.problem
    assert [each.outcome for each in renewal.attempts.all()] == [Attempt.Outcome.ISSUED, Attempt.Outcome.INTERRUPTED]
    assert not PendingChallenge.objects.exists()
    assert "There are now 1 orders in the db" in pebble.output
    assert "There are now 2 orders in the db" not in pebble.output
