"""The tables of listener types, certificate types and authentication of Application Load Balancers, cell by cell."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pytest
from aioquic import tls

from certificates.models import Kind
from console.errors import InvalidInputError
from listeners import services
from listeners.explanation import Client
from listeners.models import Listener, LoadBalancer
from listeners.services import ServerSpec
from tests.certs import Issued, make_ca, make_leaf, rsa_key
from tests.e2e import http3
from tests.e2e.clients import HOST, refusal
from tests.e2e.matching import obtained
from tests.e2e.requests import answer, telling_server
from tests.e2e.site import Site, serve
from tests.factories import OPERATOR, make_listener, make_load_balancer, make_server_group, store_certificate
from tests.waiting import free_port

NAME = "shop.test"
RSA, ECC = make_leaf(NAME, key=rsa_key(2048)), make_leaf(NAME)
AUTHORITY = make_ca()
CLIENT = make_leaf("client.test", issuer=AUTHORITY, client=True)
SETS = {
    "single RSA": [RSA],
    "single ECC": [ECC],
    "dual, RSA by default": [RSA, ECC],
    "dual, ECC by default": [ECC, RSA],
}


@dataclass(frozen=True)
class Place:
    """Where listeners are created: a load balancer and what answers behind it."""

    balancer: LoadBalancer
    server_group_id: str
    stored: Mapping[str, str]  # certificates by fingerprint

    def listen(self, protocol: str, certificates: list[Issued], authority: Issued | None = None) -> Listener:
        """Serve ``certificates``, the first by default; with an authority clients must show theirs."""
        default, *additional = [self.stored[leaf.sha256] for leaf in certificates]
        return serve(
            load_balancer_id=self.balancer.pk,
            server_group_id=self.server_group_id,
            protocol=protocol,
            certificate_id=default,
            additional_certificate_ids=additional,
            **self.mutual(authority),
        )

    def mutual(self, authority: Issued | None) -> dict[str, Any]:
        """Return what asks clients for a certificate of ``authority``."""
        if authority is None:
            return {}
        return {"mutual_authentication": True, "ca_certificate_id": self.stored[authority.sha256]}


@pytest.fixture(scope="module")
def place(site: Site) -> Iterator[Place]:
    """A load balancer of the Standard edition, with a server that answers."""
    with telling_server() as port:
        servers = [ServerSpec(HOST, port)]
        group = make_server_group(protocol="HTTP", servers=servers, health_check_enabled=False)
        stored = {leaf.sha256: store_certificate(leaf).pk for leaf in (RSA, ECC)}
        stored[AUTHORITY.sha256] = store_certificate(AUTHORITY, Kind.CA).pk
        yield Place(make_load_balancer(product="ALB"), group.pk, stored)


def expected(certificates: list[Issued], *, can_ecdsa: bool) -> str:
    """Return the fingerprint that a client should get, empty for none."""
    best = next((leaf for leaf in certificates if leaf is ECC), RSA) if can_ecdsa else RSA
    return best.sha256 if best in certificates else ""


@pytest.mark.parametrize("certificates", SETS.values(), ids=SETS)
@pytest.mark.parametrize("authority", [None, AUTHORITY], ids=["one-way", "mutual"])
def test_https_serves_each_certificate_type_by_each_authentication(
    place: Place, certificates: list[Issued], authority: Issued | None
) -> None:
    listener = place.listen("HTTPS", certificates, authority)
    for can_ecdsa in (True, False):
        client = Client(NAME, can_ecdsa=can_ecdsa, version="TLSv1.2")
        # Under mutual authentication the certificate is seen before the client's own is missed.
        assert obtained(listener.port, client) in {expected(certificates, can_ecdsa=can_ecdsa), ""}
    if authority is None:
        assert {obtained(listener.port, Client(NAME, can_ecdsa=each)) for each in (True, False)} == {
            expected(certificates, can_ecdsa=each) for each in (True, False)
        }
        assert answer(listener.port).startswith(b"HTTP/1.1 200")
    else:
        assert answer(listener.port, client=CLIENT).startswith(b"HTTP/1.1 200")
        assert refusal(listener.port)


class RsaAlone(tls.Context):
    """A client of QUIC that takes no ECDSA certificate."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        known = map(tls.SignatureAlgorithm, self._signature_algorithms)
        self._signature_algorithms = [each for each in known if each.name.startswith("RSA")]


@pytest.mark.parametrize("certificates", SETS.values(), ids=SETS)
def test_quic_serves_each_certificate_type_one_way(
    place: Place, certificates: list[Issued], monkeypatch: pytest.MonkeyPatch
) -> None:
    listener = place.listen("QUIC", certificates)
    assert http3.served(listener.port, NAME) == expected(certificates, can_ecdsa=True)
    if ECC not in certificates:  # of two the engine takes the ECDSA one for every client of QUIC
        monkeypatch.setattr(tls, "Context", RsaAlone)
        assert http3.served(listener.port, NAME) == RSA.sha256


Make = Callable[[], object]


def refused(make: Make) -> tuple[str, str]:
    """Return the code of a refusal and its way out."""
    with pytest.raises(InvalidInputError) as caught:
        make()
    return caught.value.code, caught.value.way_out


def test_quic_listeners_have_no_mutual_authentication(place: Place) -> None:
    code, way_out = refused(lambda: place.listen("QUIC", [ECC], AUTHORITY))
    assert code.startswith("listener.")
    assert "HTTPS" in way_out


@pytest.mark.parametrize(
    "fields", [{"certificate_id": True}, {"mutual_authentication": True}], ids=["certificate", "mutual"]
)
def test_http_listeners_have_no_certificate_and_no_authentication(place: Place, fields: dict[str, Any]) -> None:
    given = {**fields, **({"certificate_id": place.stored[ECC.sha256]} if "certificate_id" in fields else {})}
    code, way_out = refused(
        lambda: make_listener(
            load_balancer_id=place.balancer.pk,
            server_group_id=place.server_group_id,
            protocol="HTTP",
            port=free_port(),
            **given,
        )
    )
    assert code.startswith("listener.")
    assert "HTTPS" in way_out


def test_the_basic_edition_has_no_mutual_authentication(place: Place) -> None:
    basic = replace(place, balancer=make_load_balancer(product="ALB", edition="Basic"))
    code, way_out = refused(lambda: basic.listen("HTTPS", [ECC], AUTHORITY))
    assert code.startswith("listener.")
    assert way_out


def test_sm2_suites_are_said_to_come_later(place: Place) -> None:
    with pytest.raises(InvalidInputError, match="come later"):
        services.create_security_policy(
            OPERATOR, name="sm2", versions=["TLSv1.2"], ciphers=["ECC-SM2-WITH-SM4-SM3", "AES128-SHA"]
        )
