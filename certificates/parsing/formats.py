"""Take text apart into PEM blocks, and recognise binary files by their structure. Pure."""

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass

from certificates.parsing import der
from certificates.parsing.refusals import Refusal

LARGEST_INPUT_BYTES = 1_000_000
MOST_BLOCKS = 500
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
DER_SEQUENCE = b"\x30"
CERTIFICATE_LABELS = frozenset({"CERTIFICATE", "X509 CERTIFICATE"})
KEY_LABELS = frozenset({"PRIVATE KEY", "ENCRYPTED PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY"})
REQUEST_LABELS = frozenset({"CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST"})
LIST_LABEL = "X509 CRL"
PKCS7_LABELS = frozenset({"PKCS7", "CMS", "PKCS #7 SIGNED DATA"})
# OpenSSL's own: a certificate followed by how far it is trusted.
TRUSTED_LABEL = "TRUSTED CERTIFICATE"
# The named curve that OpenSSL writes in front of an EC key; the key itself repeats it.
SKIPPED_LABELS = frozenset({"EC PARAMETERS", "SM2 PARAMETERS"})
KNOWN_LABELS = CERTIFICATE_LABELS | KEY_LABELS | REQUEST_LABELS | PKCS7_LABELS | {LIST_LABEL, TRUSTED_LABEL}
# What is refused with a reason of its own, by what the label is or ends with.
REFUSED_LABELS = (
    ("DH PARAMETERS", "input.dh-parameters"),
    ("OPENSSH PRIVATE KEY", "key.openssh"),
    ("DSA PRIVATE KEY", "key.dsa"),
    ("PUBLIC KEY", "input.public-key"),
)
TIMES = frozenset({der.UTC_TIME, der.GENERALIZED_TIME})
SIGNED_PARTS = 3  # what is signed, by which algorithm, the signature
REQUEST_PARTS = 4  # version, subject, public key, attributes
_BOUNDARY = re.compile(rb"-----(BEGIN|END) ([A-Z0-9][A-Z0-9 #.]{0,62}[A-Z0-9])-----")
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
    def is_request(self) -> bool:
        """Whether this holds a certificate request (CSR)."""
        return self.label in REQUEST_LABELS

    @property
    def is_revocation_list(self) -> bool:
        """Whether this holds a revocation list (CRL)."""
        return self.label == LIST_LABEL

    @property
    def pem(self) -> bytes:
        """The block written again, in lines of 64 characters."""
        body = base64.b64encode(self.der).decode()
        lines = [body[start : start + 64] for start in range(0, len(body), 64)]
        headers = [f"{name}: {value}" for name, value in self.headers]
        head = [*headers, ""] if headers else []
        return "\n".join([f"-----BEGIN {self.label}-----", *head, *lines, f"-----END {self.label}-----", ""]).encode()


def scan(text: bytes, field: str) -> Iterator[Block | Refusal]:
    """Yield every PEM block of ``text`` (see ``normalised``), and a Refusal naming the line of each that is none.

    Whatever stands around the blocks is passed over: mails, and the "Bag Attributes" that OpenSSL writes.
    """
    opened: re.Match[bytes] | None = None
    count = 0
    for boundary in _BOUNDARY.finditer(text):
        if boundary[1] == b"BEGIN":
            if opened is not None:
                yield Refusal("input.unpaired", field, line=_line(text, opened.start()))
            opened = boundary
            continue
        if opened is None or boundary[2] != opened[2]:
            yield Refusal("input.unpaired", field, line=_line(text, (opened or boundary).start()))
        else:
            yield _block(text, opened, boundary, field)
        opened = None
        count += 1
        if count > MOST_BLOCKS:
            yield Refusal("input.too-many-blocks", field, limit=MOST_BLOCKS)
            return
    if opened is not None:
        yield Refusal("input.unpaired", field, line=_line(text, opened.start()))


def has_pem(text: bytes) -> bool:
    """Whether any PEM block begins or ends in ``text``."""
    return _BOUNDARY.search(text) is not None


def bare_base64(text: bytes) -> bytes | None:
    """Return the DER that ``text`` is in base64, as it is copied without its BEGIN and END lines; else None."""
    try:
        decoded = base64.b64decode(b"".join(text.split()), validate=True)
    except binascii.Error:
        return None
    return decoded if decoded.startswith(DER_SEQUENCE) and label_of(decoded) else None


def label_of(encoding: bytes) -> str:
    """Return the PEM label of what this DER holds, empty for nothing that is known; containers are not looked into."""
    try:
        children = der.parse(encoding).children()
        return _label_of(children) if len(children) > 1 else ""
    except der.DerError:
        return ""


def _label_of(children: list[der.Element]) -> str:
    first, second = children[0], children[1]
    if first.tag == der.INTEGER:
        return _key_label(children)
    if first.tag == der.SEQUENCE and second.tag == der.OCTET_STRING:
        return "ENCRYPTED PRIVATE KEY"
    if first.tag == der.SEQUENCE and second.tag == der.BIT_STRING:
        return "PUBLIC KEY"
    if first.tag == der.SEQUENCE and second.tag == der.SEQUENCE and len(children) == SIGNED_PARTS:
        return _signed_label(first.children())
    return ""


def _key_label(children: list[der.Element]) -> str:
    if children[1].tag == der.OCTET_STRING:
        return "EC PRIVATE KEY"
    if children[1].tag == der.SEQUENCE and len(children) > 2 and children[2].tag == der.OCTET_STRING:  # noqa: PLR2004
        return "PRIVATE KEY"
    if all(child.tag == der.INTEGER for child in children):
        # PKCS#1 has nine numbers; OpenSSL's form of a DSA key has six.
        return {9: "RSA PRIVATE KEY", 6: "DSA PRIVATE KEY"}.get(len(children), "")
    return ""


def _signed_label(fields: list[der.Element]) -> str:
    """Tell a certificate, a revocation list and a request apart: the list has times where others have none."""
    if any(field.tag in TIMES for field in fields[2:5]):
        return LIST_LABEL
    if fields and fields[0].tag == der.INTEGER and len(fields) <= REQUEST_PARTS:
        return "CERTIFICATE REQUEST"
    return "CERTIFICATE"


def normalised(data: bytes, field: str) -> bytes:
    """Return text with plain line ends, whatever wrote it; raise Refusal for UTF-16 and for nothing."""
    if data.startswith(UTF16_MARKS):
        raise Refusal("input.utf16", field)
    text = data.removeprefix(BYTE_ORDER_MARK).replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    if not text.strip():
        raise Refusal("input.empty", field)
    # A PEM pasted into JSON or a shell variable often keeps its line ends as a backslash and an n.
    return text.replace(b"\\r", b"").replace(b"\\n", b"\n") if b"-----\\n" in text else text


def foreign(text: bytes, field: str) -> Refusal:
    """Return the refusal of bytes that hold nothing known."""
    head = text.lstrip()[:512].lower()
    if head.startswith((b"<!doctype", b"<html", b"<?xml", b"<head", b"<body")):
        return Refusal("input.html", field)
    if text.startswith(DER_SEQUENCE):
        return Refusal("input.der", field)
    return Refusal("input.not-pem", field)


def _line(text: bytes, offset: int) -> int:
    return text.count(b"\n", 0, offset) + 1


def _block(text: bytes, begin: re.Match[bytes], end: re.Match[bytes], field: str) -> Block | Refusal:
    label, line = begin[2].decode(), _line(text, begin.start())
    for ending, code in REFUSED_LABELS:
        if label.endswith(ending):
            return Refusal(code, field, line=line)
    if label not in KNOWN_LABELS | SKIPPED_LABELS:
        return Refusal("input.label", field, line=line, label=label)
    headers, body = _headers(text[begin.end() : end.start()])
    try:
        encoding = base64.b64decode(b"".join(body.split()), validate=True)
    except binascii.Error:
        return Refusal("input.base64", field, line=line, label=label)
    if not encoding:
        return Refusal("input.empty-block", field, line=line, label=label)
    return Block(label, line, encoding, headers)


def _headers(body: bytes) -> tuple[tuple[tuple[str, str], ...], bytes]:
    """Split RFC 1421 headers (``Proc-Type``, ``DEK-Info``) off the base64."""
    lines, headers = body.strip(b"\n").split(b"\n"), []
    while lines and (header := _HEADER.match(lines[0])):
        headers.append((header[1].decode(), header[2].decode("ascii", "replace").strip()))
        lines.pop(0)
    return tuple(headers), b"\n".join(lines)
