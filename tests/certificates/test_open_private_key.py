"""Opening private keys: every form that operators have, and what is refused before it costs anything."""

from collections.abc import Callable
from contextlib import suppress

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from hypothesis import given
from hypothesis import strategies as st

from certificates.parsing.containers.opening import read_blocks
from certificates.parsing.formats import Block
from certificates.parsing.private_keys import MOST_ITERATIONS, open_key, pkcs8_pem
from certificates.parsing.refusals import Refusal
from tests.certificates.samples import SM2_KEY
from tests.certs import ecdsa_key, rsa_key

PKCS8, TRADITIONAL = serialization.PrivateFormat.PKCS8, serialization.PrivateFormat.TraditionalOpenSSL
KEYS: dict[str, Callable[[], PrivateKeyTypes]] = {
    "RSA-2048": rsa_key,
    "RSA-4096": lambda: rsa_key(4096),
    "P-256": ecdsa_key,
    "P-384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "P-521": lambda: ec.generate_private_key(ec.SECP521R1()),
    "Ed25519": ed25519.Ed25519PrivateKey.generate,
}


def pem(
    key: PrivateKeyTypes,
    form: serialization.PrivateFormat = PKCS8,
    encryption: serialization.KeySerializationEncryption | None = None,
) -> bytes:
    return key.private_bytes(serialization.Encoding.PEM, form, encryption or serialization.NoEncryption())


def open_pem(data: bytes, passphrase: str | None = None) -> bytes:
    (block,) = read_blocks(data, "private_key_pem")
    return pkcs8_pem(open_key(block, passphrase))


def code_of(data: bytes, passphrase: str | None = None) -> str:
    with pytest.raises(Refusal) as caught:
        open_pem(data, passphrase)
    return caught.value.code


@pytest.mark.parametrize("name", KEYS)
def test_every_form_of_a_key_is_kept_as_pkcs8(name: str) -> None:
    key = KEYS[name]()
    forms = [PKCS8] if name == "Ed25519" else [PKCS8, TRADITIONAL]
    for form in forms:
        assert open_pem(pem(key, form)) == pem(key)


@pytest.mark.parametrize("name", KEYS)
def test_an_encrypted_key_opens_with_its_passphrase_only(name: str) -> None:
    key = KEYS[name]()
    encrypted = pem(key, PKCS8, serialization.BestAvailableEncryption("pässword".encode()))
    assert open_pem(encrypted, "pässword") == pem(key)
    assert code_of(encrypted, "wrong") == "key.passphrase-wrong"
    assert code_of(encrypted) == code_of(encrypted, "") == "key.passphrase-missing"


def test_the_old_encryption_of_openssl_opens_too() -> None:
    key = ecdsa_key()
    encrypted = pem(key, TRADITIONAL, serialization.BestAvailableEncryption(b"old"))
    assert b"DEK-Info" in encrypted
    assert open_pem(encrypted, "old") == pem(key)
    assert code_of(encrypted) == "key.passphrase-missing"
    assert code_of(encrypted, "wrong") == "key.passphrase-wrong"


def test_a_passphrase_for_a_key_without_one_is_no_matter() -> None:
    key = ecdsa_key()
    assert open_pem(pem(key), "unneeded") == pem(key)


def rsa_key_of_primes(p: int, q: int) -> rsa.RSAPrivateKey:
    """Return the key of two primes; finding primes of that size would take seconds."""
    exponent = 65537
    d = rsa.rsa_recover_private_exponent(exponent, p, q)
    numbers = rsa.RSAPrivateNumbers(
        p=p,
        q=q,
        d=d,
        dmp1=rsa.rsa_crt_dmp1(d, p),
        dmq1=rsa.rsa_crt_dmq1(d, q),
        iqmp=rsa.rsa_crt_iqmp(p, q),
        public_numbers=rsa.RSAPublicNumbers(exponent, p * q),
    )
    return numbers.private_key()


@pytest.mark.parametrize(
    ("key", "code"),
    [
        (lambda: rsa_key_of_primes(2**2203 - 1, 2**2281 - 1), "key.too-large"),
        (lambda: ec.generate_private_key(ec.SECP256K1()), "key.unsupported"),
        (ed448.Ed448PrivateKey.generate, "key.unsupported"),
        (lambda: dsa.generate_private_key(1024), "key.unsupported"),
    ],
)
def test_a_key_that_cannot_be_served_is_refused(key: Callable[[], PrivateKeyTypes], code: str) -> None:
    assert code_of(pem(key())) == code


def test_an_sm2_key_is_refused_by_name() -> None:
    assert code_of(SM2_KEY) == "key.sm2"


def test_an_rsa_key_with_a_damaged_part_is_found() -> None:
    numbers = rsa_key().private_numbers()
    broken = rsa.RSAPrivateNumbers(
        p=numbers.p,
        q=numbers.q,
        d=numbers.d,
        dmp1=numbers.dmp1 ^ 2,
        dmq1=numbers.dmq1,
        iqmp=numbers.iqmp,
        public_numbers=numbers.public_numbers,
    ).private_key(unsafe_skip_rsa_key_validation=True)
    assert code_of(pem(broken)) == "key.broken"


def tlv(tag: int, *parts: bytes) -> bytes:
    """Return a DER element; lengths up to 65,535."""
    content = b"".join(parts)
    size = bytes([len(content)]) if len(content) < 128 else b"\x82" + len(content).to_bytes(2, "big")
    return bytes([tag]) + size + content


def integer(value: int) -> bytes:
    return tlv(0x02, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def encrypted_key(algorithm: bytes) -> bytes:
    return Block("ENCRYPTED PRIVATE KEY", 1, tlv(0x30, algorithm, tlv(0x04, b"x" * 64))).pem


def pbes2(function_oid: str, *parameters: bytes) -> bytes:
    function = tlv(0x30, tlv(0x06, bytes.fromhex(function_oid)), tlv(0x30, tlv(0x04, b"saltsalt"), *parameters))
    cipher = tlv(0x30, tlv(0x06, bytes.fromhex("60864801650304012a")), tlv(0x04, b"0" * 16))
    return tlv(0x30, tlv(0x06, bytes.fromhex("2a864886f70d01050d")), tlv(0x30, function, cipher))


PBKDF2, SCRYPT, UNKNOWN = "2a864886f70d01050c", "2b06010401da47040b", "2b0601040100"


@pytest.mark.parametrize(
    ("algorithm", "code"),
    [
        (pbes2(PBKDF2, integer(2**31 - 1)), "key.too-many-iterations"),
        (pbes2(PBKDF2, integer(MOST_ITERATIONS + 1)), "key.too-many-iterations"),
        (pbes2(PBKDF2, integer(0)), "key.too-many-iterations"),
        (pbes2(PBKDF2, integer(1)), "key.passphrase-wrong"),
        (pbes2(PBKDF2), "key.unreadable"),
        (pbes2(SCRYPT, integer(2**40), integer(8), integer(1)), "key.too-many-iterations"),
        (pbes2(SCRYPT, integer(2), integer(8), integer(2**30)), "key.too-many-iterations"),
        (pbes2(SCRYPT, integer(0), integer(8), integer(1)), "key.unreadable"),
        (pbes2(SCRYPT, integer(2), integer(8), integer(1)), "key.passphrase-wrong"),
        (pbes2(UNKNOWN, integer(1)), "key.encryption-unsupported"),
        # PBES1: PKCS#12's own derivation, still written by old tools
        (
            tlv(
                0x30,
                tlv(0x06, bytes.fromhex("2a864886f70d010c0103")),
                tlv(0x30, tlv(0x04, b"saltsalt"), integer(2**31 - 1)),
            ),
            "key.too-many-iterations",
        ),
        (b"", "key.unreadable"),
        (b"\x30\x84", "key.unreadable"),
    ],
)
def test_the_cost_of_opening_a_key_is_read_before_it_is_paid(algorithm: bytes, code: str) -> None:
    assert code_of(encrypted_key(algorithm), "x") == code


def test_a_modulus_is_measured_before_the_key_is_loaded() -> None:
    rsa_16384 = tlv(0x30, integer(0), integer(1 << 16383), *[integer(1)] * 7)
    assert code_of(Block("RSA PRIVATE KEY", 1, rsa_16384).pem) == "key.too-large"
    algorithm = tlv(0x30, tlv(0x06, bytes.fromhex("2a864886f70d010101")), b"\x05\x00")
    assert (
        code_of(Block("PRIVATE KEY", 1, tlv(0x30, integer(0), algorithm, tlv(0x04, rsa_16384))).pem) == "key.too-large"
    )
    assert code_of(Block("EC PRIVATE KEY", 1, b"\x30" * 20_000).pem) == "key.too-large"


@given(st.data())
def test_a_key_with_changed_bytes_never_crashes(data: st.DataObject) -> None:
    (block,) = read_blocks(pem(rsa_key(), TRADITIONAL), "private_key_pem")
    changed = bytearray(block.der)
    for _ in range(data.draw(st.integers(1, 4))):
        changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(st.integers(0, 255))
    with suppress(Refusal):
        open_pem(Block(block.label, 1, bytes(changed)).pem)
