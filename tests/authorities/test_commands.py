"""Authorities and requests from the command line."""

import io
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from django.core.management import CommandError, call_command

from authorities.models import Authority, IssuedCertificate
from certificates.models import CertificateRequest
from tests.authorities.rows import make_root

pytestmark = pytest.mark.django_db


def run(*arguments: Any) -> str:
    out = io.StringIO()
    call_command(*map(str, arguments), stdout=out, stderr=io.StringIO())
    return out.getvalue()


def test_an_authority_is_created_issues_revokes_and_publishes(tmp_path: Path) -> None:
    root = run("authority", "create", "Root", "--path-length", 1, "--permit", "example.test").strip()
    below = run("authority", "create", "Below", "--parent", root, "--days", 1000).strip()
    assert Authority.objects.get(pk=below).parent_id == root
    chain = x509.load_pem_x509_certificates(run("authority", "issue", below, "www.example.test").encode())
    assert len(chain) == 2
    people = tmp_path / "people.csv"
    people.write_text("common_name\nalice\nbob\n")
    assert run("authority", "issue-table", below, people).count("cert-") == 2
    serial = f"{chain[0].serial_number:x}"
    run("authority", "revoke", below, serial, "--reason", "superseded")
    assert IssuedCertificate.objects.get(serial=serial).reason == "superseded"
    assert run("authority", "publish", below).split("\t")[:2] == ["3", "1"]
    assert below in run("authority", "list")


def test_a_request_is_made_signed_and_finds_its_key(tmp_path: Path) -> None:
    csr = tmp_path / "shop.csr"
    csr.write_text(run("requestcertificate", "shop.test", "--organization", "Shop", "--key-type", "P-384"))
    row = CertificateRequest.objects.get()
    assert row.pk in run("requestcertificate", "--list")
    authority = make_root()
    leaf = tmp_path / "shop.pem"
    leaf.write_text(run("authority", "issue", authority.pk, "--csr", csr, "--names-from-csr"))
    row.refresh_from_db()
    assert row.certificate is not None
    run("requestcertificate", "--delete", row.pk)
    assert not CertificateRequest.objects.exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("authority", "create", ""), "common_name"),
        (("authority", "create", "x", "--days", "0"), "days"),
        (("authority", "create", "x", "--parent", "ca-none"), "no authority"),
        (("authority", "issue", "ca-none", "a.test"), "no authority"),
        (("authority", "issue", "{id}", "f*.test"), "names"),
        (("authority", "issue", "{id}", "--csr", "/nowhere"), "cannot be read"),
        (("authority", "issue-table", "{id}", "/nowhere"), "cannot be read"),
        (("authority", "issue-table", "{id}", "/dev/null"), "table"),
        (("authority", "revoke", "{id}", "zz"), "serial"),
        (("authority", "revoke", "{id}", "1", "--reason", "certificate_hold"), "invalid choice"),
        (("authority", "publish", "ca-none"), "no authority"),
        (("requestcertificate",), "names"),
        (("requestcertificate", "a b"), "names"),
        (("requestcertificate", "a.test", "--renews", "cert-none"), "no certificate"),
        (("requestcertificate", "--delete", "csr-none"), "no certificate request"),
    ],
)
def test_bad_input_is_told_and_stores_nothing(arguments: tuple[str, ...], said: str) -> None:
    authority = make_root()
    with pytest.raises(CommandError) as caught:
        run(*(argument.replace("{id}", authority.pk) for argument in arguments))
    assert said in str(caught.value)
    assert not IssuedCertificate.objects.exists()
    assert not CertificateRequest.objects.exists()
