"""The node and its engine die and come back; clients notice as little as can be."""

import os
import signal

import pytest

from dataplane.engine.process import identify
from listeners import services
from listeners.models import Listener, ListenerStatus, NodeStatus
from tests.certs import make_leaf
from tests.e2e.clients import Load, connect, echo, round_trip, running, served
from tests.e2e.conftest import Backend
from tests.e2e.site import NODE, OPERATOR, Site, receipts_of, serve, state_of, status_of
from tests.factories import make_listener, store_certificate
from tests.waiting import free_port, wait_until


@pytest.fixture(scope="module")
def is_measured() -> bool:
    return True


def test_killed_node_leaves_its_engine_serving_and_adopts_it(site: Site, backend: Backend) -> None:
    listener = serve(backend.port)
    engine = site.engine_pid
    load = Load(listener.port)
    with connect(listener.port) as open_since_before, running(load):
        assert echo(open_since_before)
        site.kill_node()
        assert round_trip(listener.port)
        new = make_leaf("changed.test")
        services.change_default_certificate(OPERATOR, listener.pk, certificate_id=store_certificate(new).pk)
        site.start()
        wait_until(lambda: served(listener.port) == new.sha256)
        assert echo(open_since_before)
    assert site.engine_pid == engine
    assert "adopted the running engine" in site.output
    assert load.failures == []
    assert load.succeeded


def test_listener_that_was_stopped_meanwhile_is_stopped_by_the_adopting_node(site: Site, backend: Backend) -> None:
    listener = serve(backend.port)
    site.kill_node()
    services.stop_listener(OPERATOR, listener.pk)
    assert round_trip(listener.port)
    site.start()
    wait_until(lambda: not _accepts(listener.port))
    wait_until(lambda: state_of(listener) == ListenerStatus.State.STOPPED)


def test_listener_that_was_created_meanwhile_gets_a_receipt_too(site: Site) -> None:
    site.kill_node()
    listener = make_listener(port=free_port())
    site.start()
    (receipt,) = wait_until(lambda: receipts_of(listener))
    assert (receipt.is_expected, receipt.server_name, receipt.change_id) == (True, "", None)


def test_figures_only_grow_over_a_restart(site: Site, backend: Backend) -> None:
    listener = serve(backend.port)
    assert round_trip(listener.port)
    wait_until(lambda: _handshakes(listener) == 1)
    site.kill_node()
    site.start()
    # Entries that the engine could not deliver while the node was away are lost, so more than one is made.
    wait_until(lambda: round_trip(listener.port) and _handshakes(listener) > 1)


def test_killed_engine_is_restarted_and_serves_again(site: Site, backend: Backend) -> None:
    listener = serve(backend.port)
    killed = site.engine_pid
    os.kill(killed, signal.SIGKILL)
    wait_until(lambda: site.engine and site.engine_pid != killed)
    wait_until(lambda: _accepts(listener.port))
    assert round_trip(listener.port)
    wait_until(lambda: NodeStatus.objects.get(node=NODE).engine_pid == site.engine_pid)
    assert "died and is restarted" in NodeStatus.objects.get(node=NODE).problem
    wait_until(lambda: state_of(listener) == ListenerStatus.State.RUNNING)
    assert all(receipt.is_expected for receipt in receipts_of(listener))


def test_node_that_is_told_to_leave_hands_over_without_a_gap(site: Site, backend: Backend) -> None:
    listener = serve(backend.port)
    engine = site.engine_pid
    with connect(listener.port) as open_since_before:
        assert site.stop(signal.SIGHUP) == 0
        assert round_trip(listener.port)
        site.start()
        assert echo(open_since_before)
    assert site.engine_pid == engine


def test_changed_setting_takes_a_hot_restart(site: Site, backend: Backend) -> None:
    listener = serve(backend.port)
    engine = site.engine_pid
    assert site.stop(signal.SIGHUP) == 0
    site.drain_seconds = 5
    load = Load(listener.port)
    with running(load):
        site.start()
        wait_until(lambda: site.engine_pid != engine)
        wait_until(lambda: (status := status_of(listener)) and status.state == ListenerStatus.State.RUNNING)
        wait_until(lambda: identify(engine) is None, 40)
    assert load.failures == []
    assert load.succeeded


def _accepts(port: int) -> bool:
    try:
        connect(port).close()
    except OSError:
        return False
    return True


def _handshakes(listener: Listener) -> int:
    status = status_of(listener)
    return status.handshakes if status else 0
