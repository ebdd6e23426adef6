"""Read a drop: whatever files and text an operator gave at once, in any order. Pure.

This runs in the parser's process; ``certificates.parsing.parser`` calls it from the others.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from cryptography import x509

from certificates.parsing.containers.archives import is_archive, members_of
from certificates.parsing.containers.opening import PASSED_OVER, open_file
from certificates.parsing.formats import Block
from certificates.parsing.private_keys import ServerKey, open_with_any, pkcs8_pem
from certificates.parsing.refusals import Refusal
from certificates.parsing.splitting import LeftOut, PoolCertificate, PoolKey, Understood, split
from certificates.parsing.x509 import UNREADABLE, clean_text, public_key_digest, read_certificate

FIELD = "files"
MOST_CERTIFICATES = 2000
MOST_KEYS = 500
MOST_PASSPHRASES = 5
LONGEST_SOURCE = 200


@dataclass(frozen=True, slots=True)
class DroppedFile:
    """One file, or the text that was pasted, which has no name."""

    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Drop:
    """What was given at once; each passphrase is tried on everything that is encrypted."""

    files: tuple[DroppedFile, ...]
    passphrases: tuple[str, ...] = ()


class Part(NamedTuple):
    """A block, or why there is none, and where it was."""

    found: Block | Refusal
    source: str


def read_drop(drop: Drop) -> Understood:
    """Return every certificate of the drop, and what was left out of it; raise Refusal for a drop beyond the limits."""
    reader = _Reader(drop.passphrases[:MOST_PASSPHRASES])
    for file in drop.files:
        for part in _parts(file, reader.passphrases):
            reader.take(part)
    understood = split(reader.certificates, reader.keys)
    return replace(understood, left_out=(*reader.left_out, *understood.left_out))


def _parts(file: DroppedFile, passphrases: Sequence[str]) -> Iterator[Part]:
    name = clean_text(file.name)[-LONGEST_SOURCE:]
    if not is_archive(file.data[:4]):
        yield from (Part(found, name) for found in open_file(file.data, FIELD, passphrases))
        return
    try:
        members = members_of(file.data, FIELD)
    except Refusal as refusal:
        yield Part(refusal, name)
        return
    for member, data in members:
        for found in open_file(data, FIELD, passphrases):
            if not (isinstance(found, Refusal) and found.code in PASSED_OVER):
                yield Part(found, f"{name} › {clean_text(member)}"[-LONGEST_SOURCE:])


class _Reader:
    """Sort blocks into certificates, keys, and what is left out."""

    def __init__(self, passphrases: Sequence[str]) -> None:
        self.passphrases = passphrases
        self.certificates: list[PoolCertificate] = []
        self.keys: list[PoolKey] = []
        self.left_out: list[LeftOut] = []
        self._seen: set[bytes] = set()

    def take(self, part: Part) -> None:
        """Put one part where it belongs."""
        try:
            if isinstance(part.found, Refusal):
                raise part.found
            self._read(part.found, part.source)
        except Refusal as refusal:
            if refusal.code.startswith("drop."):
                raise
            self.left_out.append(LeftOut(refusal.code, part.source, refusal.parameters))

    def _read(self, block: Block, source: str) -> None:
        if block.is_certificate:
            if len(self.certificates) >= MOST_CERTIFICATES:
                raise Refusal("drop.too-many", FIELD, limit=MOST_CERTIFICATES)
            self.certificates.append(PoolCertificate(read_certificate(block.der, block.line), source))
        elif block.is_key:
            self._read_key(block, source)
        elif block.is_request:
            self.left_out.append(LeftOut("drop.request", source, {"subject": _request_subject(block)}))
        elif block.is_revocation_list:
            self.left_out.append(LeftOut("drop.revocation-list", source, {"issuer": _list_issuer(block)}))

    def _read_key(self, block: Block, source: str) -> None:
        if block.der in self._seen:
            return
        self._seen.add(block.der)
        if len(self._seen) > MOST_KEYS:
            raise Refusal("drop.too-many-keys", FIELD, limit=MOST_KEYS)
        key = open_with_any(block, self.passphrases)
        self.keys.append(PoolKey(pkcs8_pem(key), public_key_digest(key.public_key()), _label(key), source))


def _label(key: ServerKey) -> str:
    size = getattr(key, "key_size", None)
    kind = type(key).__name__
    if size is None:
        return "Ed25519"
    return f"{'RSA' if 'RSA' in kind else 'ECDSA'} {size}"


def _request_subject(block: Block) -> str:
    """Return whom a request (RFC 2986) asks a certificate for."""
    try:
        subject: str = x509.load_der_x509_csr(block.der).subject.rfc4514_string()
    except UNREADABLE:
        raise Refusal("input.request-unreadable", FIELD, line=block.line) from None
    return clean_text(subject)[:LONGEST_SOURCE]


def _list_issuer(block: Block) -> str:
    """Return who issued a revocation list."""
    try:
        issuer: str = x509.load_der_x509_crl(block.der).issuer.rfc4514_string()
    except UNREADABLE:
        raise Refusal("input.crl-unreadable", FIELD, line=block.line) from None
    return clean_text(issuer)[:LONGEST_SOURCE]
