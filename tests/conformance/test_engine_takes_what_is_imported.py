"""Whatever the import takes without an objection, the engine takes: with any byte changed, and odd in other ways."""

import shutil
import tempfile
from base64 import encodebytes
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from certificates.parsing.bundles import Bundle, Upload, read_bundle
from certificates.parsing.refusals import Refusal
from tests.certificates.odd import codes, key_usage, odd_leaf
from tests.certs import Issued, make_ca, make_leaf, rsa_key
from tests.conformance.judge import Judge, running_judge

pytestmark = pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning")

AUTHORITY = make_ca()
LEAVES = {
    "ecdsa": make_leaf("www.example.test", "api.example.test", "192.0.2.1", issuer=AUTHORITY),
    "rsa": make_leaf("www.example.test", "api.example.test", "192.0.2.1", issuer=AUTHORITY, key=rsa_key()),
}
# The types that a value may pretend to be: sequence, null, boolean, texts and times.
PRETENDED = frozenset((0x00, 0x01, 0x05, 0x0C, 0x13, 0x14, 0x16, 0x17, 0x18, 0x1E, 0x30, 0x80, 0xFF))
SAMPLE_STEP = 31
OBJECTIONS = frozenset(
    f"certificate.{code}"
    for code in ("must-staple", "not-for-signing", "explicit-curve", "large-exponent", "only-pss", "weak-key")
)


@pytest.fixture(params=LEAVES)
def leaf(request: pytest.FixtureRequest) -> Issued:
    """A good server certificate."""
    return LEAVES[request.param]


@pytest.fixture
def judge(leaf: Issued) -> Iterator[Judge]:
    """An engine that serves it."""
    directory = Path(tempfile.mkdtemp(prefix="lb-"))
    with running_judge(directory, leaf.pem, leaf.key_pem) as running:
        yield running
    shutil.rmtree(directory, ignore_errors=True)


def changed(der: bytes) -> Iterator[bytes]:
    """Yield ``der`` with each byte in turn changed in every bit, and to every type that it may pretend to be."""
    for position, byte in enumerate(der):
        for other in sorted({byte ^ 1 << bit for bit in range(8)} | PRETENDED - {byte}):
            yield der[:position] + bytes([other]) + der[position + 1 :]


def imported(der: bytes, key_pem: bytes) -> Bundle | None:
    """Return what the import makes of a certificate, None where it refuses or objects."""
    pem = b"-----BEGIN CERTIFICATE-----\n" + encodebytes(der) + b"-----END CERTIFICATE-----\n"
    try:
        bundle = read_bundle(Upload("server", pem, key_pem))
    except Refusal:
        return None
    return None if OBJECTIONS & {finding.code for finding in bundle.findings} else bundle


def refused_by_engine(judge: Judge, encodings: Sequence[bytes], key_pem: bytes) -> tuple[int, list[str]]:
    """Return how many of these certificates the import takes, and those among them that the engine refuses."""
    taken = [bundle.leaf.pem for der in encodings if (bundle := imported(der, key_pem))]
    verdicts = judge.takes([pem.encode() for pem in taken])
    return len(taken), [pem for pem, is_taken in zip(taken, verdicts, strict=True) if not is_taken]


def test_a_sample_of_changed_bytes_is_refused_by_the_import_or_taken_by_the_engine(leaf: Issued, judge: Judge) -> None:
    der = leaf.certificate.public_bytes(Encoding.DER)
    taken, refused = refused_by_engine(judge, list(changed(der))[::SAMPLE_STEP], leaf.key_pem)
    assert taken > 50
    assert refused == []


@pytest.mark.conformance
def test_every_changed_byte_is_refused_by_the_import_or_taken_by_the_engine(leaf: Issued, judge: Judge) -> None:
    encodings = list(changed(leaf.certificate.public_bytes(Encoding.DER)))
    taken, refused = refused_by_engine(judge, encodings, leaf.key_pem)
    print(f"{len(encodings)} certificates: {taken} imported, of which the engine refuses {len(refused)}")  # noqa: T201
    assert refused == []


def test_the_engine_refuses_what_the_import_objects_to(leaf: Issued, judge: Judge) -> None:
    staple = odd_leaf(x509.TLSFeature([x509.TLSFeatureType.status_request]), key=leaf.key)
    assert codes(staple) & OBJECTIONS == {"certificate.must-staple"}
    odd = [staple.pem]
    if isinstance(leaf.key, ec.EllipticCurvePrivateKey):
        agreement = odd_leaf(key_usage(key_agreement=True), key=leaf.key)
        assert codes(agreement) & OBJECTIONS == {"certificate.not-for-signing"}
        odd.append(agreement.pem)
    assert not any(judge.takes(odd))
    assert judge.takes([odd_leaf(key_usage(digital_signature=True), key=leaf.key).pem]) == [True]
