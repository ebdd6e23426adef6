"""Taking uploaded bytes apart."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certificates.parsing.containers.opening import read_blocks
from certificates.parsing.formats import LARGEST_INPUT_BYTES, MOST_BLOCKS
from certificates.parsing.refusals import Refusal
from tests.certs import Issued, make_leaf


@pytest.fixture(scope="module")
def leaf() -> Issued:
    return make_leaf()


def refusal(data: bytes) -> Refusal:
    with pytest.raises(Refusal) as caught:
        read_blocks(data, "certificate_pem")
    assert caught.value.field == "certificate_pem"
    return caught.value


def block(label: str, body: str = "AAAA") -> bytes:
    return f"-----BEGIN {label}-----\n{body}\n-----END {label}-----\n".encode()


def test_line_ends_marks_and_spaces_make_no_difference(leaf: Issued) -> None:
    plain = [block.der for block in read_blocks(leaf.pem, "certificate_pem")]
    for variant in (
        leaf.pem.replace(b"\n", b"\r\n"),
        leaf.pem.replace(b"\n", b"\r"),
        b"\xef\xbb\xbf" + leaf.pem,
        leaf.pem.rstrip(),
        b"\n\n  " + leaf.pem + b"\n \n",
        leaf.pem.replace(b"\n", b"\\n"),
        leaf.pem.replace(b"\n", b" "),
        b"Bag Attributes\n    friendlyName: x\n" + leaf.pem,
    ):
        assert [block.der for block in read_blocks(variant, "certificate_pem")] == plain


def test_a_block_is_written_back_as_it_was(leaf: Issued) -> None:
    (read,) = read_blocks(leaf.pem, "certificate_pem")
    assert read.pem == leaf.pem


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "input.empty"),
        (b" \r\n\t", "input.empty"),
        (b"\xef\xbb\xbf", "input.empty"),
        (b"<!DOCTYPE html><html>sign in</html>", "input.html"),
        (b"\n <html>", "input.html"),
        (b"\x30\x82\x01\x02", "input.der"),
        (b"MIIBijCCATCg", "input.not-pem"),
        (b"\xff\xfe-\x00-\x00", "input.utf16"),
        (b"x" * (LARGEST_INPUT_BYTES + 1), "input.too-large"),
        (block("DH PARAMETERS"), "input.dh-parameters"),
        (block("X9.42 DH PARAMETERS"), "input.dh-parameters"),
        (block("CERTIFICATE REQUEST"), "input.request"),
        (block("NEW CERTIFICATE REQUEST"), "input.request"),
        (block("X509 CRL"), "input.crl"),
        (block("PKCS7"), "input.pkcs7"),
        (block("PUBLIC KEY"), "input.public-key"),
        (block("OPENSSH PRIVATE KEY"), "key.openssh"),
        (block("DSA PRIVATE KEY"), "key.dsa"),
        (block("PGP MESSAGE"), "input.label"),
        (block("CERTIFICATE", "not base64!"), "input.base64"),
        (block("CERTIFICATE", "AAAAA"), "input.base64"),
        (block("CERTIFICATE", ""), "input.empty-block"),
        (block("CERTIFICATE") * (MOST_BLOCKS + 1), "input.too-many-blocks"),
        (b"-----BEGIN CERTIFICATE-----\nAAAA\n", "input.unpaired"),
        (b"AAAA\n-----END CERTIFICATE-----\n", "input.unpaired"),
        (b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END PRIVATE KEY-----\n", "input.unpaired"),
    ],
)
def test_what_is_no_certificate_is_refused_by_name(data: bytes, code: str) -> None:
    assert refusal(data).code == code


def test_a_damaged_block_is_told_by_its_line(leaf: Issued) -> None:
    text = b"# the first line\n" + leaf.pem + block("CERTIFICATE", "?")
    assert refusal(text).parameters["line"] == leaf.pem.count(b"\n") + 2


def test_the_curve_in_front_of_a_key_is_skipped(leaf: Issued) -> None:
    blocks = read_blocks(block("EC PARAMETERS") + leaf.key_pem, "private_key_pem")
    assert [block.label for block in blocks] == ["PRIVATE KEY"]


@given(st.binary(max_size=2000))
def test_arbitrary_bytes_never_crash(data: bytes) -> None:
    with pytest.raises(Refusal):
        read_blocks(data, "certificate_pem")


@given(st.text(alphabet="-BEGIN CRTFADK\n=\\", max_size=400))
def test_almost_pem_never_crashes(text: str) -> None:
    with suppress(Refusal):
        assert all(block.der for block in read_blocks(text.encode(), "certificate_pem"))
