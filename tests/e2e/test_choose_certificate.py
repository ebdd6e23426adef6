"""The certificate that clients get, by name."""

import random

import pytest

from tests.certs import make_ca, make_leaf, rsa_key
from tests.e2e.clients import openssl, round_trip, served
from tests.e2e.conftest import Backend
from tests.e2e.matching import clients, differences, random_leaf
from tests.e2e.site import Site, receipts_of, serve
from tests.factories import make_load_balancer, make_server_group, store_certificate
from tests.waiting import wait_until

TLS_1_3 = "tls_cipher_policy_1_2_strict_with_1_3"


def test_each_name_gets_its_certificate_and_others_the_default(site: Site, backend: Backend) -> None:
    authority = make_ca()
    default = make_leaf("default.test", issuer=authority)
    exact = make_leaf("www.shop.test", issuer=authority)
    wildcard = make_leaf("*.shop.test", "shop.test", issuer=authority)
    listener = serve(
        backend.port,
        certificate_id=store_certificate(default).pk,
        additional_certificate_ids=[store_certificate(exact).pk, store_certificate(wildcard).pk],
    )
    expected = {
        "www.shop.test": exact,
        "WWW.SHOP.TEST": exact,
        "api.shop.test": wildcard,
        "shop.test": wildcard,
        "other.test": default,
        None: default,
    }
    assert {name: served(listener.port, name) for name in expected} == {
        name: leaf.sha256 for name, leaf in expected.items()
    }
    assert round_trip(listener.port, "www.shop.test")


def test_receipts_say_what_each_name_is_served(site: Site, backend: Backend) -> None:
    default, named = make_leaf("default.test"), make_leaf("one.test", "*.two.test")
    listener = serve(
        backend.port,
        certificate_id=store_certificate(default).pk,
        additional_certificate_ids=[store_certificate(named).pk],
    )
    wait_until(lambda: len(receipts_of(listener)) == 3)
    found = {receipt.server_name: receipt for receipt in receipts_of(listener)}
    assert {name: receipt.served_sha256 for name, receipt in found.items()} == {
        "": default.sha256,
        "one.test": named.sha256,
        "lbadmin-receipt.two.test": named.sha256,
    }
    assert all(receipt.is_expected and receipt.commit_to_served_milliseconds for receipt in found.values())
    assert all(receipt.change_id for receipt in found.values())


def test_openssl_is_sent_the_whole_chain(site: Site, backend: Backend) -> None:
    root = make_ca("Root")
    middle = make_ca("Middle", issuer=root)
    listener = serve(backend.port, certificate_id=store_certificate(make_leaf("a.test", issuer=middle)).pk)
    said = openssl(listener.port, "-servername", "a.test", "-showcerts")
    assert said.count("BEGIN CERTIFICATE") == 2  # leaf and intermediate; the root is the client's
    assert "1 s:O = Test, CN = Middle" in said


def test_clients_of_every_ability_get_what_the_console_says(site: Site, backend: Backend) -> None:
    additional = [
        make_leaf("www.shop.test"),
        make_leaf("*.shop.test", key=rsa_key(2048)),
        make_leaf("*.shop.test", "*.deep.shop.test"),
        make_leaf("*.deep.shop.test", key=rsa_key(3072)),
        make_leaf("only.rsa.test", key=rsa_key(2048)),
        make_leaf("only.ecdsa.test"),
    ]
    listener = serve(
        backend.port,
        certificate_id=store_certificate(make_leaf("dual.test", "default.test", key=rsa_key(2048))).pk,
        additional_certificate_ids=[store_certificate(leaf).pk for leaf in (*additional, make_leaf("dual.test"))],
        security_policy=TLS_1_3,
    )
    names = ("www.shop.test", "a.shop.test", "b.a.deep.shop.test", "only.rsa.test", "only.ecdsa.test", "dual.test")
    assert differences(listener, clients(*names)) == []


NAMES = ("www.shop.test", "a.shop.test", "*.shop.test", "shop.test", "*.deep.shop.test", "x.deep.shop.test", "*.test")
ASKED = ("www.shop.test", "a.shop.test", "b.shop.test", "shop.test", "x.deep.shop.test", "y.z.deep.shop.test", "q.test")


@pytest.mark.conformance
@pytest.mark.parametrize("seed", range(40))
def test_any_set_of_certificates_is_served_as_the_console_says(site: Site, backend: Backend, seed: int) -> None:
    chance = random.Random(seed)
    product = chance.choice(("NLB", "ALB"))
    balancer = make_load_balancer(product=product, **({"edition": "Standard"} if product == "ALB" else {}))
    group = make_server_group(protocol="TCP" if product == "NLB" else "HTTP")
    default, *additional = [store_certificate(random_leaf(chance, NAMES)).pk for _ in range(chance.randint(2, 8))]
    listener = serve(
        load_balancer_id=balancer.pk,
        server_group_id=group.pk,
        certificate_id=default,
        additional_certificate_ids=additional,
        security_policy=TLS_1_3,
    )
    assert differences(listener, clients(*ASKED)) == []
