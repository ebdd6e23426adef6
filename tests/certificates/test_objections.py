"""What the engine would refuse in a server certificate is told at the import, and refused on a listener."""

import subprocess
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding

from certificates.parsing.bundles import Upload, read_bundle
from certificates.parsing.objections import objection_to
from certificates.parsing.refusals import Finding, Refusal
from certificates.parsing.x509 import read_certificate
from listeners.eligibility import server_certificate_problem
from tests.certificates.odd import codes, key_usage, odd_leaf
from tests.certs import Issued, ecdsa_key, make_leaf, rsa_key

OCSP = x509.TLSFeature([x509.TLSFeatureType.status_request])
MADE_BY_OPENSSL = {
    "certificate.only-pss": ("-algorithm", "RSA-PSS", "-pkeyopt", "rsa_keygen_bits:2048"),
    "certificate.large-exponent": ("-algorithm", "RSA", "-pkeyopt", "rsa_keygen_pubexp:1099511627777"),
    "certificate.explicit-curve": (
        *("-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-pkeyopt", "ec_param_enc:explicit"),
    ),
}


def refused(certificate: x509.Certificate) -> str:
    problem = server_certificate_problem(certificate, "shop")
    assert problem is None or problem.way_out
    return problem.message if problem else ""


def told(issued: Issued) -> set[str]:
    return codes(issued) - {"chain.incomplete"}


def test_a_usual_certificate_has_no_objection() -> None:
    for key in (rsa_key(), ecdsa_key()):
        leaf = odd_leaf(key_usage(digital_signature=True), key=key)
        assert told(leaf) == set()
        assert refused(leaf.certificate) == ""


def test_must_staple_is_told_and_refused_on_a_listener() -> None:
    leaf = odd_leaf(OCSP, key=ecdsa_key())
    assert told(leaf) == {"certificate.must-staple"}
    assert "“shop” cannot be used on a listener: it promises an OCSP response" in refused(leaf.certificate)


def test_an_ecdsa_key_that_may_not_sign_is_told_and_one_of_rsa_is_taken() -> None:
    leaf = odd_leaf(key_usage(key_agreement=True), key=ecdsa_key())
    assert told(leaf) == {"certificate.not-for-signing"}
    assert "digitalSignature" in refused(leaf.certificate)
    assert told(odd_leaf(key_usage(key_encipherment=True), key=rsa_key())) == set()


@pytest.mark.parametrize("code", MADE_BY_OPENSSL)
def test_keys_that_the_engine_cannot_use_are_told_and_refused_on_a_listener(code: str, tmp_path: Path) -> None:
    key, pem = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(("openssl", "genpkey", *MADE_BY_OPENSSL[code], "-out", key), check=True, capture_output=True)
    extensions = ("-addext", "basicConstraints=CA:FALSE", "-addext", "subjectAltName=DNS:odd.test")
    request = ("openssl", "req", "-x509", "-new", "-key", key, "-subj", "/CN=odd.test", *extensions, "-out", pem)
    subprocess.run(request, check=True, capture_output=True)
    bundle = read_bundle(Upload("server", pem.read_bytes(), key.read_bytes()))
    assert code in {finding.code for finding in bundle.findings}
    assert "“shop” cannot be used on a listener" in refused(x509.load_pem_x509_certificate(pem.read_bytes()))


def test_an_exponent_of_34_bits_is_one_too_many() -> None:
    modulus = rsa_key().public_key().public_numbers().n
    for exponent, expected in (
        (2**33 - 1, None),
        (2**33 + 1, Finding("certificate.large-exponent", {"certificate": "a"})),
    ):
        public = rsa.RSAPublicNumbers(exponent, modulus).public_key()
        assert objection_to(_for_key(public), "a") == expected


def _for_key(public: rsa.RSAPublicKey) -> x509.Certificate:
    class Key:
        def public_key(self) -> rsa.RSAPublicKey:
            return public

    return odd_leaf(key=Key()).certificate  # type: ignore[arg-type]  # only its public half is asked for


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        (b"\x06\x03\x55\x04\x03\x0c", b"\x06\x03\x55\x04\x03\x17", "a part of a name is a time"),
        (b"\x03\x42\x00\x04", b"\x03\x42\x00", "hybrid form"),
    ],
)
def test_encodings_that_the_engine_does_not_read_are_refused_with_the_reason(
    before: bytes, after: bytes, reason: str
) -> None:
    leaf = make_leaf("odd.test")
    der = leaf.certificate.public_bytes(Encoding.DER)
    if reason == "hybrid form":
        last = der[der.index(before) + len(before) + 63]
        after += bytes([6 + (last & 1)])
    with pytest.raises(Refusal) as caught:
        read_certificate(der.replace(before, after), 1)
    assert caught.value.code == "certificate.unreadable"
    assert reason in str(caught.value.parameters["reason"])
