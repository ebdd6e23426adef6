"""Take uploaded bytes apart into PEM blocks, and say what they are when they are something else. Pure."""

import base64
import binascii
import re
from dataclasses import dataclass

from certificates.refusals import Refusal

LARGEST_INPUT_BYTES = 1_000_000
MOST_BLOCKS = 200
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
DER_SEQUENCE = b"\x30"
CERTIFICATE_LABELS = frozenset({"CERTIFICATE", "X509 CERTIFICATE"})
KEY_LABELS = frozenset({"PRIVATE KEY", "ENCRYPTED PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY"})
# The named curve that OpenSSL writes in front of an EC key; the key itself repeats it.
SKIPPED_LABELS = frozenset({"EC PARAMETERS", "SM2 PARAMETERS"})
# What is refused with a reason of its own, by what the label is or ends with.
REFUSED_LABELS = (
    ("DH PARAMETERS", "input.dh-parameters"),
    ("CERTIFICATE REQUEST", "input.request"),
    ("TRUSTED CERTIFICATE", "input.trusted-certificate"),
    ("X509 CRL", "input.crl"),
    ("PKCS7", "input.pkcs7"),
    ("CMS", "input.pkcs7"),
    ("OPENSSH PRIVATE KEY", "key.openssh"),
    ("DSA PRIVATE KEY", "key.dsa"),
    ("PUBLIC KEY", "input.public-key"),
)
_BOUNDARY = re.compile(rb"-----(BEGIN|END) ([A-Z0-9][A-Z0-9 ]{0,62}[A-Z0-9])-----")
_HEADER = re.compile(rb"^([A-Za-z][A-Za-z-]*):[ \t]*(.*)$")


@dataclass(frozen=True, slots=True)
class Block:
    """One PEM block: its label, the line where it begins, its DER, and RFC 1421 headers if it has any."""

    label: str
    line: int
    der: bytes
    headers: tuple[tuple[str, str], ...] = ()

    @property
    def is_key(self) -> bool:
        """Whether this holds a private key."""
        return self.label in KEY_LABELS

    @property
    def is_certificate(self) -> bool:
        """Whether this holds a certificate."""
        return self.label in CERTIFICATE_LABELS

    @property
    def pem(self) -> bytes:
        """The block written again, in lines of 64 characters."""
        body = base64.b64encode(self.der).decode()
        lines = [body[start : start + 64] for start in range(0, len(body), 64)]
        headers = [f"{name}: {value}" for name, value in self.headers]
        head = [*headers, ""] if headers else []
        return "\n".join([f"-----BEGIN {self.label}-----", *head, *lines, f"-----END {self.label}-----", ""]).encode()


def read_blocks(data: bytes, field: str) -> list[Block]:
    """Return the certificates and private keys in ``data``; raise Refusal for anything else, naming the line."""
    if len(data) > LARGEST_INPUT_BYTES:
        raise Refusal("input.too-large", field, limit=LARGEST_INPUT_BYTES, size=len(data))
    text = _normalised(data, field)
    blocks: list[Block] = []
    opened: re.Match[bytes] | None = None
    for boundary in _BOUNDARY.finditer(text):
        if boundary[1] == b"BEGIN" and opened is None:
            opened = boundary
        elif boundary[1] == b"END" and opened is not None and boundary[2] == opened[2]:
            blocks.append(_block(text, opened, boundary, field))
            opened = None
        else:
            raise Refusal("input.unpaired", field, line=_line(text, (opened or boundary).start()))
        if len(blocks) > MOST_BLOCKS:
            raise Refusal("input.too-many-blocks", field, limit=MOST_BLOCKS)
    if opened is not None:
        raise Refusal("input.unpaired", field, line=_line(text, opened.start()))
    if not blocks:
        raise _refuse_foreign(text, field)
    return [block for block in blocks if block.label not in SKIPPED_LABELS]


def _normalised(data: bytes, field: str) -> bytes:
    if data.startswith(UTF16_MARKS):
        raise Refusal("input.utf16", field)
    text = data.removeprefix(BYTE_ORDER_MARK).replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    if not text.strip():
        raise Refusal("input.empty", field)
    # A PEM pasted into JSON or a shell variable often keeps its line ends as a backslash and an n.
    return text.replace(b"\\r", b"").replace(b"\\n", b"\n") if b"-----\\n" in text else text


def _refuse_foreign(text: bytes, field: str) -> Refusal:
    head = text.lstrip()[:512].lower()
    if head.startswith((b"<!doctype", b"<html", b"<?xml", b"<head", b"<body")):
        return Refusal("input.html", field)
    if text.startswith(DER_SEQUENCE):
        return Refusal("input.der", field)
    return Refusal("input.not-pem", field)


def _line(text: bytes, offset: int) -> int:
    return text.count(b"\n", 0, offset) + 1


def _block(text: bytes, begin: re.Match[bytes], end: re.Match[bytes], field: str) -> Block:
    label, line = begin[2].decode(), _line(text, begin.start())
    for ending, code in REFUSED_LABELS:
        if label.endswith(ending):
            raise Refusal(code, field, line=line)
    if label not in CERTIFICATE_LABELS | KEY_LABELS | SKIPPED_LABELS:
        raise Refusal("input.label", field, line=line, label=label)
    headers, body = _headers(text[begin.end() : end.start()])
    try:
        der = base64.b64decode(b"".join(body.split()), validate=True)
    except binascii.Error:
        raise Refusal("input.base64", field, line=line, label=label) from None
    if not der:
        raise Refusal("input.empty-block", field, line=line, label=label)
    return Block(label, line, der, headers)


def _headers(body: bytes) -> tuple[tuple[tuple[str, str], ...], bytes]:
    """Split RFC 1421 headers (``Proc-Type``, ``DEK-Info``) off the base64."""
    lines, headers = body.strip(b"\n").split(b"\n"), []
    while lines and (header := _HEADER.match(lines[0])):
        headers.append((header[1].decode(), header[2].decode("ascii", "replace").strip()))
        lines.pop(0)
    return tuple(headers), b"\n".join(lines)
