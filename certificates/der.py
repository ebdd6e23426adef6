"""Read just enough DER to know sizes and counts before anything expensive is started. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

SEQUENCE = 0x30
INTEGER = 0x02
OCTET_STRING = 0x04
OBJECT_IDENTIFIER = 0x06
EXPLICIT_0 = 0xA0
LONGEST_LENGTH = 4  # bytes of a length field: more than 4 GB is nobody's certificate
LONG_FORM = 0x80
LAST_ARC = 0x80


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


def _element_at(data: bytes, offset: int) -> Element:
    header = data[offset : offset + 2]
    if len(header) < 2:  # noqa: PLR2004  # tag and length
        raise DerError("cut off")
    start, length = offset + 2, header[1]
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
