"""PKCS#12 / PFX files (RFC 7292, RFC 9579): what opening one costs is read first, then it is opened. Pure."""

from collections.abc import Iterator, Sequence

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, pkcs12

from certificates.parsing import der
from certificates.parsing.formats import Block
from certificates.parsing.private_keys import MOST_ITERATIONS, check_derivation, derivation_iterations
from certificates.parsing.refusals import Refusal
from certificates.parsing.x509 import UNREADABLE

DATA = "1.2.840.113549.1.7.1"
SIGNED_DATA = "1.2.840.113549.1.7.2"
ENCRYPTED_DATA = "1.2.840.113549.1.7.6"
BAGS = "1.2.840.113549.1.12.10.1."
KEY_BAG, SHROUDED_KEY_BAG, SAFE_CONTENTS_BAG = BAGS + "1", BAGS + "2", BAGS + "6"
PBMAC1 = "1.2.840.113549.1.5.14"
VERSION = 3
DEEPEST_SAFE = 4
# The largest RSA key that is taken, encrypted; a longer one would be loaded only to be refused.
LARGEST_SHROUDED_BYTES = 3_000


def is_pkcs12(element: der.Element) -> bool:
    """Whether this is a PFX."""
    children = element.children()
    return (
        len(children) in {2, 3}
        and children[0].tag == der.INTEGER
        and children[0].integer == VERSION
        and children[1].tag == der.SEQUENCE
        and children[1].child(0).tag == der.OBJECT_IDENTIFIER
    )


def open_pkcs12(encoding: bytes, passphrases: Sequence[str], field: str) -> list[Block]:
    """Return the certificates and keys; the first passphrase that opens the file is the one."""
    try:
        pfx = der.parse(encoding)
        safes = list(_safes(pfx))
        _check_cost(pfx, safes)
        keys = list(_keys(safes))
    except der.DerError:
        raise Refusal("pkcs12.unreadable", field) from None
    if any(len(key.der) > LARGEST_SHROUDED_BYTES for key in keys):
        raise Refusal("key.too-large", field, limit=4096)
    store, has_passphrase = _open(encoding, passphrases, field)
    if store.key is not None and not has_passphrase:
        # What opens keys takes no empty passphrase, with which this one may be encrypted.
        keys = [Block("PRIVATE KEY", 1, store.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()))]
    found = [store.cert, *store.additional_certs]
    certificates = [Block("CERTIFICATE", 1, each.certificate.public_bytes(Encoding.DER)) for each in found if each]
    if not certificates and not keys and store.key is None:
        raise Refusal("pkcs12.empty", field)
    return [*certificates, *keys]


def _open(encoding: bytes, passphrases: Sequence[str], field: str) -> tuple[pkcs12.PKCS12KeyAndCertificates, bool]:
    """Return what the file holds, and whether it took a passphrase to open it."""
    for password in (None, b"", *(text.encode() for text in passphrases)):
        try:
            return pkcs12.load_pkcs12(encoding, password), bool(password)
        except UnsupportedAlgorithm:
            raise Refusal("pkcs12.unsupported", field) from None
        except UNREADABLE:
            continue
    code = "passphrase-wrong" if passphrases else "passphrase-missing"
    raise Refusal(f"pkcs12.{code}", "passphrase")


def _safes(pfx: der.Element) -> Iterator[der.Element]:
    """Yield the ContentInfo elements of the authenticated safe."""
    content = pfx.child(1)
    if content.child(0).oid != DATA:
        # Signed with a certificate instead of a passphrase: nobody writes that.
        raise der.DerError("not a PFX of data")
    yield from der.parse(content.child(1, 0).octets).children()


def _check_cost(pfx: der.Element, safes: Sequence[der.Element]) -> None:
    """Refuse a file that asks for more rounds of hashing than are allowed, all of its parts taken together."""
    iterations = _mac_iterations(pfx)
    for safe in safes:
        kind = safe.child(0).oid
        if kind == ENCRYPTED_DATA:
            iterations += _iterations(safe.child(1, 0, 1, 1))
        elif kind != DATA:
            raise der.DerError("an unknown safe")
    iterations += sum(_iterations(bag.child(0)) for kind, bag in _bags(safes) if kind == SHROUDED_KEY_BAG)
    if iterations > MOST_ITERATIONS:
        raise Refusal("pkcs12.too-many-iterations", limit=MOST_ITERATIONS)


def _iterations(algorithm: der.Element) -> int:
    check_derivation(algorithm)
    return derivation_iterations(algorithm)


def _mac_iterations(pfx: der.Element) -> int:
    children = pfx.children()
    if len(children) < 3:  # noqa: PLR2004  # version, authSafe, macData
        return 0
    mac = children[2].children()
    algorithm = mac[0].child(0)
    if algorithm.child(0).oid == PBMAC1:
        return algorithm.child(1, 0, 1, 1).integer
    count = mac[2].integer if len(mac) > 2 else 1  # noqa: PLR2004  # DEFAULT 1
    if count < 1:
        raise der.DerError("a count below 1")
    return count


def _bags(safes: Sequence[der.Element]) -> Iterator[tuple[str, der.Element]]:
    """Yield the type and the value of every bag that lies open; those in an encrypted safe are not seen."""
    for safe in safes:
        if safe.child(0).oid == DATA:
            yield from _bags_of(der.parse(safe.child(1, 0).octets), DEEPEST_SAFE)


def _bags_of(contents: der.Element, depth: int) -> Iterator[tuple[str, der.Element]]:
    if depth == 0:
        raise der.DerError("safes nested too deep")
    for bag in contents.children():
        kind, value = bag.child(0).oid, bag.child(1, 0)
        if kind == SAFE_CONTENTS_BAG:
            yield from _bags_of(value, depth - 1)
        else:
            yield kind, value


def _keys(safes: Sequence[der.Element]) -> Iterator[Block]:
    labels = {KEY_BAG: "PRIVATE KEY", SHROUDED_KEY_BAG: "ENCRYPTED PRIVATE KEY"}
    for kind, value in _bags(safes):
        if kind in labels:
            yield Block(labels[kind], 1, value.encoding)
