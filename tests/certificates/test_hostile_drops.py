"""Whatever is dropped, the answer is certificates or reasons with words; nothing is unforeseen."""

from pathlib import Path

import cryptography_vectors
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7
from hypothesis import given, settings
from hypothesis import strategies as st

from certificates.messages import FINDINGS, REFUSALS
from certificates.parsing.parser_process import read_drop_safely
from certificates.parsing.refusals import Refusal
from tests.certificates.drops import drop_of, pfx
from tests.certificates.test_read_containers import archive
from tests.certs import make_ca, make_leaf

# As in the parser's process: what the library means to refuse one day is read as long as it can be.
pytestmark = [
    pytest.mark.filterwarnings("ignore::UserWarning"),
    pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning"),
]
MIDDLE = make_ca("Middle")
LEAF = make_leaf("www.example.test", issuer=MIDDLE)
KEY_STORE = (
    bytes.fromhex("feedfeed00000002000000010000000200016100000000000000000005582e353039") + b"\0\0\1\0" + b"x" * 276
)
GOOD = {
    "DER": LEAF.certificate.public_bytes(Encoding.DER),
    "PKCS#7": pkcs7.serialize_certificates([LEAF.certificate, MIDDLE.certificate], Encoding.DER),
    "PKCS#12": pfx(LEAF, "secret", MIDDLE.certificate),
    "zip": archive(("a.pem", LEAF.pem), ("a.key", LEAF.key_pem)),
    "JKS": KEY_STORE,
    "encrypted key": LEAF.encrypted_key_pem("secret"),
}


def is_answered(*contents: bytes) -> bool:
    result = read_drop_safely(drop_of(*contents, passphrases=("secret",)))
    if isinstance(result, Refusal):
        return result.code != "input.unreadable" and result.code in REFUSALS
    return all(each.code in REFUSALS or each.code in FINDINGS for each in result.left_out)


@pytest.mark.parametrize("name", GOOD)
@given(data=st.data())
@settings(max_examples=60)
def test_changed_and_cut_off_files_are_answered(name: str, data: st.DataObject) -> None:
    changed = bytearray(GOOD[name])
    for _ in range(data.draw(st.integers(0, 4))):
        changed[data.draw(st.integers(0, len(changed) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    assert is_answered(bytes(changed[: data.draw(st.integers(1, len(changed)))]))
    assert is_answered(bytes(changed), LEAF.pem)


@given(st.lists(st.binary(max_size=2000), max_size=3))
def test_noise_is_answered(contents: list[bytes]) -> None:
    assert is_answered(*contents)


@pytest.mark.parametrize("start", [b"", b"\x30\x80", b"\x30\x83", b"PK\x03\x04", b"\xfe\xed\xfe\xed", b"-----BEGIN "])
def test_a_megabyte_of_noise_is_answered(start: bytes) -> None:
    assert is_answered((start + bytes(range(256)) * 4000)[:1_000_000])


def test_a_sample_of_foreign_files_is_answered() -> None:
    files = [path for path in Path(cryptography_vectors.__file__).parent.rglob("*") if path.is_file()]
    for path in sorted(files)[::23]:
        assert is_answered(path.read_bytes()), path
