"""The official clients against the console."""

import threading
from collections.abc import Iterator
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

import pytest
from alibabacloud_alb20200616.client import Client as AlbClient
from alibabacloud_cas20200407.client import Client as CasClient
from alibabacloud_cas20200630.client import Client as PcaClient
from alibabacloud_nlb20220430.client import Client as NlbClient
from alibabacloud_slb20140515.client import Client as ClbClient
from alibabacloud_tea_openapi.models import Config
from django.contrib.auth.models import User
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, connections

from access.access_keys import NewAccessKey, create_access_key
from events.actor import COMMAND
from tests.cloudapi.classic import Classic


class Quiet(WSGIRequestHandler):
    """Log no request."""

    def log_message(self, *args: object) -> None:
        """Say nothing."""


class Console:
    """The console on a free port of loopback, over the connection of the test: what it stores goes with the test."""

    def __init__(self) -> None:
        self.database = connections["default"]
        self._console = WSGIHandler()
        self.server = WSGIServer(("127.0.0.1", 0), Quiet)
        self.server.set_app(self.answer)
        self.address = f"127.0.0.1:{self.server.server_port}"

    def answer(self, environ: dict[str, Any], start_response: Any) -> Any:
        """Answer a request over the test's connection."""
        connections["default"] = self.database
        return self._console(environ, start_response)


@pytest.fixture(scope="session")
def served() -> Iterator[Console]:
    """Serve the console by one thread."""
    console = Console()
    thread = threading.Thread(target=console.server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield console
    console.server.shutdown()
    thread.join()
    console.server.server_close()


@pytest.fixture
def endpoint(db: None, served: Console) -> Iterator[str]:
    """Serve what this test stores; yield ``127.0.0.1:PORT``."""
    served.database = connections["default"]
    served.database.inc_thread_sharing()
    # As Django's own test client does: else each request would close the connection, and the test's transaction.
    request_started.disconnect(close_old_connections)
    request_finished.disconnect(close_old_connections)
    yield served.address
    request_started.connect(close_old_connections)
    request_finished.connect(close_old_connections)
    served.database.dec_thread_sharing()


@pytest.fixture
def access_key(admin_user: User) -> NewAccessKey:
    """Return an access key of an administrator."""
    return create_access_key(COMMAND, admin_user)


@pytest.fixture
def config(endpoint: str, access_key: NewAccessKey) -> Config:
    """Return what an official client needs to know."""
    return Config(
        access_key_id=access_key.row.pk,
        access_key_secret=access_key.secret,
        endpoint=endpoint,
        protocol="http",
        region_id="cn-hangzhou",
        no_proxy="127.0.0.1",
        read_timeout=120_000,  # milliseconds, on a machine that is busy with other tests
    )


@pytest.fixture
def nlb(config: Config) -> NlbClient:
    """Return the official client of NLB."""
    return NlbClient(config)


@pytest.fixture
def clb(config: Config) -> Classic:
    """Return the official client of CLB."""
    return Classic(ClbClient(config))


@pytest.fixture
def cas(config: Config) -> CasClient:
    """Return the official client of the certificate service."""
    return CasClient(config)


@pytest.fixture
def pca(config: Config) -> PcaClient:
    """Return the official client of the private authority service."""
    return PcaClient(config)


@pytest.fixture
def alb(config: Config) -> AlbClient:
    """Return the official client of ALB."""
    return AlbClient(config)
