"""Rows for tests, made by the real services."""

import itertools
from collections.abc import Callable
from typing import Any

from certificates.models import Certificate, Kind
from certificates.services import import_certificate
from events.actor import Actor
from listeners import services
from listeners.models import Listener, LoadBalancer, ServerGroup
from listeners.services import ServerSpec
from tests.certs import Issued, make_ca, make_leaf

OPERATOR = Actor(name="alice", via="page")
_numbers = itertools.count(1)


def unique(prefix: str) -> str:
    """Return a name that no other object of this run has."""
    return f"{prefix}-{next(_numbers):05}"  # of one width, so that names sort as they were made


def store_certificate(issued: Issued, kind: Kind = Kind.SERVER, name: str | None = None) -> Certificate:
    """Import a certificate, with its chain and key if it is a server certificate."""
    is_server = kind == Kind.SERVER
    return import_certificate(
        OPERATOR,
        kind=kind,
        name=name or unique("certificate"),
        certificate_pem=issued.chain_pem if is_server else issued.pem,
        private_key_pem=issued.key_pem if is_server else None,
    ).certificate


def store_bundle(*authorities: Issued) -> Certificate:
    """Import a CA certificate that trusts several authorities."""
    pem = b"".join(authority.pem for authority in authorities)
    return import_certificate(OPERATOR, kind=Kind.CA, name=unique("bundle"), certificate_pem=pem).certificate


def make_server_certificate(*names: str, **fields: Any) -> Certificate:
    """Import a fresh server certificate for ``names``."""
    return store_certificate(make_leaf(*names, **fields))


def make_ca_certificate(**fields: Any) -> Certificate:
    """Import a fresh CA certificate."""
    return store_certificate(make_ca(unique("Root"), **fields), Kind.CA)


def make_load_balancer(**fields: Any) -> LoadBalancer:
    """Create a load balancer on loopback."""
    return services.create_load_balancer(
        OPERATOR, **{"name": unique("balancer"), "bind_address": "127.0.0.1", **fields}
    )


def make_server_group(*addresses: str, **fields: Any) -> ServerGroup:
    """Create a server group with a server on port 9000 of each address."""
    servers = [ServerSpec(address, 9000) for address in addresses or ("127.0.0.1",)]
    return services.create_server_group(OPERATOR, **{"name": unique("group"), "servers": servers, **fields})


def make_listener(**fields: Any) -> Listener:
    """Create a listener with everything that it needs; what is given is used."""
    given = {"port": 10_000 + next(_numbers), **fields}
    makers: dict[str, Callable[[], LoadBalancer | ServerGroup | Certificate]] = {
        "load_balancer_id": make_load_balancer,
        "server_group_id": make_server_group,
        "certificate_id": make_server_certificate,
    }
    for field, make in makers.items():
        if field not in given:
            given[field] = make().pk
    return services.create_listener(OPERATOR, **given)
