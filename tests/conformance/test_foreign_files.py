"""Files that others made, odd ones among them: each is imported, or refused with a reason that says what to do."""

import base64
import itertools
from pathlib import Path

import cryptography_vectors
import pytest

from certificates.models import Certificate, Kind
from certificates.services import import_certificate
from console.errors import DomainError
from tests.factories import OPERATOR

CORPUS = sorted(
    path
    for path in Path(cryptography_vectors.__file__).parent.rglob("*")
    if path.is_file() and path.suffix != ".py" and path.stat().st_size < 1_000_000
)
SAMPLE_STEP = 29


def as_pem(content: bytes) -> bytes:
    """Return PEM as it is, and anything else in the envelope of a certificate, so that it reaches the decoder."""
    if b"-----BEGIN" in content:
        return content
    return b"-----BEGIN CERTIFICATE-----\n" + base64.encodebytes(content) + b"-----END CERTIFICATE-----\n"


def import_all(paths: list[Path]) -> tuple[int, list[DomainError]]:
    """Return how many were imported, and the refusals; anything else than that fails the test."""
    imported, refusals = 0, []
    for path, kind in itertools.product(paths, (Kind.SERVER, Kind.CA)):
        content = as_pem(path.read_bytes())
        key = content if kind == Kind.SERVER else None
        try:
            import_certificate(OPERATOR, kind=kind, name="", certificate_pem=content, private_key_pem=key)
        except DomainError as error:
            refusals.append(error)
        else:
            imported += 1
    assert all(error.code and error.message and error.way_out for error in refusals)
    return imported, refusals


@pytest.mark.django_db
def test_a_sample_of_foreign_files_is_imported_or_refused() -> None:
    imported, refusals = import_all(CORPUS[::SAMPLE_STEP])
    assert refusals
    assert Certificate.objects.count() == imported


@pytest.mark.conformance
@pytest.mark.django_db
def test_every_foreign_file_is_imported_or_refused() -> None:
    imported, refusals = import_all(CORPUS)
    print(f"{len(CORPUS)} files twice: {imported} imported, {len(refusals)} refused")  # noqa: T201
    assert imported > 20
    assert Certificate.objects.count() == imported
