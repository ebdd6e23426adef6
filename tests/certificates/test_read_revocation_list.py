"""What is read from a revocation list, and which lists are refused for what."""

import base64
import datetime as dt
from dataclasses import replace

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from hypothesis import given
from hypothesis import strategies as st

from certificates.parsing.parser import parser
from certificates.parsing.refusals import Refusal
from certificates.parsing.revocation_lists import LARGEST_LIST_BYTES, ListUpload, ReadList, read_list
from tests.certs import Issued, make_ca, make_leaf, make_list

ROOT = make_ca("Lists Root")
DISTRIBUTION = {
    "full_name": None,
    "relative_name": None,
    "only_contains_user_certs": False,
    "only_contains_ca_certs": False,
    "only_some_reasons": None,
    "indirect_crl": False,
    "only_contains_attribute_certs": False,
}


def read(data: bytes, *authorities: Issued) -> ReadList:
    """Read a list that ``authorities`` (the root, when none are named) may have issued."""
    return read_list(ListUpload(data, tuple(each.pem.decode() for each in authorities or (ROOT,))))


def pem(der: bytes) -> bytes:
    """Write a list as PEM."""
    return b"-----BEGIN X509 CRL-----\n" + base64.encodebytes(der) + b"-----END X509 CRL-----\n"


def code(data: bytes, *authorities: Issued) -> str:
    """Return the code of the refusal."""
    with pytest.raises(Refusal) as refused:
        read(data, *authorities)
    return refused.value.code


def scope(**fields: object) -> tuple[x509.Extension[x509.ExtensionType], ...]:
    """Return an issuing distribution point."""
    point = x509.IssuingDistributionPoint(**DISTRIBUTION | fields)  # type: ignore[arg-type]
    return (x509.Extension(point.oid, critical=True, value=point),)


def test_list_says_its_issuer_number_entries_and_dates() -> None:
    moment = dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.UTC)
    der = make_list(ROOT, make_leaf(issuer=ROOT), number=0x2A, this_update=moment)
    found = read(der)
    assert (found.issuer, found.number, found.entries) == ("CN=Lists Root,O=Test", "2a", 1)
    assert found.this_update == moment
    assert found.der == der


def test_pem_and_der_are_the_same_list() -> None:
    der = make_list(ROOT)
    assert read(pem(der)) == read(der)


def test_list_of_version_1_has_no_number() -> None:
    assert read(make_list(ROOT, number=None)).number == ""


def test_list_is_read_in_the_parsers_process() -> None:
    der = make_list(ROOT)
    assert parser.read_list(ListUpload(pem(der), (ROOT.pem.decode(),))) == read(der)


def test_refusal_comes_back_from_the_parsers_process() -> None:
    with pytest.raises(Refusal, match=r"^crl\.foreign$"):
        parser.read_list(ListUpload(make_list(ROOT), (make_ca("Other").pem.decode(),)))


def test_issuer_is_chosen_by_signature_among_authorities_of_one_name() -> None:
    twin = make_ca("Lists Root")
    assert read(make_list(twin), ROOT, twin).issuer_spki_sha256 == read(make_list(twin), twin).issuer_spki_sha256


def test_list_of_a_stranger_is_refused() -> None:
    assert code(make_list(make_ca("Stranger"))) == "crl.foreign"


def test_list_signed_by_another_key_under_the_same_name_is_refused() -> None:
    assert code(make_list(make_ca("Lists Root"))) == "crl.forged"


def test_list_of_an_authority_that_may_not_sign_lists_is_refused() -> None:
    assert code(make_list(_without_crl_sign()), _without_crl_sign()) == "crl.issuer-may-not"


def test_delta_list_is_refused() -> None:
    delta = x509.DeltaCRLIndicator(1)
    extension = x509.Extension(delta.oid, critical=True, value=delta)
    assert code(make_list(ROOT, extensions=(extension,))) == "crl.delta"


def test_indirect_list_is_refused() -> None:
    assert code(make_list(ROOT, extensions=scope(indirect_crl=True))) == "crl.indirect"


@pytest.mark.parametrize("field", ["only_contains_ca_certs", "only_contains_attribute_certs"])
def test_list_for_a_part_of_the_certificates_is_refused(field: str) -> None:
    assert code(make_list(ROOT, extensions=scope(**{field: True}))) == "crl.partial"


def test_list_with_an_unknown_critical_extension_is_refused() -> None:
    strange = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00")
    extension = x509.Extension(strange.oid, critical=True, value=strange)
    assert code(make_list(ROOT, extensions=(extension,))) == "crl.critical"


def test_two_lists_in_one_file_are_refused() -> None:
    assert code(pem(make_list(ROOT)) * 2) == "crl.several"


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", "crl.empty"),
        (b"<html>sign in</html>", "crl.not-a-list"),
        (ROOT.pem, "crl.not-a-list"),
        (ROOT.certificate.public_bytes(serialization.Encoding.DER), "crl.unreadable"),
        (b"-----BEGIN X509 CRL-----\n!!!!\n-----END X509 CRL-----\n", "crl.unreadable"),
        (make_list(ROOT)[:-40], "crl.unreadable"),
        (b"\x30" * (LARGEST_LIST_BYTES + 1), "crl.too-large"),
    ],
)
def test_what_is_no_list_is_refused(data: bytes, expected: str) -> None:
    assert code(data) == expected


def test_signature_with_unused_bits_is_refused() -> None:
    signature = x509.load_der_x509_crl(GOOD).signature
    damaged = bytearray(GOOD)
    damaged[-len(signature) - 1] = 1
    assert code(bytes(damaged)) == "crl.unreadable"


@given(position=st.integers(0, 10_000), bit=st.integers(0, 7))
def test_list_with_a_flipped_bit_is_never_accepted(position: int, bit: int) -> None:
    damaged = bytearray(GOOD)
    damaged[position % len(damaged)] ^= 1 << bit
    with pytest.raises(Refusal):
        read(bytes(damaged))


@given(st.binary(max_size=400))
def test_noise_is_refused(noise: bytes) -> None:
    with pytest.raises(Refusal):
        read(b"\x30" + noise)


GOOD = make_list(ROOT, make_leaf(issuer=ROOT))
_BARE: list[Issued] = []


def _without_crl_sign() -> Issued:
    """Return one authority whose key usage has only keyCertSign."""
    if not _BARE:
        usages = dict.fromkeys(
            ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
             "crl_sign", "encipher_only", "decipher_only"), False,
        )  # fmt: skip
        certificate = ROOT.certificate
        signed = (
            x509.CertificateBuilder()
            .subject_name(certificate.subject)
            .issuer_name(certificate.subject)
            .public_key(certificate.public_key())
            .serial_number(1)
            .not_valid_before(certificate.not_valid_before_utc)
            .not_valid_after(certificate.not_valid_after_utc)
            .add_extension(x509.KeyUsage(key_cert_sign=True, **usages), critical=True)
            .sign(ROOT.key, hashes.SHA256())
        )
        _BARE.append(replace(ROOT, certificate=signed))
    return _BARE[0]
