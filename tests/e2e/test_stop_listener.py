"""Stopping a listener and starting it again while its old connections drain."""

import pytest

from listeners import services
from listeners.models import ListenerStatus
from tests.certs import make_leaf
from tests.e2e.clients import connect, echo, served
from tests.e2e.conftest import Backend
from tests.e2e.site import OPERATOR, Site, receipts_of, serve, state_of
from tests.factories import store_certificate
from tests.waiting import wait_until


def test_listener_that_is_started_while_it_drains_is_running_again_and_has_a_receipt(
    site: Site, backend: Backend
) -> None:
    leaf = make_leaf("a.test")
    listener = serve(backend.port, certificate_id=store_certificate(leaf).pk)
    wait_until(lambda: receipts_of(listener))
    with connect(listener.port, "a.test") as open_since_before:
        assert echo(open_since_before)
        services.stop_listener(OPERATOR, listener.pk)
        wait_until(lambda: state_of(listener) == ListenerStatus.State.STOPPED)
        with pytest.raises(ConnectionRefusedError):
            connect(listener.port, "a.test").close()
        receipts = len(receipts_of(listener))
        services.start_listener(OPERATOR, listener.pk)
        wait_until(lambda: state_of(listener) == ListenerStatus.State.RUNNING)
        assert served(listener.port, "a.test") == leaf.sha256
        wait_until(lambda: len(receipts_of(listener)) > receipts)
        assert all(receipt.is_expected for receipt in receipts_of(listener))
        assert echo(open_since_before)
