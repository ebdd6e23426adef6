"""Read just enough DER to know sizes and counts before anything expensive is started. Pure.

BER's indefinite lengths and constructed strings are read too: some tools write their PKCS#12 files so.
"""

from collections.abc import Iterator
from dataclasses import dataclass

SEQUENCE = 0x30
INTEGER = 0x02
BIT_STRING = 0x03
OCTET_STRING = 0x04
CONSTRUCTED_OCTET_STRING = 0x24
CONSTRUCTED = 0x20
OBJECT_IDENTIFIER = 0x06
UTC_TIME = 0x17
GENERALIZED_TIME = 0x18
EXPLICIT_0 = 0xA0
LONGEST_LENGTH = 4  # bytes of a length field: more than 4 GB is nobody's certificate
LONG_FORM = 0x80
LAST_ARC = 0x80
END_OF_CONTENTS = b"\0\0"
DEEPEST = 40  # indefinite lengths inside one another: a real file has fewer than ten


class DerError(ValueError):
    """Say that the bytes are not the DER that they should be."""


@dataclass(frozen=True, slots=True)
class Element:
    """One element: its tag, its content, and its whole encoding."""

    tag: int
    content: bytes
    encoding: bytes

    def children(self) -> list["Element"]:
        """Return the elements inside, in order."""
        return list(elements(self.content))

    def child(self, *path: int) -> "Element":
        """Follow ``path``, an index at each depth; raise DerError where it ends early."""
        element = self
        for index in path:
            children = element.children()
            if index >= len(children):
                raise DerError("an element is missing")
            element = children[index]
        return element

    def expect(self, tag: int) -> "Element":
        """Return this element if it has ``tag``."""
        if self.tag != tag:
            raise DerError(f"tag {self.tag:#x} where {tag:#x} should be")
        return self

    @property
    def octets(self) -> bytes:
        """The value of an OCTET STRING, put together where it comes in parts."""
        if self.tag == CONSTRUCTED_OCTET_STRING:
            return b"".join(part.expect(OCTET_STRING).content for part in self.children())
        return self.expect(OCTET_STRING).content

    @property
    def integer(self) -> int:
        """The value of an INTEGER."""
        return int.from_bytes(self.expect(INTEGER).content, "big", signed=True)

    @property
    def oid(self) -> str:
        """The dotted form of an OBJECT IDENTIFIER."""
        return dotted(self.expect(OBJECT_IDENTIFIER).content)


def elements(data: bytes) -> Iterator[Element]:
    """Yield the elements that ``data`` is made of."""
    offset = 0
    while offset < len(data):
        element = _element_at(data, offset)
        yield element
        offset += len(element.encoding)


def parse(data: bytes) -> Element:
    """Return the one element that ``data`` is, ignoring what follows it."""
    if not data:
        raise DerError("no bytes")
    return _element_at(data, 0)


def dotted(content: bytes) -> str:
    """Return an object identifier's content as ``1.2.840...``."""
    arcs, value = [], 0
    for byte in content:
        value = value << 7 | byte & 0x7F
        if byte < LAST_ARC:
            arcs.append(value)
            value = 0
    if not arcs:
        raise DerError("an empty object identifier")
    first = min(arcs[0] // 40, 2)
    return ".".join(str(arc) for arc in (first, arcs[0] - 40 * first, *arcs[1:]))


def _element_at(data: bytes, offset: int, depth: int = 0) -> Element:
    header = data[offset : offset + 2]
    if len(header) < 2:  # noqa: PLR2004  # tag and length
        raise DerError("cut off")
    start, length = offset + 2, header[1]
    if length == LONG_FORM and header[0] & CONSTRUCTED:
        return _indefinite(data, offset, depth)
    if length >= LONG_FORM:
        count = length - LONG_FORM
        if not 0 < count <= LONGEST_LENGTH:
            raise DerError("an unusable length")
        length = int.from_bytes(data[start : start + count], "big")
        start += count
    end = start + length
    if end > len(data):
        raise DerError("cut off")
    return Element(header[0], data[start:end], data[offset:end])


def _indefinite(data: bytes, offset: int, depth: int) -> Element:
    """Return an element that ends where its end-of-contents mark stands."""
    if depth >= DEEPEST:
        raise DerError("nested too deep")
    start = end = offset + 2
    while data[end : end + 2] != END_OF_CONTENTS:
        end += len(_element_at(data, end, depth + 1).encoding)
    return Element(data[offset], data[start:end], data[offset : end + 2])
