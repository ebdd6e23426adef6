"""Certificates that are kept to be watched are refused on listeners, with the reason that concerns them."""

import pytest
from cryptography.hazmat.primitives.asymmetric import dsa

from certificates.models import Certificate
from certificates.services import import_certificate
from console.errors import DomainError
from listeners.eligibility import require_server_certificates
from tests.certificates.samples import SM2_CERTIFICATE, SM2_KEY
from tests.certs import make_leaf
from tests.factories import OPERATOR, unique

pytestmark = pytest.mark.django_db


def kept(pem: bytes, key: bytes | None) -> Certificate:
    return import_certificate(
        OPERATOR, kind="server", name=unique("watched"), certificate_pem=pem, private_key_pem=key
    ).certificate


def reason(certificate: Certificate) -> str:
    with pytest.raises(DomainError) as caught:
        require_server_certificates([certificate], "certificate_id")
    assert (caught.value.code, caught.value.field) == ("listener.certificate-refused", "certificate_id")
    return str(caught.value)


def test_an_sm2_certificate_is_kept_and_refused_on_a_listener() -> None:
    told = reason(kept(SM2_CERTIFICATE, SM2_KEY))
    assert "SM2" in told
    assert "comes later" in told


def test_a_dsa_certificate_is_kept_and_refused_on_a_listener() -> None:
    leaf = make_leaf("dsa.example.test", key=dsa.generate_private_key(1024))
    assert "neither RSA, ECDSA nor Ed25519" in reason(kept(leaf.pem, leaf.key_pem))
