"""A server that refuses many nonces, as servers may."""

from pathlib import Path

import pytest
from pytest_django.live_server_helper import LiveServer

from renewals.models import Attempt
from renewals.running import run_renewal
from tests.renewals.pebble import running_pebble
from tests.renewals.rows import make_renewal
from tests.renewals.servers import forwarded

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.conformance]


def test_order_goes_through_although_one_nonce_in_five_is_refused(tmp_path: Path, live_server: LiveServer) -> None:
    with (
        running_pebble(tmp_path, PEBBLE_WFE_NONCEREJECT="20") as pebble,
        forwarded(pebble.http_port, live_server.url),
    ):
        for _ in range(3):
            attempt = run_renewal(make_renewal(pebble).pk)
            assert attempt
            assert attempt.outcome == Attempt.Outcome.ISSUED, attempt.problem
            assert "badNonce" not in str(attempt.problem)
