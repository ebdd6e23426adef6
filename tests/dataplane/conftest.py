"""What the tests of the data plane share."""

import shutil
import socketserver
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from listeners.services import ServerSpec
from tests.dataplane.site import Site, running_site


@pytest.fixture
def directory() -> Iterator[Path]:
    """A private directory with a path short enough for sockets."""
    path = Path(tempfile.mkdtemp(prefix="lb-"))
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    """One engine for all tests of a module; each test has listeners of its own."""
    with running_site() as running:
        yield running


class Backend(socketserver.ThreadingTCPServer):
    """A server that sends back what it gets, and counts its connections."""

    daemon_threads = True
    connections = 0

    @property
    def spec(self) -> ServerSpec:
        return ServerSpec("127.0.0.1", self.server_address[1])


class _Echo(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        assert isinstance(self.server, Backend)
        self.server.connections += 1
        try:
            while data := self.request.recv(65536):
                self.request.sendall(data)
        except OSError:
            return


@pytest.fixture
def backend() -> Iterator[Backend]:
    """A real server on loopback."""
    with Backend(("127.0.0.1", 0), _Echo) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()
