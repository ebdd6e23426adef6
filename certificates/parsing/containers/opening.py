"""Open whatever file came: PEM, DER, PKCS#7, PKCS#12, a Java key store, a zip of them. Pure."""

from collections.abc import Iterator, Sequence

from certificates.parsing import der
from certificates.parsing.containers.archives import is_archive, members_of
from certificates.parsing.containers.java import is_key_store, open_key_store
from certificates.parsing.containers.pkcs7 import is_pkcs7, open_pkcs7
from certificates.parsing.containers.pkcs12 import is_pkcs12, open_pkcs12
from certificates.parsing.formats import (
    CERTIFICATE_LABELS,
    DER_SEQUENCE,
    LARGEST_INPUT_BYTES,
    PKCS7_LABELS,
    SKIPPED_LABELS,
    TRUSTED_LABEL,
    Block,
    bare_base64,
    foreign,
    has_pem,
    label_of,
    normalised,
    scan,
)
from certificates.parsing.refusals import Refusal

# What a member of an archive may be without a word: a note of whoever packed it.
PASSED_OVER = frozenset({"input.not-pem", "input.html", "input.empty", "input.utf16"})


def read_blocks(data: bytes, field: str, passphrases: Sequence[str] = ()) -> list[Block]:
    """Return the certificates and keys in one file; raise Refusal for the first thing that is neither."""
    if is_archive(data[:4]):
        found = [each for _name, part in members_of(data, field) for each in open_file(part, field, passphrases)]
        return [_wanted(each, field) for each in found if not _is_passed_over(each)]
    return [_wanted(each, field) for each in open_file(data, field, passphrases)]


def open_file(data: bytes, field: str, passphrases: Sequence[str] = ()) -> list[Block | Refusal]:
    """Return what one file holds that is no archive, with a Refusal for each part that cannot be used."""
    if len(data) > LARGEST_INPUT_BYTES:
        return [Refusal("input.too-large", field, limit=LARGEST_INPUT_BYTES, size=len(data))]
    try:
        if is_key_store(data):
            return list(open_key_store(data, passphrases, field))
        if data.startswith(DER_SEQUENCE) and (found := _open_der(data, passphrases, field)):
            return found
        return _open_text(data, passphrases, field)
    except Refusal as refusal:
        return [refusal]


def _open_der(data: bytes, passphrases: Sequence[str], field: str) -> list[Block | Refusal]:
    """Return what a binary file holds; nothing when it is no DER that is known."""
    try:
        element = der.parse(data)
        if is_pkcs12(element):
            return list(open_pkcs12(element.encoding, passphrases, field))
        if is_pkcs7(element):
            return list(open_pkcs7(element.encoding, field))
    except der.DerError:
        return []
    label = label_of(data)
    if label == "PUBLIC KEY":
        return [Refusal("input.public-key", field, line=1)]
    if label == "DSA PRIVATE KEY":
        return [Refusal("key.dsa", field, line=1)]
    return [Block(label, 1, element.encoding)] if label else []


def _open_text(data: bytes, passphrases: Sequence[str], field: str) -> list[Block | Refusal]:
    text = normalised(data, field)
    if not has_pem(text):
        if encoding := bare_base64(text):
            return _open_der(encoding, passphrases, field)
        return [foreign(text, field)]
    return [each for found in scan(text, field) for each in _expanded(found, field)]


def _expanded(found: Block | Refusal, field: str) -> Iterator[Block | Refusal]:
    """Yield what a PEM block stands for: the certificates of a bundle, nothing for a curve's name, else itself."""
    if isinstance(found, Refusal):
        yield found
    elif found.label in PKCS7_LABELS:
        try:
            yield from open_pkcs7(found.der, field, found.line)
        except Refusal as refusal:
            yield refusal
    elif found.label == TRUSTED_LABEL or found.label in CERTIFICATE_LABELS:
        yield Block("CERTIFICATE", found.line, _first_element(found.der))
    elif found.label not in SKIPPED_LABELS:
        yield found


def _first_element(encoding: bytes) -> bytes:
    """Return a certificate without what OpenSSL or a careless tool put behind it; damage is left to its reader."""
    try:
        return der.parse(encoding).encoding
    except der.DerError:
        return encoding


def _is_passed_over(found: Block | Refusal) -> bool:
    return isinstance(found, Refusal) and found.code in PASSED_OVER


def _wanted(found: Block | Refusal, field: str) -> Block:
    if isinstance(found, Refusal):
        raise found
    if found.is_request:
        raise Refusal("input.request", field, line=found.line)
    if found.is_revocation_list:
        raise Refusal("input.crl", field, line=found.line)
    return found
