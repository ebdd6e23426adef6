"""Reading whole uploads: whatever the bytes are, the answer is a bundle or a refusal with words."""

import hashlib

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from certificates.messages import error_of
from certificates.parsing import der
from certificates.parsing.bundles import Bundle, Upload
from certificates.parsing.formats import Block
from certificates.parsing.parser_process import read_safely
from certificates.parsing.x509 import read_certificate
from tests.certs import make_ca, make_leaf, rsa_key

# As in the parser's process: what the library means to refuse one day is read as long as it can be.
pytestmark = pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning")
LEAF = make_leaf("www.example.test", "*.example.test", "192.0.2.1", issuer=make_ca("Root"), key=rsa_key())
ENCODING = LEAF.certificate.public_bytes(Encoding.DER)


def is_answered(upload: Upload) -> bool:
    result = read_safely(upload)
    if isinstance(result, Bundle):
        return True
    return result.code != "input.unreadable" and bool(error_of(result).message)


@given(st.binary(max_size=3000), st.none() | st.binary(max_size=3000), st.none() | st.text(max_size=20))
def test_arbitrary_bytes_are_answered(certificate: bytes, key: bytes | None, passphrase: str | None) -> None:
    for kind in ("server", "ca"):
        assert is_answered(Upload(kind, certificate, key, passphrase))


@given(st.binary(min_size=1, max_size=600))
def test_arbitrary_der_in_pem_is_answered(content: bytes) -> None:
    for label in ("CERTIFICATE", "PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY", "ENCRYPTED PRIVATE KEY"):
        pem = Block(label, 1, content).pem
        assert is_answered(Upload("server", LEAF.pem + pem, None, "x"))
        assert is_answered(Upload("ca", pem))


@given(st.lists(st.tuples(st.integers(0, len(ENCODING) - 1), st.integers(0, 255)), min_size=1, max_size=6))
@settings(max_examples=300)
def test_a_certificate_with_changed_bytes_is_answered(changes: list[tuple[int, int]]) -> None:
    changed = bytearray(ENCODING)
    for position, value in changes:
        changed[position] = value
    pem = Block("CERTIFICATE", 1, bytes(changed)).pem
    assert is_answered(Upload("server", pem, LEAF.key_pem))
    assert is_answered(Upload("ca", pem))


@given(st.binary(max_size=200))
def test_arbitrary_der_is_read_or_refused(data: bytes) -> None:
    try:
        children = der.parse(data).children()
    except der.DerError:
        return
    assert sum(len(child.encoding) for child in children) <= len(data)


def test_numbers_and_names_are_read_from_der() -> None:
    sequence = der.parse(bytes.fromhex("300c 0201 80 0607 2a8648ce3d0201".replace(" ", "")))
    assert sequence.child(0).integer == -128
    assert sequence.child(1).oid == "1.2.840.10045.2.1"
    with pytest.raises(der.DerError):
        sequence.child(2)
    with pytest.raises(der.DerError):
        sequence.expect(der.INTEGER)
    with pytest.raises(der.DerError):
        der.dotted(b"")


def test_the_public_key_is_fingerprinted_byte_for_byte() -> None:
    spki = LEAF.certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert read_certificate(ENCODING, 1).description.spki_sha256 == hashlib.sha256(spki).hexdigest()
