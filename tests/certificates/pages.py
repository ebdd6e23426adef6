"""What the tests of certificate pages share."""

from typing import Any

from django.test import Client

from certificates.models import Certificate
from certificates.services import import_certificate
from tests.certs import Issued, make_ca, make_leaf
from tests.factories import OPERATOR

ABSENT = "cert-0000000000000000"
ROOT = make_ca()


def stored(*names: str, name: str = "", issued: Issued | None = None, **fields: Any) -> Certificate:
    """Import a certificate as an operator would."""
    leaf = issued or make_leaf(*names, issuer=ROOT, **fields)
    return import_certificate(
        OPERATOR, kind="server", name=name, certificate_pem=leaf.chain_pem, private_key_pem=leaf.key_pem
    ).certificate


def import_by_page(client: Client, issued: Issued, **fields: Any) -> Any:
    """Send the import form."""
    given = {"kind": "server", "certificate_pem": issued.chain_pem.decode(), "private_key_pem": issued.key_pem.decode()}
    return client.post("/certificates/import/", {**given, **fields})


def replace_by_page(client: Client, certificate: Certificate, issued: Issued, **fields: Any) -> Any:
    """Send the replace form with the revision that the page shows."""
    given = {
        "revision": certificate.revision,
        "certificate_pem": issued.chain_pem.decode(),
        "private_key_pem": issued.key_pem.decode(),
    }
    return client.post(f"/certificates/{certificate.pk}/replace/", {**given, **fields})
