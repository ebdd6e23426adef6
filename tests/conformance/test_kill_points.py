"""Each process of a running installation is killed in turn: nothing that was stored is lost, all comes back by itself.

Clients connect all the while. Only the kill of Envoy itself may cost them anything.
"""

import os
import random
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.alerts.servers import Receiver, http_receiver
from tests.conformance.whole import BACK_SECONDS, Whole, whole
from tests.e2e.conftest import Backend
from tests.waiting import wait_until

pytestmark = pytest.mark.usefixtures("empty_database")

CHILDREN = ("console", "worker", "beat", "redis", "node")
ENGINE, SUPERVISOR = "engine", "supervisor"
ROUNDS = 5
LONGEST_PAUSE_SECONDS = 0.3


@pytest.fixture
def backend() -> Iterator[Backend]:
    with Backend() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with http_receiver() as running:
        yield running


def _kill_child(site: Whole, name: str) -> None:
    killed = site.run.child(name)
    assert killed
    os.kill(killed, signal.SIGKILL)
    wait_until(lambda: site.run.child(name) not in {0, killed}, BACK_SECONDS)


def _kill_engine(site: Whole) -> None:
    killed = site.run.engine()
    assert killed
    os.kill(killed, signal.SIGKILL)
    wait_until(lambda: site.run.engine() not in {0, killed}, BACK_SECONDS)


def _kill_supervisor(site: Whole) -> None:
    engine = site.run.engine()
    assert site.run.stop(signal.SIGKILL) == -signal.SIGKILL
    site.run.start()
    assert site.run.engine() == engine


def kill(site: Whole, name: str) -> None:
    """Kill a process and wait for the one that takes its place."""
    if name == ENGINE:
        _kill_engine(site)
    elif name == SUPERVISOR:
        _kill_supervisor(site)
    else:
        _kill_child(site, name)


def check_recovery(site: Whole, name: str) -> None:
    """Fail unless everything that was changed before is served, stored and followed by the next change."""
    wait_until(site.is_served, BACK_SECONDS)
    wait_until(site.run.is_console_ready, BACK_SECONDS)
    site.check_storage()
    if name == ENGINE:
        print(f"{site.forgive_clients()} handshakes failed while the engine was gone")  # noqa: T201
    site.check_clients()
    site.replace()
    wait_until(site.is_served, BACK_SECONDS)


def strike(site: Whole, name: str, pause: float) -> None:
    """Change something, kill a process a moment later, and look at what is left."""
    site.replace()
    time.sleep(pause)
    kill(site, name)
    check_recovery(site, name)


@pytest.mark.conformance
def test_killed_node_worker_and_redis_are_not_noticed(tmp_path: Path, backend: Backend, receiver: Receiver) -> None:
    with whole(tmp_path, backend.port, receiver) as site:
        engine = site.run.engine()
        for name in ("node", "worker", "redis"):
            strike(site, name, 0.0)
        site.give_something_to_tell()
        site.check_messages()
        assert site.run.engine() == engine


# A reset at the wrong moment makes Python's wrap_socket forget its own socket, before anybody could close it.
@pytest.mark.filterwarnings("ignore:unclosed <ssl.SSLSocket:ResourceWarning")
@pytest.mark.conformance
def test_any_process_may_be_killed_at_any_time(tmp_path: Path, backend: Backend, receiver: Receiver) -> None:
    seed = random.randrange(1_000_000)
    print(f"seed {seed}")  # noqa: T201
    chance = random.Random(seed)
    with whole(tmp_path, backend.port, receiver) as site:
        for _ in range(ROUNDS):
            victims = [*CHILDREN, ENGINE, SUPERVISOR]
            chance.shuffle(victims)
            for name in victims:
                site.give_something_to_tell()
                strike(site, name, chance.uniform(0, LONGEST_PAUSE_SECONDS))
                print(f"{name}: back, {site.crowd.succeeded} handshakes since the last engine")  # noqa: T201
        site.check_messages()
