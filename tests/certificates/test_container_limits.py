"""What would never end, blow up or climb out is refused before it is opened."""

import io
import zipfile

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import PrivateFormat, pkcs12

from certificates.parsing import der
from certificates.parsing.containers.archives import MOST_MEMBERS, members_of
from certificates.parsing.containers.pkcs12 import open_pkcs12
from certificates.parsing.formats import LARGEST_INPUT_BYTES
from certificates.parsing.private_keys import MOST_ITERATIONS
from certificates.parsing.refusals import Refusal
from tests.certificates.drops import codes, pfx, understood
from tests.certificates.samples import GMSSL_KEY, SM2_CERTIFICATE, SM2_KEY
from tests.certificates.test_open_private_key import integer, pbes2, tlv
from tests.certificates.test_read_containers import archive
from tests.certs import make_leaf

# As in the parser's process: what the library means to refuse one day is read as long as it can be.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")
LEAF = make_leaf()
DATA, ENCRYPTED = bytes.fromhex("06092a864886f70d010701"), bytes.fromhex("06092a864886f70d010706")
SHROUDED = bytes.fromhex("060b2a864886f70d010c0a0102")
SAFE_CONTENTS = bytes.fromhex("060b2a864886f70d010c0a0106")
PBKDF2 = "2a864886f70d01050c"
SHA1 = tlv(0x30, bytes.fromhex("06052b0e03021a"), b"\x05\x00")


def refusal_of(data: bytes, passphrase: str = "secret") -> str:
    with pytest.raises(Refusal) as caught:
        open_pkcs12(data, (passphrase,), "files")
    return caught.value.code


def shrouded_bag(iterations: int) -> bytes:
    key = tlv(0x30, pbes2(PBKDF2, integer(iterations)), tlv(0x04, b"x" * 64))
    return tlv(0x30, SHROUDED, tlv(0xA0, key))


def encrypted_safe(iterations: int) -> bytes:
    content = tlv(0x30, DATA, pbes2(PBKDF2, integer(iterations)), tlv(0x80, b"x" * 64))
    return tlv(0x30, ENCRYPTED, tlv(0xA0, tlv(0x30, integer(0), content)))


def safe(*bags: bytes) -> bytes:
    return tlv(0x30, DATA, tlv(0xA0, tlv(0x04, tlv(0x30, *bags))))


def pfx_of(*safes: bytes, mac_iterations: int | None = 1) -> bytes:
    content = tlv(0x30, DATA, tlv(0xA0, tlv(0x04, tlv(0x30, *safes))))
    if mac_iterations is None:
        return tlv(0x30, integer(3), content)
    mac = tlv(0x30, tlv(0x30, SHA1, tlv(0x04, b"x" * 20)), tlv(0x04, b"saltsalt"), integer(mac_iterations))
    return tlv(0x30, integer(3), content, mac)


def nested(bag: bytes, depth: int) -> bytes:
    for _ in range(depth):
        bag = tlv(0x30, SAFE_CONTENTS, tlv(0xA0, tlv(0x30, bag)))
    return bag


@pytest.mark.parametrize(
    "data",
    [
        pfx_of(safe(), mac_iterations=2**31 - 1),
        pfx_of(safe(), mac_iterations=MOST_ITERATIONS + 1),
        pfx_of(encrypted_safe(MOST_ITERATIONS // 2), encrypted_safe(MOST_ITERATIONS // 2 + 1)),
        pfx_of(safe(shrouded_bag(MOST_ITERATIONS), shrouded_bag(MOST_ITERATIONS))),
        pfx_of(safe(nested(shrouded_bag(MOST_ITERATIONS), 2)), mac_iterations=5),
    ],
)
def test_the_rounds_of_a_pfx_are_counted_before_it_is_opened(data: bytes) -> None:
    assert refusal_of(data) == "pkcs12.too-many-iterations"


@pytest.mark.parametrize(
    "data",
    [
        pfx_of(encrypted_safe(2**31 - 1), mac_iterations=None),
        pfx_of(safe(shrouded_bag(2**31 - 1))),
        pfx_of(safe(shrouded_bag(0))),
    ],
)
def test_a_single_bag_that_asks_for_too_much_is_refused(data: bytes) -> None:
    assert refusal_of(data) == "key.too-many-iterations"


def test_the_mac_of_rfc_9579_is_counted_too() -> None:
    function = tlv(0x30, tlv(0x06, bytes.fromhex(PBKDF2)), tlv(0x30, tlv(0x04, b"saltsalt"), integer(2**31 - 1)))
    algorithm = tlv(0x30, bytes.fromhex("06092a864886f70d01050e"), tlv(0x30, function, SHA1))
    mac = tlv(0x30, tlv(0x30, algorithm, tlv(0x04, b"x" * 20)), tlv(0x04, b"unused"), integer(1))
    content = tlv(0x30, DATA, tlv(0xA0, tlv(0x04, tlv(0x30, safe()))))
    assert refusal_of(tlv(0x30, integer(3), content, mac)) == "pkcs12.too-many-iterations"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (pfx_of(safe(nested(shrouded_bag(1), 9))), "pkcs12.unreadable"),
        (pfx_of(tlv(0x30, bytes.fromhex("06092a864886f70d010702"), tlv(0xA0, b"\x05\x00"))), "pkcs12.unreadable"),
        (pfx_of(safe(), mac_iterations=0), "pkcs12.unreadable"),
        (pfx_of(safe(shrouded_bag(1))), "pkcs12.passphrase-wrong"),
        (pfx_of(safe(tlv(0x30, SHROUDED, tlv(0xA0, tlv(0x30, pbes2(PBKDF2, integer(1)), tlv(0x04, b"x" * 5000)))))),
         "key.too-large"),
    ],
)  # fmt: skip
def test_an_odd_pfx_is_refused_with_its_reason(data: bytes, code: str) -> None:
    assert refusal_of(data) == code


def test_a_pfx_with_many_rounds_that_are_allowed_opens() -> None:
    builder = PrivateFormat.PKCS12.encryption_builder().kdf_rounds(100_000).hmac_hash(hashes.SHA256())
    key = LEAF.key
    data = pkcs12.serialize_key_and_certificates(b"", key, LEAF.certificate, None, builder.build(b"secret"))  # type: ignore[arg-type]
    assert len(open_pkcs12(data, ("secret",), "files")) == 2


def indefinite(data: bytes) -> bytes:
    """Write the outermost elements of a PFX again with indefinite lengths, as NSS does."""
    element = der.parse(data)
    version, content, mac = element.children()
    octets = content.child(1, 0).content
    half = len(octets) // 2
    parts = tlv(0x04, octets[:half]) + tlv(0x04, octets[half:])
    string = b"\x24\x80" + parts + b"\0\0"
    inner = b"\x30\x80" + content.child(0).encoding + b"\xa0\x80" + string + b"\0\0" + b"\0\0"
    return b"\x30\x80" + version.encoding + inner + mac.encoding + b"\0\0"


def test_indefinite_lengths_are_read() -> None:
    assert len(open_pkcs12(indefinite(pfx(LEAF, "secret")), ("secret",), "files")) == 2


def test_indefinite_lengths_inside_one_another_end() -> None:
    with pytest.raises(der.DerError):
        der.parse(b"\x30\x80" * 10_000)


def zip_refusal(data: bytes) -> str:
    with pytest.raises(Refusal) as caught:
        members_of(data, "files")
    return caught.value.code


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ([("../../etc/passwd", b"x")], "archive.path"),
        ([("/etc/passwd", b"x")], "archive.path"),
        ([("..\\up.pem", b"x")], "archive.path"),
        ([("C:\\x.pem", b"x")], "archive.path"),
        ([("inner.zip", archive(("a.pem", b"x")))], "archive.nested"),
        ([(f"{number}.pem", b"x") for number in range(MOST_MEMBERS + 1)], "archive.too-many-files"),
        ([("bomb", b"\0" * (LARGEST_INPUT_BYTES + 1))], "archive.member-too-large"),
        ([(f"bomb{number}", b"\0" * LARGEST_INPUT_BYTES) for number in range(9)], "archive.too-large"),
    ],
)
def test_a_zip_that_is_not_to_be_trusted_is_refused(members: list[tuple[str, bytes]], code: str) -> None:
    assert zip_refusal(archive(*members)) == code


def test_a_zip_that_lies_about_its_sizes_is_refused() -> None:
    data = bytearray(archive(("bomb", b"\0" * (4 * LARGEST_INPUT_BYTES))))
    for signature, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        place = data.index(signature) + offset
        data[place : place + 4] = (100).to_bytes(4, "little")
    assert zip_refusal(bytes(data)) == "archive.unreadable"


def test_damaged_encrypted_and_oddly_packed_zips_are_refused() -> None:
    good = archive(("a.pem", LEAF.pem))
    assert zip_refusal(good[:-30]) == "archive.unreadable"
    assert zip_refusal(archive(("a.pem", LEAF.pem), method=zipfile.ZIP_LZMA)) == "archive.unreadable"
    encrypted = bytearray(good)
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        encrypted[encrypted.index(signature) + offset] |= 1
    assert zip_refusal(bytes(encrypted)) == "archive.encrypted"
    assert codes(understood(bytes(encrypted))) == ["archive.encrypted"]
    with io.BytesIO() as empty:
        zipfile.ZipFile(empty, "w").close()
        assert understood(empty.getvalue()).items == ()


def test_a_key_that_gmssl_encrypted_is_named_and_not_called_a_wrong_passphrase() -> None:
    assert codes(understood(GMSSL_KEY, passphrases=("right",))) == ["key.gmssl"]


def test_sm2_is_kept_without_its_key() -> None:
    result = understood(SM2_CERTIFICATE + SM2_KEY)
    (item,) = result.items
    leaf = item.bundle.leaf.description
    assert (leaf.label, leaf.key_algorithm, leaf.key_bits) == ("sm2.example.test", "SM2", 256)
    assert item.bundle.key_pem is None
    assert [finding.code for finding in item.bundle.findings] == ["certificate.watched-only"]
    assert codes(result) == ["key.sm2"]
