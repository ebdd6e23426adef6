"""How a node ends: drained, at once, and not at all for a second one of its name."""

import signal

import pytest

from dataplane.engine.process import identify
from listeners.models import ListenerStatus, NodeStatus
from tests.e2e.clients import connect, echo, is_closed
from tests.e2e.conftest import Backend
from tests.e2e.site import NODE, Site, serve, state_of
from tests.waiting import wait_until


@pytest.fixture(scope="module")
def is_measured() -> bool:
    return True


@pytest.fixture
def running_site(stopped_site: Site) -> Site:
    """A site whose node runs, whatever the test before did to it."""
    stopped_site.start()
    return stopped_site


def refuses(port: int) -> bool:
    """Tell whether new connections are refused."""
    try:
        connect(port).close()
    except ConnectionRefusedError:
        return True
    except OSError:
        return False
    return False


def test_sigterm_refuses_new_connections_lets_open_ones_finish_and_exits_0(
    running_site: Site, backend: Backend
) -> None:
    listener = serve(backend.port)
    site = running_site
    assert site.process
    with connect(listener.port) as working:
        assert echo(working)
        site.process.send_signal(signal.SIGTERM)
        wait_until(lambda: refuses(listener.port))
        assert echo(working)
        wait_until(lambda: "drains" in NodeStatus.objects.get(node=NODE).problem)
        assert site.process.poll() is None
    assert site.process.wait(60) == 0
    assert site.engine is None
    assert state_of(listener) == ListenerStatus.State.STOPPED
    assert [path for path in site.data_dir.rglob("*") if path.is_socket()] == []


def test_second_sigterm_ends_at_once(running_site: Site, backend: Backend) -> None:
    listener = serve(backend.port)
    site = running_site
    engine = site.engine_pid
    assert site.process
    with connect(listener.port) as working:
        assert echo(working)
        site.process.send_signal(signal.SIGTERM)
        wait_until(lambda: refuses(listener.port))
        assert site.stop() == 0
        wait_until(lambda: is_closed(working))
    wait_until(lambda: identify(engine) is None)


def test_second_node_of_the_same_name_is_refused_and_told_who_runs(running_site: Site) -> None:
    done = running_site.command("runlistener", "--node", NODE)
    assert done.returncode == 1
    assert running_site.process
    assert f"already runs node {NODE} (process {running_site.process.pid})" in done.stderr
    assert running_site.stop() == 0


def test_second_node_for_the_same_listener_is_refused_and_told_who_serves_it(
    running_site: Site, backend: Backend
) -> None:
    listener = serve(backend.port)
    done = running_site.command("runlistener", "--node", "other", listener.pk)
    assert done.returncode == 1
    assert f"{listener.pk}: Node {NODE}" in done.stderr
    assert running_site.stop() == 0


def test_unknown_listener_and_instance_are_refused(stopped_site: Site) -> None:
    for arguments in (["lsn-0000000000000000"], ["--instance", "nlb-0000000000000000"], ["x", "--instance", "y"]):
        done = stopped_site.command("runlistener", *arguments)
        assert done.returncode == 1
        assert done.stderr.startswith("CommandError: ")
