"""Publish revocation lists, at stable addresses and in time."""

import datetime as dt
from http import HTTPStatus
from pathlib import Path

import pytest
import time_machine
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.test import Client
from django.utils import timezone

from authorities.models import Authority, IssuedCertificate, PublishedList
from authorities.services import publish_list, revoke_certificate
from authorities.tasks import publish_due_lists
from certificates.models import RevocationList, SealedKey
from certificates.services import Imported
from tests.authorities.openssl import openssl
from tests.authorities.rows import issue_client, make_root, make_subordinate, x509_of
from tests.certificates.repository import ALICE

pytestmark = pytest.mark.django_db


@pytest.fixture
def authority() -> Authority:
    """Create a root."""
    return make_root()


def revoke(authority: Authority, issued: Imported, reason: str = "superseded") -> IssuedCertificate:
    return revoke_certificate(ALICE, authority.pk, issued.version.serial, reason=reason)


def pem_of(authority: Authority) -> bytes:
    return x509_of(authority.certificate).public_bytes(serialization.Encoding.PEM)


def list_of(client: Client, authority: Authority) -> x509.CertificateRevocationList:
    answer = client.get(f"/pki/{authority.pk}.crl")
    assert (answer.status_code, answer["Content-Type"]) == (HTTPStatus.OK, "application/pkix-crl")
    return x509.load_der_x509_crl(answer.content)


def test_a_new_authority_publishes_an_empty_list(client: Client, authority: Authority) -> None:
    published = list_of(client, authority)
    assert len(published) == 0
    key = x509_of(authority.certificate).public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    assert published.is_signature_valid(key)
    assert published.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number == 1
    assert published.next_update_utc is not None
    assert published.next_update_utc - published.last_update_utc == dt.timedelta(days=7)


def test_a_revocation_is_on_the_list_at_once_with_its_reason(client: Client, authority: Authority) -> None:
    issued = issue_client(authority)
    revoke(authority, issued, "key_compromise")
    published = list_of(client, authority)
    (entry,) = published
    assert f"{entry.serial_number:x}" == issued.version.serial
    assert entry.extensions.get_extension_for_class(x509.CRLReason).value.reason == x509.ReasonFlags.key_compromise
    assert published.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number == 2


def test_openssl_lets_the_good_pass_and_refuses_the_revoked(client: Client, tmp_path: Path) -> None:
    root = make_root("Root", path_length=1)
    subordinate = make_subordinate(root)
    good, bad = issue_client(subordinate, "good"), issue_client(subordinate, "bad")
    revoke(subordinate, bad)
    lists = b"".join(client.get(f"/pki/{each.pk}.pem").content for each in (root, subordinate))
    files = {
        "crl": lists,
        "ca": pem_of(root),
        "chain": pem_of(subordinate),
        "good": good.version.leaf_pem.encode(),
        "bad": bad.version.leaf_pem.encode(),
    }
    for name, content in files.items():
        (tmp_path / f"{name}.pem").write_bytes(content)
    common = ("verify", "-crl_check_all", "-x509_strict", "-purpose", "sslclient", "-CAfile", tmp_path / "ca.pem")
    chain = ("-untrusted", tmp_path / "chain.pem", "-CRLfile", tmp_path / "crl.pem")
    assert "exit 0" in openssl(*common, *chain, tmp_path / "good.pem")
    assert "certificate revoked" in openssl(*common, *chain, tmp_path / "bad.pem")


def test_the_list_is_the_same_in_der_and_pem(client: Client, authority: Authority) -> None:
    pem = client.get(f"/pki/{authority.pk}.pem").content
    assert x509.load_pem_x509_crl(pem) == list_of(client, authority)
    assert max(map(len, pem.splitlines())) == 64


def test_the_own_certificate_is_published(client: Client, authority: Authority) -> None:
    answer = client.get(f"/pki/{authority.pk}.cer")
    assert x509.load_der_x509_certificate(answer.content) == x509_of(authority.certificate)
    assert answer["Content-Type"] == "application/pkix-cert"


@pytest.mark.parametrize("suffix", ["crl", "pem", "cer"])
def test_caches_may_keep_it_and_ask_whether_it_changed(client: Client, authority: Authority, suffix: str) -> None:
    address = f"/pki/{authority.pk}.{suffix}"
    first = client.get(address)
    assert "public" in first["Cache-Control"]
    again = client.get(address, headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (HTTPStatus.NOT_MODIFIED, b"")
    assert client.head(address).status_code == HTTPStatus.OK
    assert client.post(address).status_code == HTTPStatus.METHOD_NOT_ALLOWED


@pytest.mark.parametrize("suffix", [".crl", ".pem", ".cer", "/ocsp/AAAA"])
@pytest.mark.parametrize("authority_id", ["ca-none", "%00", "x" * 300, "ca none"])
def test_an_absent_authority_publishes_nothing(client: Client, authority_id: str, suffix: str) -> None:
    assert client.get(f"/pki/{authority_id}{suffix}").status_code == HTTPStatus.NOT_FOUND


def test_a_list_past_half_of_its_life_is_renewed(client: Client, authority: Authority) -> None:
    publish_due_lists()
    assert PublishedList.objects.get().number == 1
    with time_machine.travel(timezone.now() + dt.timedelta(days=3.6), tick=False):
        publish_due_lists()
        publish_due_lists()
        assert PublishedList.objects.get().number == 2
        assert list_of(client, authority).last_update_utc == timezone.now().replace(microsecond=0)


def test_a_responder_is_renewed_before_it_ends(authority: Authority) -> None:
    before = authority.responder.not_after
    with time_machine.travel(timezone.now() + dt.timedelta(days=21), tick=False):
        publish_due_lists()
    authority.responder.refresh_from_db()
    assert authority.responder.not_after > before


def test_the_trouble_of_one_authority_stops_no_other(authority: Authority) -> None:
    other = make_root("Other")
    SealedKey.objects.filter(version=authority.certificate.current_version).delete()
    with time_machine.travel(timezone.now() + dt.timedelta(days=4), tick=False):
        publish_due_lists()
    assert PublishedList.objects.get(authority=authority).number == 1
    assert PublishedList.objects.get(authority=other).number == 2


def test_a_certificate_that_ended_leaves_after_one_more_list(client: Client, authority: Authority) -> None:
    issued = issue_client(authority, days=2)
    revoke(authority, issued)
    with time_machine.travel(timezone.now() + dt.timedelta(days=3)):
        publish_list(ALICE, authority.pk)
        assert len(list_of(client, authority)) == 1
        publish_list(ALICE, authority.pk)
        assert len(list_of(client, authority)) == 0


def test_the_ca_certificate_carries_the_list_from_the_first_revocation_on(authority: Authority) -> None:
    publish_list(ALICE, authority.pk)
    assert not RevocationList.objects.exists()
    revoke(authority, issue_client(authority))
    carried = RevocationList.objects.get(certificate=authority.certificate)
    assert (carried.source, carried.entries) == ("authority", 1)
    with time_machine.travel(timezone.now() + dt.timedelta(days=4)):
        publish_due_lists()
    carried.refresh_from_db()
    assert bytes(carried.der or b"") == bytes(PublishedList.objects.get().der)


def test_listeners_ask_the_whole_family_from_the_first_revocation_on() -> None:
    root = make_root(path_length=2)
    middle = make_subordinate(root, "Middle", path_length=1)
    lowest = make_subordinate(middle, "Lowest", days=100)
    stranger = make_root("Stranger")
    assert not RevocationList.objects.exists()
    issued = issue_client(middle)
    revoke_certificate(ALICE, middle.pk, f"{x509_of(issued.certificate).serial_number:x}", reason="superseded")
    held = {
        authority.pk: set(
            RevocationList.objects.filter(certificate=authority.certificate).values_list("issuer", flat=True)
        )
        for authority in (root, middle, lowest, stranger)
    }
    names = ("CN=Test Root", "CN=Middle", "CN=Lowest")
    assert held == {root.pk: set(names), middle.pk: set(names[1:]), lowest.pk: set(names[2:]), stranger.pk: set()}
    late = make_subordinate(root, "Late", days=100)
    assert RevocationList.objects.filter(certificate=root.certificate, issuer="CN=Late").exists()
    assert RevocationList.objects.filter(certificate=late.certificate).exists()
