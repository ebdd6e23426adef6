"""A whole lbadmin in a temporary folder: database, Redis, certificates, listeners, and the node as it ships.

Import this module before any model: it gives Django a data directory of its own.
"""

from __future__ import annotations

import atexit
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

DATA_DIR = Path(tempfile.mkdtemp(prefix="lbadmin-bench-"))
atexit.register(shutil.rmtree, DATA_DIR, ignore_errors=True)
os.environ |= {
    "LBADMIN_DATA_DIR": str(DATA_DIR),
    "LBADMIN_DRAIN_SECONDS": "1",  # what survives is then seen within the measurement
    "DJANGO_SETTINGS_MODULE": "lbadmin.settings",
}
os.environ.pop("REDIS_URL", None)
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # with it, every start of a node would compile lbadmin anew

import django

django.setup()

from django.conf import settings
from django.core.management import call_command

from benchmarks.processes import free_port, running, wait_for_port
from benchmarks.proxies import OTHERS_CPU, PROXY_CPU, Proxy
from certificates.models import Kind
from certificates.services import NewCertificate, import_certificate, import_certificates
from events.actor import SYSTEM
from listeners.models import Listener, NodeStatus, Quota
from listeners.services import ServerSpec, create_listener, create_load_balancer, create_server_group
from listeners.tls_policies import WIZARD_POLICY
from tests.certs import Issued, ecdsa_key, make_leaf, rsa_key

UNLIMITED = 1_000_000
IMPORTED_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Site:
    """A listener and the certificates on it, by name; the first is the default."""

    listener: Listener
    certificate_ids: dict[str, str]


@contextmanager
def redis() -> Iterator[None]:
    """Run Redis on the socket where lbadmin looks for it."""
    settings.RUNTIME_DIR.mkdir(parents=True, exist_ok=True)
    socket_path = settings.RUNTIME_DIR / "redis.sock"
    command: list[str | Path] = ["redis-server", "--port", "0", "--unixsocket", socket_path, "--save", ""]
    with running(command, DATA_DIR / "redis.log"):
        yield


def migrate() -> None:
    """Create the tables and lift the limits, which are not what is measured."""
    call_command("migrate", verbosity=0)
    Quota.objects.update(limit=UNLIMITED)


def make_site(names: Sequence[str], backend_port: int, *, algorithm: str = "ecdsa") -> Site:
    """Import one certificate for each name and bind them all to one listener."""
    ids = _import_all(names, algorithm)
    balancer = create_load_balancer(SYSTEM, name=f"bench-{names[0]}", bind_address="127.0.0.1")
    group = create_server_group(
        SYSTEM, name=f"bench-{names[0]}", servers=[ServerSpec(address="127.0.0.1", port=backend_port)]
    )
    first, *others = ids.values()
    listener = create_listener(
        SYSTEM,
        load_balancer_id=balancer.id,
        port=free_port(),
        server_group_id=group.id,
        certificate_id=first,
        additional_certificate_ids=others,
        security_policy=WIZARD_POLICY,
    )
    return Site(listener, ids)


def _import_all(names: Sequence[str], algorithm: str) -> dict[str, str]:
    """Import a certificate for each name, many in one transaction; return their ids by name."""
    ids: dict[str, str] = {}
    for start in range(0, len(names), IMPORTED_AT_ONCE):
        batch = names[start : start + IMPORTED_AT_ONCE]
        issued = (make_leaf(name, key=rsa_key() if algorithm == "rsa" else ecdsa_key()) for name in batch)
        news = [
            NewCertificate(Kind.SERVER, name, one.chain_pem, one.key_pem)
            for name, one in zip(batch, issued, strict=True)
        ]
        ids |= {new.certificate.name: new.certificate.id for new in import_certificates(SYSTEM, news)}
    return ids


def import_issued(issued: Issued, name: str) -> str:
    """Import a certificate made in-process; return its id."""
    return import_certificate(
        SYSTEM, kind=Kind.SERVER, name=name, certificate_pem=issued.chain_pem, private_key_pem=issued.key_pem
    ).certificate.id


@contextmanager
def node(port: int) -> Iterator[Proxy]:
    """Run the node with one engine thread, on the proxies' CPU; yield once ``port`` answers.

    The engine takes one thread for each CPU that it may use when it starts, and the node is given one.
    """
    command = [sys.executable, "manage.py", "runlistener"]
    with ExitStack() as stack:
        stack.enter_context(running(command, DATA_DIR / "node.log", OTHERS_CPU))
        wait_for_port(port)
        pid = engine_pid()
        os.sched_setaffinity(pid, {PROXY_CPU})
        for task in Path(f"/proc/{pid}/task").iterdir():
            os.sched_setaffinity(int(task.name), {PROXY_CPU})
        yield Proxy("lbadmin", port, pid)


def engine_pid() -> int:
    """Return the pid of the engine that this installation's node runs."""
    status = NodeStatus.objects.get()
    if status.engine_pid is None:
        raise LookupError("The node has no engine.")
    return status.engine_pid
