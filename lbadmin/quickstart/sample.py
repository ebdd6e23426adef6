"""The sample: something real to look at and to curl, made of the same services that operators use."""

import json
import secrets
import socket
from dataclasses import asdict, replace
from itertools import chain
from pathlib import Path

from django.conf import settings
from django.db import transaction

from authorities.orders import Order
from authorities.services import NewAuthority, create_authority, issue_certificate
from certificates.models import Certificate, CertificateVersion
from certificates.subjects import Subject
from console.errors import DomainError
from events.actor import SYSTEM
from lbadmin.quickstart.results import Sample
from listeners.models import Binding, Listener
from listeners.services import ServerSpec, create_listener, create_load_balancer, create_server_group
from listeners.tls_policies import WIZARD_POLICY

NAMES = ("localhost", "*.sample.test")
ADDRESS = "127.0.0.1"
AUTHORITY_DAYS = 3650
CERTIFICATE_DAYS = 365
# Below the ports that Linux hands out to clients (ip_local_port_range), so that none of them is in the way later.
BACKEND_PORTS = range(20_000, 32_000)


def find_or_make() -> Sample:
    """Return the sample; make it if this data directory never had one. What an operator changed stays."""
    record = _directory() / "sample.json"
    if record.is_file():
        kept = Sample(**json.loads(record.read_text()))
        return replace(kept, sha256=_served_by_default(kept))
    port = settings.ENVIRONMENT.sample_port
    if not _is_free(port):
        return Sample(problem=f"port {port} of {ADDRESS} is held by another process; the next start tries again.")
    try:
        return _make(record, port)
    except DomainError as error:
        return Sample(problem=str(error))


def _make(record: Path, port: int) -> Sample:
    """Make all of it or nothing."""
    ca_file = record.with_name("ca.pem")
    record.parent.mkdir(mode=0o700, exist_ok=True)
    with transaction.atomic():
        subject = Subject(common_name="lbadmin sample authority")
        authority = create_authority(SYSTEM, NewAuthority(subject, name="Sample authority", days=AUTHORITY_DAYS))
        order = Order(names=NAMES, days=CERTIFICATE_DAYS)
        certificate = issue_certificate(SYSTEM, authority.pk, order, name="Sample certificate").certificate
        backend_port = _free_backend_port()
        group = create_server_group(
            SYSTEM, name="sample", servers=[ServerSpec(ADDRESS, backend_port, description="the sample's backend")]
        )
        balancer = create_load_balancer(SYSTEM, name="sample", bind_address=ADDRESS)
        create_listener(
            SYSTEM,
            load_balancer_id=balancer.pk,
            port=port,
            server_group_id=group.pk,
            certificate_id=certificate.pk,
            name="sample",
            security_policy=WIZARD_POLICY,
        )
        sample = Sample(ca_file=str(ca_file), backend_port=backend_port, listener_port=port)
        ca_file.write_text(_current_version(authority.certificate).leaf_pem)
        record.write_text(json.dumps(asdict(sample)))
    return replace(sample, sha256=_current_version(certificate).sha256)


def _current_version(certificate: Certificate) -> CertificateVersion:
    return CertificateVersion.objects.get(certificate=certificate)


def _served_by_default(sample: Sample) -> str:
    """Return the fingerprint that a client of the sample must see; empty once an operator put it to another use."""
    sha256 = (
        Binding.objects.filter(
            role=Binding.Role.DEFAULT,
            listener__port=sample.listener_port,
            listener__server_group__servers__port=sample.backend_port,
            listener__load_balancer__bind_address=ADDRESS,
            listener__desired=Listener.Desired.RUNNING,
            listener__mutual_authentication=False,
        )
        .values_list("certificate__current_version__sha256", flat=True)
        .first()
    )
    return sha256 or ""


def _directory() -> Path:
    directory: Path = settings.DATA_DIR / "sample"
    return directory


def _free_backend_port() -> int:
    start = secrets.randbelow(len(BACKEND_PORTS))
    return next(port for port in chain(BACKEND_PORTS[start:], BACKEND_PORTS[:start]) if _is_free(port))


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        # As servers do: a connection that is only ending does not hold the port.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((ADDRESS, port))
        except OSError:
            return False
    return True
