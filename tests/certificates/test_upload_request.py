"""Keep certificate requests that were made elsewhere, with their keys or without."""

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from certificates.keys import open_private_key
from certificates.models import CertificateRequest, RequestKey
from certificates.services import import_certificate
from certificates.services.requests import complete_request, give_request_key, upload_request
from console.errors import ConflictError, DomainError, InvalidInputError
from tests.certificates.repository import ALICE
from tests.certs import Issued, make_ca, make_leaf

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def issued() -> Issued:
    """A certificate whose key was made elsewhere."""
    return make_leaf("asked.test", issuer=make_ca())


def csr_of(issued: Issued) -> bytes:
    builder = x509.CertificateSigningRequestBuilder().subject_name(issued.certificate.subject)
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName("asked.test")]), critical=False)
    assert isinstance(issued.key, ec.EllipticCurvePrivateKey)
    return builder.sign(issued.key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def test_certificate_finds_the_key_of_an_uploaded_request(issued: Issued) -> None:
    row = upload_request(ALICE, csr_of(issued), private_key_pem=issued.key_pem)
    assert (row.name, row.names, row.key_algorithm, row.key_bits) == (
        "asked.test", [{"kind": "dns", "value": "asked.test"}], "ECDSA", 256,
    )  # fmt: skip
    stored = complete_request(ALICE, row.pk, certificate_pem=issued.chain_pem)
    assert open_private_key(stored.version.pk) == issued.key_pem


def test_key_that_came_later_is_used(issued: Issued) -> None:
    row = upload_request(ALICE, csr_of(issued), name="later")
    assert not RequestKey.objects.exists()
    assert give_request_key(ALICE, row.pk, private_key_pem=issued.key_pem).revision == 2
    stored = complete_request(ALICE, row.pk, certificate_pem=issued.chain_pem)
    assert open_private_key(stored.version.pk) == issued.key_pem


def test_certificate_of_a_request_without_key_is_imported_with_its_key(issued: Issued) -> None:
    row = upload_request(ALICE, csr_of(issued))
    with pytest.raises(DomainError, match="private key is missing"):
        complete_request(ALICE, row.pk, certificate_pem=issued.chain_pem)
    stored = import_certificate(
        ALICE, kind="server", name="", certificate_pem=issued.chain_pem, private_key_pem=issued.key_pem
    )
    row.refresh_from_db()
    assert row.certificate_id == stored.certificate.pk
    with pytest.raises(ConflictError, match="has its certificate already"):
        give_request_key(ALICE, row.pk, private_key_pem=issued.key_pem)


def test_request_of_a_known_key_is_refused(issued: Issued) -> None:
    upload_request(ALICE, csr_of(issued))
    with pytest.raises(ConflictError, match="already"):
        upload_request(ALICE, csr_of(issued))


@pytest.mark.parametrize(
    ("csr", "key", "field"),
    [
        (b"", b"", "csr_pem"),
        (b"-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n", b"", "csr_pem"),
        (None, b"no key", "private_key_pem"),
        (None, make_leaf("other.test").key_pem, "private_key_pem"),
        (None, make_leaf("other.test").encrypted_key_pem("a good passphrase"), "passphrase"),
        (None, make_leaf("other.test").pem, "private_key_pem"),
    ],
)
def test_what_cannot_be_kept_is_refused(issued: Issued, csr: bytes | None, key: bytes, field: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        upload_request(ALICE, csr_of(issued) if csr is None else csr, private_key_pem=key)
    assert refused.value.field == field
    assert not CertificateRequest.objects.exists()
