"""Keys that the engine's library takes, and those that it does not."""

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519
from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes

from listeners.eligibility import server_certificate_problem
from tests.certs import make_ca, make_leaf, rsa_key

SERVED: list[CertificateIssuerPrivateKeyTypes] = [
    ec.generate_private_key(ec.SECP256R1()),
    ec.generate_private_key(ec.SECP384R1()),
    ec.generate_private_key(ec.SECP521R1()),
    rsa_key(2048),
]
REFUSED: list[tuple[CertificateIssuerPrivateKeyTypes, str]] = [
    (rsa_key(1024), "1024"),
    (ec.generate_private_key(ec.SECP256K1()), "secp256k1"),
    (ec.generate_private_key(ec.BrainpoolP256R1()), "brainpool"),
]


def problem_of(leaf: x509.Certificate) -> str:
    problem = server_certificate_problem(leaf, "shop")
    return problem.message if problem else ""


@pytest.mark.parametrize("key", SERVED, ids=lambda key: f"{type(key).__name__}-{key.key_size}")
def test_a_usual_key_is_accepted(key: CertificateIssuerPrivateKeyTypes) -> None:
    assert problem_of(make_leaf("a.test", key=key).certificate) == ""


@pytest.mark.parametrize(("key", "reason"), REFUSED, ids=[reason for _key, reason in REFUSED])
def test_a_key_that_the_engine_refuses_is_refused_first_with_the_reason(
    key: CertificateIssuerPrivateKeyTypes, reason: str
) -> None:
    message = problem_of(make_leaf("a.test", key=key).certificate)
    assert "shop" in message
    assert reason in message


def test_ed25519_is_accepted_and_ed448_refused() -> None:
    authority = make_ca()
    assert problem_of(make_leaf("a.test", key=ed25519.Ed25519PrivateKey.generate(), issuer=authority).certificate) == ""
    refused = problem_of(make_leaf("a.test", key=ed448.Ed448PrivateKey.generate(), issuer=authority).certificate)
    assert "neither RSA, ECDSA nor Ed25519" in refused
