"""PKCS#7 / CMS bundles (RFC 5652): the certificates that a signed message carries. Pure."""

from cryptography.hazmat.primitives.serialization import Encoding, pkcs7

from certificates.parsing import der
from certificates.parsing.formats import Block
from certificates.parsing.refusals import Refusal
from certificates.parsing.x509 import UNREADABLE

SIGNED_DATA = "1.2.840.113549.1.7.2"
CONTENT_TYPES = "1.2.840.113549.1.7."


def is_pkcs7(element: der.Element) -> bool:
    """Whether this is a ContentInfo of PKCS#7, whatever its content."""
    first = element.child(0)
    return first.tag == der.OBJECT_IDENTIFIER and first.oid.startswith(CONTENT_TYPES)


def open_pkcs7(encoding: bytes, field: str, line: int = 1) -> list[Block]:
    """Return the certificates in a SignedData; raise Refusal for any other content, and for none."""
    try:
        if der.parse(encoding).child(0).oid != SIGNED_DATA:
            raise Refusal("pkcs7.no-certificates", field)
        found = pkcs7.load_der_pkcs7_certificates(encoding)
        encodings = [certificate.public_bytes(Encoding.DER) for certificate in found]
    except UNREADABLE:
        raise Refusal("input.pkcs7", field, line=line) from None
    if not encodings:
        raise Refusal("pkcs7.no-certificates", field)
    return [Block("CERTIFICATE", line, each) for each in encodings]
