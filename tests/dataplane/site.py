"""Listeners on a real engine without a database: the test says what is served, and waits until it is."""

import asyncio
import contextlib
import itertools
import shutil
import tempfile
import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

from dataplane.envoy.compile import compile_listener
from dataplane.envoy.resources import CompiledListener, SecretSource
from dataplane.envoy.secret import KeyPair, authority_secret, certificate_secret, ticket_secret_bytes
from dataplane.snapshot import (
    ADDITIONAL,
    Challenge,
    Listener,
    Role,
    ServedCertificate,
    Server,
    ServerGroup,
    Slot,
    Snapshot,
)
from dataplane.status import StatusBoard
from dataplane.xds.accesslog import Connection
from dataplane.xds.cache import ResourceCache
from dataplane.xds.server import XdsServer
from listeners.tls_policies import POLICIES
from tests.certs import Issued
from tests.dataplane.envoy import running_engine
from tests.waiting import free_port, wait_until

POLICY = "tls_cipher_policy_1_2_strict_with_1_3"
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Bound:
    """A certificate in a slot of a listener that a test makes."""

    issued: Issued
    role: Role = ADDITIONAL


@dataclass
class Site:
    """One engine, and what it serves. Changes return when the engine has acknowledged them."""

    directory: Path
    loop: asyncio.AbstractEventLoop
    cache: ResourceCache = field(default_factory=ResourceCache)
    snapshot: Snapshot = field(default_factory=Snapshot)
    taken: list[tuple[str, str]] = field(default_factory=list)  # type and name, as acknowledged
    rejections: list[str] = field(default_factory=list)
    connections: list[tuple[str, Connection]] = field(default_factory=list)
    issued: dict[int, Issued] = field(default_factory=dict)
    compiled: dict[str, CompiledListener] = field(default_factory=dict)
    board: StatusBoard = field(init=False)

    def __post_init__(self) -> None:
        self.board = StatusBoard(lambda: self.compiled)

    def acknowledged(self, type_url: str, versions: Mapping[str, str]) -> None:
        self.taken += [(type_url, name) for name in versions]
        self.board.acknowledged(type_url, versions)

    def rejected(self, type_url: str, name: str, version: str, reason: str, *, has_older: bool) -> None:
        self.rejections.append(f"{name}: {reason}")

    def ended(self, listener_id: str, connections: Collection[Connection]) -> None:
        self.connections += [(listener_id, connection) for connection in connections]

    async def secrets(self, sources: Mapping[str, SecretSource]) -> Mapping[str, bytes]:
        return {name: self._secret(name, source) for name, source in sources.items()}

    def _secret(self, name: str, source: SecretSource) -> bytes:
        if source.kind == "tickets":
            return ticket_secret_bytes(name, [b"k" * 80])
        issued = self.issued[source.certificate_version_id or source.challenge_id]
        if source.kind == "authority":
            return authority_secret(name, issued.chain_pem)
        return certificate_secret(name, KeyPair(issued.chain_pem, issued.key_pem))

    def certificate(self, issued: Issued) -> ServedCertificate:
        """Return a certificate that listeners can bind."""
        number = next(_numbers)
        self.issued[number] = issued
        return served(issued, number)

    def add(
        self,
        *servers: int | Server,
        bound: Collection[Bound] = (),
        group: Mapping[str, Any] | None = None,
        **fields: Any,
    ) -> Listener:
        """Serve a new listener on a free port; ``servers`` are ports of this machine."""
        number = next(_numbers)
        certificates = [(one.role, self.certificate(one.issued)) for one in bound]
        made = ServerGroup(
            **{
                "id": f"sgp-{number}",
                "name": f"group-{number}",
                "scheduler": "wrr",
                "servers": tuple(one if isinstance(one, Server) else Server("127.0.0.1", one, 100) for one in servers),
                "health_check": None,
                "protocol": "HTTP",
                **(group or {}),
            }
        )
        slots = tuple(Slot(next(_numbers), role, found.id) for role, found in certificates)
        listener = Listener(**{**_defaults(number), "server_group_id": made.id, "slots": slots, **fields})
        self.serve(
            replace(
                self.snapshot,
                listeners={**self.snapshot.listeners, listener.id: listener},
                server_groups={**self.snapshot.server_groups, made.id: made},
                certificates={**self.snapshot.certificates, **{found.id: found for _role, found in certificates}},
            )
        )
        return listener

    def change(self, listener: Listener, **fields: Any) -> Listener:
        """Change fields of a listener."""
        changed = replace(self.snapshot.listeners[listener.id], **fields)
        self.serve(replace(self.snapshot, listeners={**self.snapshot.listeners, listener.id: changed}))
        return changed

    def change_group(self, listener: Listener, **fields: Any) -> None:
        """Change fields of the server group of a listener."""
        group = replace(self.snapshot.server_groups[listener.server_group_id], **fields)
        self.serve(self.snapshot.with_server_groups({group.id: group}))

    def replace_certificate(self, old: ServedCertificate, issued: Issued) -> ServedCertificate:
        """Put a new version in the place of the old one."""
        number = next(_numbers)
        self.issued[number] = issued
        new = replace(served(issued, number), id=old.id)
        self.serve(self.snapshot.with_certificates({new.id: new}))
        return new

    def challenge(self, server_name: str, answer: Issued) -> None:
        """Answer an ACME server on every listener from now on."""
        number = next(_numbers)
        self.issued[number] = answer
        self.serve(replace(self.snapshot, challenges=(Challenge(number, server_name, answer.sha256),)))

    def remove(self, listener: Listener) -> None:
        """Stop serving a listener."""
        kept = {key: value for key, value in self.snapshot.listeners.items() if key != listener.id}
        self.serve(replace(self.snapshot, listeners=kept))

    def serve(self, snapshot: Snapshot) -> None:
        """Serve ``snapshot`` from now on."""
        old, self.snapshot = self.compiled, snapshot
        self.compiled = {key: compile_listener(snapshot, key) for key in snapshot.listeners}
        changed = [one for key, one in self.compiled.items() if key not in old or old[key] != one]
        removed = old.keys() - self.compiled.keys()
        self._call(lambda: self._update(changed, removed))
        wait_until(lambda: self.rejections or all(self._is_taken(one.id) for one in changed), interval=0.01)

    def _update(self, changed: Collection[CompiledListener], removed: Collection[str]) -> None:
        names = [name for listener in changed for name in listener.tickets]
        self.cache.put_secrets({name: SecretSource("tickets", "1") for name in names})
        self.cache.update(changed, removed)

    def _is_taken(self, listener_id: str) -> bool:
        return self.compiled[listener_id].listener is None or self.board.is_acknowledged(listener_id)

    def _call(self, work: Callable[[], None]) -> None:
        done = threading.Event()
        self.loop.call_soon_threadsafe(work)
        self.loop.call_soon_threadsafe(done.set)
        if not done.wait(30):
            raise TimeoutError


def served(issued: Issued, number: int) -> ServedCertificate:
    """Return what a listener depends on of a certificate."""
    key = issued.certificate.public_key()
    try:
        names = issued.certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        dns_names = tuple(sorted(names.get_values_for_type(x509.DNSName)))
    except x509.ExtensionNotFound:
        dns_names = ()
    return ServedCertificate(
        id=f"cert-{number}",
        name=f"certificate-{number}",
        version_id=number,
        sha256=issued.sha256,
        chain_sha256="",
        dns_names=dns_names,
        key_algorithm="RSA" if isinstance(key, rsa.RSAPublicKey) else "EC",
        key_bits=getattr(key, "key_size", 256),
        signature_hash="SHA256",
        not_after=issued.certificate.not_valid_after_utc,
        has_key=True,
    )


def _defaults(number: int) -> dict[str, Any]:
    return {
        "id": f"lsn-{number}",
        "load_balancer_id": f"alb-{number}",
        "name": f"listener-{number}",
        "address": "127.0.0.1",
        "port": free_port(),
        "idle_timeout_seconds": 15,
        "security_policy": POLICY,
        "policy": POLICIES[POLICY],
        "alpn_policy": "",
        "proxy_protocol": False,
        "connections_per_second": 0,
        "mutual_authentication": False,
        "product": "ALB",
        "edition": "Standard",
    }


@contextlib.contextmanager
def running_site(*arguments: str, drain_seconds: int = 1) -> Iterator[Site]:
    """Run an engine that serves what the test says, until the block ends."""
    directory = Path(tempfile.mkdtemp(prefix="lb-"))
    site = Site(directory, asyncio.new_event_loop(), ResourceCache(drain_seconds))
    started, stop = threading.Event(), asyncio.Event()

    async def main() -> None:
        server = XdsServer(site.cache, site.secrets, site, site.ended)
        await server.start(directory / "xds.sock")
        site.cache.fill([])
        started.set()
        await stop.wait()
        await server.stop(0)

    def run() -> None:
        with asyncio.Runner(loop_factory=lambda: site.loop) as runner:
            runner.run(main())

    thread = threading.Thread(target=run)
    thread.start()
    try:
        if not started.wait(60):
            raise TimeoutError
        with running_engine(directory, *arguments, drain_seconds=drain_seconds):
            yield site
    finally:
        site.loop.call_soon_threadsafe(stop.set)
        thread.join(20)
        shutil.rmtree(directory, ignore_errors=True)
