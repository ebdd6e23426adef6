"""Rows for tests, made by the real services."""

import itertools
from typing import Any

from certificates.models import Certificate, Kind
from certificates.services import import_certificate
from console.ids import is_id
from events.actor import Actor
from listeners import services
from listeners.legality import default_protocol, group_protocols
from listeners.models import Listener, LoadBalancer, ServerGroup
from listeners.products import ENCRYPTED
from listeners.services import ServerSpec
from tests.certs import Issued, make_ca, make_leaf, rsa_key

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
    """Create a load balancer on loopback; an ALB has the edition Standard unless another is given."""
    given = {"edition": "Standard", **fields} if fields.get("product") == "ALB" else fields
    return services.create_load_balancer(OPERATOR, **{"name": unique("balancer"), "bind_address": "127.0.0.1", **given})


def make_server_group(*addresses: str, **fields: Any) -> ServerGroup:
    """Create a server group with a server on port 9000 of each address."""
    servers = [ServerSpec(address, 9000) for address in addresses or ("127.0.0.1",)]
    return services.create_server_group(OPERATOR, **{"name": unique("group"), "servers": servers, **fields})


def make_listener(**fields: Any) -> Listener:
    """Create a listener with everything that it needs; what is given is used.

    ``product`` and ``edition`` are those of the load balancer that is made where none is given.
    """
    kind = {name: fields.pop(name) for name in ("product", "edition") if name in fields}
    given = {"port": 10_000 + next(_numbers), **fields}
    if "load_balancer_id" not in given:
        given["load_balancer_id"] = make_load_balancer(**kind).pk
    known = is_id(given["load_balancer_id"]) and LoadBalancer.objects.filter(pk=given["load_balancer_id"]).first()
    balancer = known or LoadBalancer()
    protocol = given.get("protocol") or default_protocol(balancer)
    if "server_group_id" not in given and not given.get("redirect_port"):
        given["server_group_id"] = make_server_group(protocol=group_protocols(balancer.product, protocol)[0]).pk
    if "certificate_id" not in given and protocol in ENCRYPTED:
        given["certificate_id"] = _certificate_for(balancer).pk
    return services.create_listener(OPERATOR, **given)


def _certificate_for(balancer: LoadBalancer) -> Certificate:
    if balancer.product != "CLB":
        return make_server_certificate()
    certificate = make_server_certificate(key=rsa_key(2048))
    services.add_regional_certificate(OPERATOR, certificate.pk, regions=[balancer.region])
    return certificate


def group_of(listener: Listener) -> ServerGroup:
    """Return the server group of a listener that has one."""
    assert listener.server_group is not None
    return listener.server_group
