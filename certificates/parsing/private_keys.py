"""Open an uploaded private key: sizes and counts first, then the key, then a proof that it works. Pure."""

from collections.abc import Iterator, Sequence

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

from certificates.parsing import der
from certificates.parsing.formats import Block
from certificates.parsing.refusals import Refusal

FIELD = "private_key_pem"
LARGEST_RSA_BITS = 4096  # beyond it a handshake costs the engine more than 10 ms
LARGEST_KEY_BYTES = 16_384
MOST_ITERATIONS = 2_000_000
MOST_SCRYPT_BYTES = 64 * 1024 * 1024
MOST_SCRYPT_PARALLEL = 16
CURVES = frozenset({"secp256r1", "secp384r1", "secp521r1"})  # the curves that the engine signs with

RSA_OID = "1.2.840.113549.1.1.1"
PBES2_OID = "1.2.840.113549.1.5.13"
PBKDF2_OID = "1.2.840.113549.1.5.12"
SCRYPT_OID = "1.3.6.1.4.1.11591.4.11"
JKS_PROTECTION_OID = "1.3.6.1.4.1.42.2.17.1.1"
# SM3 and SM4, with which GmSSL and Tongsuo encrypt keys; OpenSSL's error for them is that of a wrong passphrase.
CHINESE_ALGORITHMS = "1.2.156.10197."
SM2_CURVE = bytes.fromhex("06082a811ccf5501822d")  # its object identifier, encoded
SCRYPT_ITERATIONS = 200_000  # about the time that MOST_SCRYPT_BYTES take

ServerKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey


def open_key(block: Block, passphrase: str | None) -> ServerKey:
    """Return the key in ``block``, opened with ``passphrase`` if it is encrypted, and proven to sign."""
    if len(block.der) > LARGEST_KEY_BYTES:
        raise Refusal("key.too-large", FIELD, limit=LARGEST_RSA_BITS)
    is_encrypted = _is_encrypted(block)
    _check_cost(block, is_encrypted=is_encrypted)
    if is_encrypted and not passphrase:
        raise Refusal("key.passphrase-missing", "passphrase")
    key = _supported(_load(block, passphrase.encode() if is_encrypted and passphrase else None))
    _prove(key)
    return key


def open_with_any(block: Block, passphrases: Sequence[str]) -> ServerKey:
    """Return the key in ``block``, opened with the first passphrase that fits."""
    for passphrase in passphrases[:-1]:
        try:
            return open_key(block, passphrase)
        except Refusal as refusal:
            if refusal.code != "key.passphrase-wrong":
                raise
    return open_key(block, passphrases[-1] if passphrases else None)


def pkcs8_pem(key: ServerKey) -> bytes:
    """Return the key as unencrypted PKCS#8, the one form that is kept (sealed) and served."""
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _is_encrypted(block: Block) -> bool:
    procedure = dict(block.headers).get("Proc-Type", "")
    return block.label == "ENCRYPTED PRIVATE KEY" or procedure.endswith("ENCRYPTED")


def _check_cost(block: Block, *, is_encrypted: bool) -> None:
    """Refuse what would keep the parser busy: read the figures, compute nothing."""
    if is_encrypted and block.headers:
        return  # the old OpenSSL scheme derives its key with one round of MD5
    try:
        if is_encrypted:
            check_derivation(der.parse(block.der).child(0))
        elif SM2_CURVE in block.der:
            raise Refusal("key.sm2", FIELD)
        elif block.label != "EC PRIVATE KEY":
            _check_modulus(block)
    except der.DerError:
        raise Refusal("key.unreadable", FIELD, line=block.line) from None


def _check_modulus(block: Block) -> None:
    key = der.parse(block.der)
    if block.label == "PRIVATE KEY":
        if key.child(1, 0).oid != RSA_OID:
            return
        key = der.parse(key.child(2).expect(der.OCTET_STRING).content)
    bits = key.child(1).integer.bit_length()
    if bits > LARGEST_RSA_BITS:
        raise Refusal("key.too-large", FIELD, limit=LARGEST_RSA_BITS)


def check_derivation(algorithm: der.Element) -> None:
    """Refuse an encryption that asks for more work than is allowed, or that is known and cannot be opened."""
    if any(oid.startswith(CHINESE_ALGORITHMS) for oid in _oids(algorithm)):
        raise Refusal("key.gmssl", FIELD)
    name, parameters = _derivation(algorithm)
    if name == JKS_PROTECTION_OID:
        return None  # the key store's reader tried, and what loads keys does not know it
    if name == SCRYPT_OID:
        return _check_scrypt(parameters)
    # PBES1, PKCS#12 and PBKDF2 all put the salt first and the count second.
    if not 0 < parameters.child(1).integer <= MOST_ITERATIONS:
        raise Refusal("key.too-many-iterations", FIELD, limit=MOST_ITERATIONS)
    return None


def derivation_iterations(algorithm: der.Element) -> int:
    """Return how often an encryption hashes the passphrase; scrypt counts as what it costs at its limit."""
    name, parameters = _derivation(algorithm)
    return SCRYPT_ITERATIONS if name == SCRYPT_OID else parameters.child(1).integer


def _derivation(algorithm: der.Element) -> tuple[str, der.Element]:
    """Return the name and the parameters of what makes a key of a passphrase."""
    name, parameters = algorithm.child(0).oid, algorithm.child(1)
    if name != PBES2_OID:
        return name, parameters
    function = parameters.child(0)
    name, parameters = function.child(0).oid, function.child(1)
    if name not in {SCRYPT_OID, PBKDF2_OID}:
        raise Refusal("key.encryption-unsupported", FIELD)
    return name, parameters


def _oids(element: der.Element, depth: int = 6) -> Iterator[str]:
    """Yield the object identifiers in an algorithm and its parameters."""
    if element.tag == der.OBJECT_IDENTIFIER:
        yield element.oid
    elif element.tag == der.SEQUENCE and depth:
        for child in element.children():
            yield from _oids(child, depth - 1)


def _check_scrypt(parameters: der.Element) -> None:
    cost, block_size, parallel = (parameters.child(index).integer for index in (1, 2, 3))
    if min(cost, block_size, parallel) < 1:
        raise der.DerError("a count below 1")
    if 128 * cost * block_size > MOST_SCRYPT_BYTES or parallel > MOST_SCRYPT_PARALLEL:
        raise Refusal("key.too-many-iterations", FIELD, limit=MOST_ITERATIONS)


def _load(block: Block, password: bytes | None) -> PrivateKeyTypes:
    try:
        # The primality test that is skipped takes 55 ms for RSA-2048 and 3 s for RSA-8192; `_prove` finds what
        # is wrong with a key for the price of one signature.
        return serialization.load_pem_private_key(block.pem, password, unsafe_skip_rsa_key_validation=True)
    except UnsupportedAlgorithm:
        code = "key.encryption-unsupported" if password else "key.unsupported"
        raise Refusal(code, FIELD) from None
    except (ValueError, TypeError):
        if password:
            raise Refusal("key.passphrase-wrong", "passphrase") from None
        raise Refusal("key.unreadable", FIELD, line=block.line) from None


def _supported(key: PrivateKeyTypes) -> ServerKey:
    if isinstance(key, rsa.RSAPrivateKey):
        if key.key_size > LARGEST_RSA_BITS:
            raise Refusal("key.too-large", FIELD, limit=LARGEST_RSA_BITS)
        return key
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return key
    if isinstance(key, ec.EllipticCurvePrivateKey) and key.curve.name in CURVES:
        return key
    raise Refusal("key.unsupported", FIELD)


def _prove(key: ServerKey) -> None:
    """Sign and verify once, so that a key with a damaged part is found now and not by the engine."""
    message = b"lbadmin"
    try:
        if isinstance(key, rsa.RSAPrivateKey):
            _check_numbers(key.private_numbers())
            signature = key.sign(message, padding.PKCS1v15(), hashes.SHA256())
            key.public_key().verify(signature, message, padding.PKCS1v15(), hashes.SHA256())
        elif isinstance(key, ec.EllipticCurvePrivateKey):
            algorithm = ec.ECDSA(hashes.SHA256())
            key.public_key().verify(key.sign(message, algorithm), message, algorithm)
        else:
            key.public_key().verify(key.sign(message), message)
    except (InvalidSignature, ValueError, UnsupportedAlgorithm):
        raise Refusal("key.broken", FIELD) from None


def _check_numbers(numbers: rsa.RSAPrivateNumbers) -> None:
    """Check what BoringSSL checks when it loads the key; OpenSSL would sign around a wrong number (RFC 8017, 3.2)."""
    p, q, d, public = numbers.p, numbers.q, numbers.d, numbers.public_numbers
    consistent = (
        p * q == public.n
        and all(d * public.e % (prime - 1) == 1 for prime in (p, q))
        and (numbers.dmp1, numbers.dmq1) == (d % (p - 1), d % (q - 1))
        and numbers.iqmp * q % p == 1
    )
    if not consistent:
        raise ValueError("the numbers of the key do not fit together")
