"""Name the members of chains whose ends matter by themselves."""

from collections.abc import Iterator
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import Q

from certificates.parsing.x509 import clean_text

BATCH = 500


def fill(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Read the chains that hold one: few are shorter than their leaf, and CA certificates are few."""
    member = apps.get_model("certificates", "ChainMember")
    versions = apps.get_model("certificates", "CertificateVersion").objects.order_by("pk").exclude(chain_pem="")
    watched = versions.filter(Q(chain_not_after__isnull=False) | Q(certificate__kind="ca"))
    rows: list[Any] = []
    columns = ("pk", "chain_pem", "not_after", "certificate__kind")
    for pk, chain_pem, not_after, kind in list(watched.values_list(*columns)):
        limit = None if kind == "ca" else not_after
        rows.extend(member(version_id=pk, **fields) for fields in _members(chain_pem, limit))
    member.objects.bulk_create(rows, BATCH)


def _members(chain_pem: str, limit: Any) -> Iterator[dict[str, Any]]:
    links = x509.load_pem_x509_certificates(chain_pem.encode())
    watched = [link for link in links if limit is None or link.not_valid_after_utc < limit]
    for place, link in enumerate(sorted(watched, key=lambda link: link.not_valid_after_utc)):
        yield {
            "place": place,
            "subject": clean_text(link.subject.rfc4514_string()),
            "sha256": link.fingerprint(hashes.SHA256()).hex(),
            "not_before": link.not_valid_before_utc,
            "not_after": link.not_valid_after_utc,
        }


class Migration(migrations.Migration):
    """Fill the table of chain members."""

    dependencies = (("certificates", "0010_chain_members"),)
    operations = (migrations.RunPython(fill, migrations.RunPython.noop),)
