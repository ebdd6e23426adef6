"""A node for each module, before echoing backends."""

import shutil
import socketserver
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.test import override_settings
from pytest_django.plugin import DjangoDbBlocker

from events.wake import redis_client
from tests.databases import copy_database, database
from tests.e2e.site import Site


@pytest.fixture(scope="module")
def drain_seconds() -> int:
    """The drain time of the module's node."""
    return 600


@pytest.fixture(scope="module")
def is_measured() -> bool:
    """Whether coverage measures the module's nodes: few are enough, and it costs the others their time."""
    return False


@pytest.fixture(scope="module")
def stopped_site(
    empty_database: Path, django_db_blocker: DjangoDbBlocker, redis_url: str, drain_seconds: int, is_measured: bool
) -> Iterator[Site]:
    """A site whose node does not run yet."""
    directory = Path(tempfile.mkdtemp(prefix="lb-"))
    copy_database(empty_database, directory / "lbadmin.sqlite3")
    site = Site(directory, drain_seconds=drain_seconds, is_measured=is_measured)
    redis_client.cache_clear()
    here = override_settings(REDIS_URL=redis_url)
    with here, django_db_blocker.unblock(), database(directory / "lbadmin.sqlite3"):
        try:
            yield site
        finally:
            site.clean_up()
            print(site.output)  # noqa: T201  (pytest shows it when a test of the module failed)
            redis_client().close()
            redis_client.cache_clear()
    shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture(scope="module")
def site(stopped_site: Site) -> Site:
    """A site whose node runs."""
    stopped_site.start()
    return stopped_site


class Backend(socketserver.ThreadingTCPServer):
    """A server that sends back what it gets; it counts its connections and keeps the first bytes of each."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Echo)
        self.connections = 0
        self.beginnings: list[bytes] = []

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.server_address[1])


class _Echo(socketserver.BaseRequestHandler):
    server: Backend

    def handle(self) -> None:
        is_first = True
        try:
            while data := self.request.recv(65536):
                if is_first:  # health checks send nothing, and are no connections of clients
                    self.server.connections += 1
                    self.server.beginnings.append(data)
                    is_first = False
                self.request.sendall(data)
        except OSError:
            return


@contextmanager
def backend_running() -> Iterator[Backend]:
    """Run a real server on loopback."""
    with Backend() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def backend() -> Iterator[Backend]:
    """The server of a module's listeners."""
    with backend_running() as server:
        yield server
