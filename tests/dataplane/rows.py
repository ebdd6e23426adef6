"""Listeners in the database, made by the real services."""

import itertools
from typing import Any

from certificates.keys import seal
from certificates.models import Certificate, CertificateName, CertificateVersion, Kind, SealedKey
from certificates.services import import_certificate, replace_certificate
from events.actor import Actor
from events.feed import recording
from listeners import services
from listeners.models import Listener, ServerGroup
from listeners.services import ServerSpec
from tests.certs import Issued, make_leaf

OPERATOR = Actor(name="alice", via="page")
_numbers = itertools.count(1)


def store(issued: Issued, kind: Kind = Kind.SERVER) -> Certificate:
    return import_certificate(
        OPERATOR,
        kind=kind,
        name=f"certificate-{next(_numbers)}",
        certificate_pem=issued.chain_pem,
        private_key_pem=issued.key_pem if kind == Kind.SERVER else None,
    ).certificate


def replace(certificate: Certificate, issued: Issued) -> None:
    certificate.refresh_from_db()
    replace_certificate(
        OPERATOR,
        certificate.pk,
        certificate_pem=issued.chain_pem,
        private_key_pem=issued.key_pem,
        passphrase=None,
        expected_revision=certificate.revision,
        reason="moved",
    )


def make_listener(default: Issued | None = None, *additional: Issued, servers: Any = None, **fields: Any) -> Listener:
    """Make a load balancer, a server group, certificates and a listener of them."""
    number = next(_numbers)
    balancer = services.create_load_balancer(OPERATOR, name=f"balancer-{number}", bind_address="127.0.0.1")
    group = services.create_server_group(
        OPERATOR, name=f"group-{number}", servers=servers or [ServerSpec("127.0.0.1", 9000)]
    )
    return services.create_listener(
        OPERATOR,
        load_balancer_id=balancer.pk,
        server_group_id=group.pk,
        certificate_id=store(default or make_leaf("default.test")).pk,
        additional_certificate_ids=[store(issued).pk for issued in additional],
        **{"port": 20_000 + number, **fields},
    )


def group_of(listener: Listener) -> ServerGroup:
    """The server group that everything goes to."""
    assert listener.server_group is not None
    return listener.server_group


def store_foreign_key(certificate_id: str) -> None:
    """Make a current version whose key is another certificate's, as only damage to the database can."""
    certificate = Certificate.objects.get(pk=certificate_id)
    damaged = CertificateVersion.objects.get(certificate_id=certificate_id)
    damaged.pk, damaged.number, damaged.sha256 = None, damaged.number + 1, "f" * 64
    damaged.save()
    SealedKey.objects.create(version=damaged, token=seal(make_leaf().key_pem))
    names = CertificateName.objects.filter(version=certificate.current_version_id)
    for name in names:
        CertificateName.objects.create(version=damaged, kind=name.kind, value=name.value)
    with recording(OPERATOR) as changes:
        certificate.current_version = damaged
        certificate.save(update_fields=["current_version"])
        changes.record("certificate.replaced", certificate, "Damaged")
