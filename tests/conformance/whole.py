"""A whole running installation, used as its operators and their clients use it: REST, handshakes, webhooks."""

import contextlib
import datetime as dt
import json
import ssl
import subprocess
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from lbadmin.environment import BASE_DIR
from tests.alerts.servers import Receiver
from tests.certs import make_leaf
from tests.e2e.clients import Load, connect, echo, served
from tests.quickstart.running import QuickStart, quick_start
from tests.waiting import free_port, wait_until

NAME = "kill.test"
CLIENTS = 4
HANDSHAKES_PER_SECOND = 80
OPEN_CONNECTIONS = 5
BACK_SECONDS = 120
# A worker that is killed in the middle of a message leaves a lease of three minutes behind.
TOLD_SECONDS = 270
SOON = dt.timedelta(days=5)
LIFE = dt.timedelta(days=90)  # a short-lived certificate would be told at fractions of its life


class Crowd:
    """Clients that shake hands and have a text echoed, so many times a second, until they are told to stop."""

    def __init__(self, port: int) -> None:
        self.loads = [Load(port, NAME) for _ in range(CLIENTS)]
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._go, args=(load,)) for load in self.loads]
        for thread in self._threads:
            thread.start()

    def _go(self, load: Load) -> None:
        pause = CLIENTS / HANDSHAKES_PER_SECOND
        next_at = time.monotonic()
        while not self._stop.is_set():
            load.once()
            next_at = max(next_at + pause, time.monotonic() - pause)
            self._stop.wait(max(0.0, next_at - time.monotonic()))

    def leave(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    @property
    def failures(self) -> list[str]:
        return [failure for load in self.loads for failure in load.failures]

    @property
    def succeeded(self) -> int:
        return sum(load.succeeded for load in self.loads)


class Whole:
    """One listener before an echoing backend, a crowd of clients, connections that stay, and somebody who is told."""

    def __init__(self, run: QuickStart, backend_port: int, receiver: Receiver) -> None:
        self.run, self.receiver = run, receiver
        self.port = free_port()
        self.rest = httpx.Client(
            base_url=f"http://127.0.0.1:{run.console_port}/api/v1",
            headers={"Authorization": f"Bearer {self._token()}"},
            timeout=30,
            transport=httpx.HTTPTransport(limits=httpx.Limits(max_keepalive_connections=0)),
        )
        self.expiring: list[str] = []
        self.post("/allowed-ranges", network="127.0.0.1", reason="the receiver of this test")
        self.post("/channels", kind="webhook", name="pager", target=receiver.url)
        self.certificate_id, self.sha256 = self._make_listener(backend_port)
        wait_until(self.is_served, BACK_SECONDS)
        self.open: list[ssl.SSLSocket] = []
        self.reconnect()
        self.crowd = Crowd(self.port)
        self.shaken = 0

    def _token(self) -> str:
        command = [sys.executable, "manage.py", "createtoken", "admin"]
        done = subprocess.run(command, cwd=BASE_DIR, env=self.run.environment, check=True, capture_output=True)
        return done.stdout.decode().strip()

    def _make_listener(self, backend_port: int) -> tuple[str, str]:
        leaf = make_leaf(NAME)
        pem = {"certificate_pem": leaf.chain_pem.decode(), "private_key_pem": leaf.key_pem.decode()}
        certificate = self.post("/certificates", name=NAME, **pem)["id"]
        servers = [{"address": "127.0.0.1", "port": backend_port}]
        self.post(
            "/listeners",
            load_balancer_id=self.post("/load-balancers", name=NAME, bind_address="127.0.0.1")["id"],
            server_group_id=self.post("/server-groups", name=NAME, servers=servers)["id"],
            certificate_id=certificate,
            port=self.port,
        )
        return certificate, leaf.sha256

    def post(self, path: str, **body: Any) -> Any:
        answer = self.rest.post(path, json=body)
        assert answer.is_success, answer.text
        return answer.json()

    def replace(self) -> None:
        """Put a new version behind the certificate that is served."""
        leaf = make_leaf(NAME)
        pem = {"certificate_pem": leaf.chain_pem.decode(), "private_key_pem": leaf.key_pem.decode()}
        self.post(f"/certificates/{self.certificate_id}/replace", **pem)
        self.sha256 = leaf.sha256

    def give_something_to_tell(self) -> None:
        """Import a certificate that ends soon, and scan: a message is due from now on."""
        now = dt.datetime.now(dt.UTC)
        leaf = make_leaf(f"soon-{len(self.expiring)}.test", not_before=now - LIFE, not_after=now + SOON)
        pem = {"certificate_pem": leaf.chain_pem.decode(), "private_key_pem": leaf.key_pem.decode()}
        self.expiring.append(self.post("/certificates", **pem)["id"])
        self.post("/scans")

    def is_served(self) -> bool:
        """Tell whether a client gets what was stored last."""
        try:
            return served(self.port, NAME) == self.sha256
        except OSError:
            return False

    def check_storage(self) -> None:
        """Fail unless REST knows all that it ever said yes to."""
        known = self.rest.get(f"/certificates/{self.certificate_id}").json()
        assert known["current_version"]["sha256"] == self.sha256
        for certificate_id in self.expiring:
            assert self.rest.get(f"/certificates/{certificate_id}").status_code == 200

    def reconnect(self) -> None:
        """Open the connections that are to stay open from now on."""
        self.hang_up()
        self.open = [connect(self.port, NAME) for _ in range(OPEN_CONNECTIONS)]

    def hang_up(self) -> None:
        for connection in self.open:
            connection.close()
        self.open = []

    def check_clients(self) -> None:
        """Fail if any handshake failed or any open connection was lost; clients have to be served meanwhile."""
        before = self.crowd.succeeded
        wait_until(lambda: self.crowd.succeeded > before)
        assert self.crowd.failures == []
        assert all(echo(connection) for connection in self.open)

    def forgive_clients(self) -> int:
        """Start over with a new crowd and new connections; return how many handshakes of the old one failed."""
        self.crowd.leave()
        failed = len(self.crowd.failures)
        self.shaken += self.crowd.succeeded
        self.crowd = Crowd(self.port)
        self.reconnect()
        return failed

    def told(self) -> dict[str, set[str]]:
        """Return the ids of the messages that told of each certificate."""
        found: dict[str, set[str]] = defaultdict(set)
        for request in self.receiver.requests:
            for item in json.loads(request.body)["data"].get("certificates", ()):  # or of the data plane
                found[item["id"]].add(request.headers["webhook-id"])
        return found

    def is_all_told(self) -> bool:
        return self.told().keys() == set(self.expiring)

    def check_messages(self) -> None:
        """Fail unless each certificate that ends soon is told of in one message."""
        wait_until(self.is_all_told, TOLD_SECONDS)
        assert {certificate: len(ids) for certificate, ids in self.told().items() if len(ids) != 1} == {}

    def leave(self) -> None:
        """Take all clients away."""
        self.crowd.leave()
        self.shaken += self.crowd.succeeded
        self.hang_up()
        self.rest.close()


@contextmanager
def whole(directory: Path, backend_port: int, receiver: Receiver) -> Iterator[Whole]:
    """Run an installation with its clients; at the end it stops in order and leaves nothing behind."""
    with quick_start(directory, LBADMIN_SAMPLE="0") as run:
        run.start()
        made = Whole(run, backend_port, receiver)
        with contextlib.closing(made.rest):
            try:
                yield made
            finally:
                made.leave()
                print(run.output)  # noqa: T201 - pytest shows it when a test failed
        assert run.stop() == 0
        assert run.processes() == {}
        assert run.sockets() == []
