"""Rows of authorities that were made before there was a table for them."""

import importlib

import pytest
from django.apps import apps

from authorities.models import Authority, IssuedCertificate
from certificates.services import import_certificate
from tests.authorities.rows import issue_client, issue_server, make_root, make_subordinate
from tests.certificates.repository import ALICE, import_leaf
from tests.certs import make_ca

pytestmark = pytest.mark.django_db

migration = importlib.import_module("authorities.migrations.0003_authorities_that_exist")


def test_authorities_are_found_by_their_keys_and_what_they_signed_by_the_signature() -> None:
    root = make_root("Root", path_length=1)
    subordinate = make_subordinate(root, "Below")
    server, client = issue_server(root), issue_client(subordinate)
    import_certificate(ALICE, kind="ca", name="", certificate_pem=make_ca("Root").pem)
    import_leaf()
    IssuedCertificate.objects.all().delete()
    Authority.objects.update(parent=None)
    Authority.objects.all().delete()
    migration.make_rows(apps, None)
    migration.make_rows(apps, None)
    found = {authority.certificate.name: authority for authority in Authority.objects.all()}
    assert set(found) == {"Root", "Below"}
    assert found["Below"].parent == found["Root"]
    below = found["Below"].certificate.current_version
    assert below is not None
    issued = IssuedCertificate.objects.values_list("authority__certificate__name", "purpose", "version", "sha256")
    assert set(issued) == {
        ("Root", "ca", below.pk, below.sha256),
        ("Root", "server", server.version.pk, server.version.sha256),
        ("Below", "client", client.version.pk, client.version.sha256),
    }
