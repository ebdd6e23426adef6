"""Remember the CA certificates of what is stored already."""

import hashlib

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from certificates.parsing.x509 import clean_text

BATCH = 500


def fill(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Take the chains of server certificates, and CA certificates with what is trusted beside them."""
    issuer = apps.get_model("certificates", "Issuer")
    versions = apps.get_model("certificates", "CertificateVersion").objects.order_by()
    texts = set(versions.exclude(chain_pem="").values_list("chain_pem", flat=True).distinct())
    texts |= set(versions.filter(certificate__kind="ca").values_list("leaf_pem", flat=True))
    rows = {}
    for text in texts:
        for certificate in x509.load_pem_x509_certificates(text.encode()):
            subject = clean_text(certificate.subject.rfc4514_string())
            rows[certificate.fingerprint(hashes.SHA256()).hex()] = issuer(
                sha256=certificate.fingerprint(hashes.SHA256()).hex(),
                subject_sha256=hashlib.sha256(subject.encode()).hexdigest(),
                pem=certificate.public_bytes(Encoding.PEM).decode(),
            )
    issuer.objects.bulk_create(rows.values(), BATCH, ignore_conflicts=True)


class Migration(migrations.Migration):
    """Fill the table of issuers."""

    dependencies = (("certificates", "0007_issuers_and_drops"),)
    operations = (migrations.RunPython(fill, migrations.RunPython.noop),)
