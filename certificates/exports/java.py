"""Write Java key stores (JKS, version 2), as ``sun.security.provider.JavaKeyStore`` reads them. Pure.

The format protects its key with SHA-1 alone: it is for programs that take nothing newer. Its text is written in
Java's own UTF-8, which for the names used here is UTF-8.
"""

import hashlib
import os
import struct
import time
from collections.abc import Sequence

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from certificates.exports.material import PrivateKey

MAGIC, VERSION = 0xFEEDFEED, 2
KEY_ENTRY, CERTIFICATE_ENTRY = 1, 2
SALT_BYTES = 20
# What the store's digest begins with, after the password (JavaKeyStore.getPreKeyedHash).
WHITENER = b"Mighty Aphrodite"
# AlgorithmIdentifier of Sun's key protection: 1.3.6.1.4.1.42.2.17.1.1, with NULL parameters.
KEY_PROTECTION = bytes.fromhex("300e060a2b060104012a021101010500")


def key_store(alias: str, key: PrivateKey, chain: Sequence[x509.Certificate], password: str) -> bytes:
    """Return a store of one key with its chain, leaf first; the password opens both the store and the key."""
    pkcs8 = key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    protected = _sequence(KEY_PROTECTION + _element(0x04, _protected(pkcs8, password)))
    certificates = struct.pack(">I", len(chain)) + b"".join(map(_certificate, chain))
    entry = _entry(KEY_ENTRY, alias) + struct.pack(">I", len(protected)) + protected + certificates
    return _store([entry], password)


def trust_store(aliases: Sequence[str], certificates: Sequence[x509.Certificate], password: str) -> bytes:
    """Return a store of certificates that Java is to trust; the password only guards against changes."""
    pairs = zip(aliases, certificates, strict=True)
    return _store([_entry(CERTIFICATE_ENTRY, alias) + _certificate(one) for alias, one in pairs], password)


def _store(entries: Sequence[bytes], password: str) -> bytes:
    body = struct.pack(">III", MAGIC, VERSION, len(entries)) + b"".join(entries)
    return body + hashlib.sha1(_utf16(password) + WHITENER + body).digest()  # noqa: S324 - the format's own


def _entry(tag: int, alias: str) -> bytes:
    return struct.pack(">I", tag) + _text(alias.lower()) + struct.pack(">Q", int(time.time() * 1000))


def _certificate(certificate: x509.Certificate) -> bytes:
    encoding = certificate.public_bytes(serialization.Encoding.DER)
    return _text("X.509") + struct.pack(">I", len(encoding)) + encoding


def _protected(plain: bytes, password: str) -> bytes:
    """Return salt, key XOR a stream of chained SHA-1, and a check value (``sun.security.provider.KeyProtector``)."""
    secret, salt = _utf16(password), os.urandom(SALT_BYTES)
    stream, digest = b"", salt
    while len(stream) < len(plain):
        digest = hashlib.sha1(secret + digest).digest()  # noqa: S324 - the format's own
        stream += digest
    hidden = bytes(one ^ other for one, other in zip(plain, stream, strict=False))
    return salt + hidden + hashlib.sha1(secret + plain).digest()  # noqa: S324 - the format's own


def _utf16(password: str) -> bytes:
    return password.encode("utf-16-be")


def _text(text: str) -> bytes:
    encoded = text.encode()
    return struct.pack(">H", len(encoded)) + encoded


def _sequence(content: bytes) -> bytes:
    return _element(0x30, content)


def _element(tag: int, content: bytes) -> bytes:
    """Encode in DER (X.690, 8.1.3)."""
    size = len(content)
    if size < 0x80:  # noqa: PLR2004 - the short form
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + content
