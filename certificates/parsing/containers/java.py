"""Java key stores of the kind JKS; JCEKS and BKS are named. Pure.

Read here because the library for it (pyjks) has not been maintained since 2020 and needs a C compiler for the
cipher of a format that is not read.
"""

import hashlib
import hmac
import struct
from collections.abc import Sequence

from certificates.parsing import der
from certificates.parsing.formats import Block
from certificates.parsing.private_keys import JKS_PROTECTION_OID
from certificates.parsing.refusals import Refusal

JKS, JCEKS = b"\xfe\xed\xfe\xed", b"\xce\xce\xce\xce"
BKS = (b"\0\0\0\1\0\0\0\x14", b"\0\0\0\2\0\0\0\x14")  # version, and a salt of 20 bytes
VERSIONS = frozenset({1, 2})
KEY_ENTRY, TRUSTED_ENTRY = 1, 2
MOST_ENTRIES = 500
DIGEST_BYTES = 20  # SHA-1
# Mixed into the digest of the whole file (sun.security.provider.JavaKeyStore).
WHITENER = b"Mighty Aphrodite"


def is_key_store(data: bytes) -> bool:
    """Whether this is a key store of Java, of a kind that is read or not."""
    return data.startswith((JKS, JCEKS, *BKS))


def open_key_store(data: bytes, passphrases: Sequence[str], field: str) -> list[Block]:
    """Return the certificates and keys of a JKS file; keys may have other passphrases than the file."""
    if not data.startswith(JKS):
        raise Refusal("jks.other", field, kind="JCEKS" if data.startswith(JCEKS) else "BKS")
    try:
        blocks = _Reader(data, passphrases).blocks()
    except (struct.error, UnicodeDecodeError, der.DerError):
        raise Refusal("jks.unreadable", field) from None
    if not blocks:
        raise Refusal("jks.empty", field)
    _check_integrity(data, passphrases)
    return blocks


def _check_integrity(data: bytes, passphrases: Sequence[str]) -> None:
    """Refuse a file that none of the passphrases vouches for; without any, what is readable is read."""
    if not passphrases:
        return
    body, digest = data[:-DIGEST_BYTES], data[-DIGEST_BYTES:]
    for passphrase in passphrases:
        expected = hashlib.sha1(_password(passphrase) + WHITENER + body, usedforsecurity=False).digest()
        if hmac.compare_digest(expected, digest):
            return
    raise Refusal("jks.passphrase-wrong", "passphrase")


def _password(text: str) -> bytes:
    return text.encode("utf-16-be", "surrogatepass")


class _Reader:
    """Walk through the entries of a file."""

    def __init__(self, data: bytes, passphrases: Sequence[str]) -> None:
        self._data = data
        self._at = len(JKS)
        self._passphrases = passphrases

    def blocks(self) -> list[Block]:
        """Return what all entries hold."""
        version, count = self._number(), self._number()
        if version not in VERSIONS or count > MOST_ENTRIES:
            raise struct.error("an unknown version, or too many entries")
        found = [block for _entry in range(count) for block in self._entry(version)]
        if self._at + DIGEST_BYTES != len(self._data):
            raise struct.error("more or less than the entries")
        return found

    def _entry(self, version: int) -> list[Block]:
        kind = self._number()
        self._text()  # the alias
        self._take(8)  # when it was made
        if kind == TRUSTED_ENTRY:
            return [self._certificate(version)]
        if kind != KEY_ENTRY:
            raise struct.error("an unknown kind of entry")
        protected = self._take(self._number())
        chain = [self._certificate(version) for _ in range(self._count())]
        return [*chain, _key_block(protected, self._passphrases)]

    def _certificate(self, version: int) -> Block:
        if version > 1:
            self._text()  # its type, X.509
        return Block("CERTIFICATE", 1, self._take(self._number()))

    def _count(self) -> int:
        count = self._number()
        if count > MOST_ENTRIES:
            raise struct.error("too many certificates in a chain")
        return count

    def _text(self) -> str:
        (size,) = struct.unpack(">H", self._take(2))
        return self._take(size).decode("utf-8", "replace")

    def _number(self) -> int:
        (number,) = struct.unpack(">I", self._take(4))
        return int(number)

    def _take(self, size: int) -> bytes:
        part = self._data[self._at : self._at + size]
        if len(part) < size:
            raise struct.error("cut off")
        self._at += size
        return part


def _key_block(protected: bytes, passphrases: Sequence[str]) -> Block:
    """Return an entry's key: opened, or as it is when no passphrase fits, to be refused with the other keys."""
    info = der.parse(protected)
    if info.child(0, 0).oid != JKS_PROTECTION_OID:
        return Block("ENCRYPTED PRIVATE KEY", 1, protected)
    sealed = info.child(1).octets
    for passphrase in passphrases:
        if key := _unprotect(sealed, _password(passphrase)):
            return Block("PRIVATE KEY", 1, key)
    return Block("ENCRYPTED PRIVATE KEY", 1, protected)


def _unprotect(sealed: bytes, password: bytes) -> bytes | None:
    """Undo Sun's own protection of keys: a stream of SHA-1 digests, and a digest of the key to check it by."""
    if len(sealed) <= 2 * DIGEST_BYTES:
        return None
    salt, body, check = sealed[:DIGEST_BYTES], sealed[DIGEST_BYTES:-DIGEST_BYTES], sealed[-DIGEST_BYTES:]
    stream, last = bytearray(), salt
    while len(stream) < len(body):
        last = hashlib.sha1(password + last, usedforsecurity=False).digest()
        stream += last
    key = bytes(left ^ right for left, right in zip(body, stream, strict=False))
    digest = hashlib.sha1(password + key, usedforsecurity=False).digest()
    return key if hmac.compare_digest(digest, check) else None
