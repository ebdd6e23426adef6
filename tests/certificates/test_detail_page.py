"""The page of one certificate."""

import pytest
from django.test import Client

from certificates.services import replace_certificate
from tests.certificates.pages import ABSENT, ROOT, stored
from tests.certs import make_ca, make_leaf
from tests.factories import OPERATOR, make_listener

pytestmark = pytest.mark.django_db


def test_signed_out_one_is_asked_to_sign_in(client: Client) -> None:
    assert client.get(f"/certificates/{ABSENT}/")["Location"].startswith("/sign-in/")


@pytest.mark.parametrize("end", ["", "chain.pem", "replace/", "roll-back/", "rename/", "delete/"])
def test_an_absent_certificate_is_said(admin_client: Client, end: str) -> None:
    answer = admin_client.get(f"/certificates/{ABSENT}/{end}")
    assert answer.status_code == 404
    assert "There is no certificate" in answer.content.decode()


def test_everything_known_is_shown(admin_client: Client) -> None:
    middle = make_ca("Middle", issuer=ROOT)
    leaf = make_leaf("www.test", "api.test", issuer=middle)
    certificate = stored(issued=leaf, name="web")
    listener = make_listener(certificate_id=certificate.pk)
    page = admin_client.get(f"/certificates/{certificate.pk}/").content.decode()
    pairs = ":".join(leaf.sha256[i : i + 2] for i in range(0, 64, 2)).upper()
    for text in (
        "www.test",
        "api.test",
        "CN=Middle",
        pairs,
        f"/listeners/{listener.pk}/",
        "ECDSA 256",
        "first version",
    ):
        assert text in page


def test_versions_say_what_changed(admin_client: Client) -> None:
    certificate = stored("www.test", "old.test")
    new = make_leaf("www.test", "new.test", issuer=ROOT)
    replace_certificate(OPERATOR, certificate.pk, certificate_pem=new.chain_pem, private_key_pem=new.key_pem)
    rows = admin_client.get(f"/certificates/{certificate.pk}/").context["rows"]
    assert [(row.version.number, row.is_current) for row in rows] == [(2, True), (1, False)]
    assert (rows[0].names_added, rows[0].names_removed) == (["new.test"], ["old.test"])
    assert (rows[0].is_new_key, rows[0].is_new_issuer, rows[1].is_first) == (True, False, True)


def test_the_download_has_the_chain_and_no_key(admin_client: Client) -> None:
    leaf = make_leaf("www.test", issuer=make_ca("Middle", issuer=ROOT))
    answer = admin_client.get(f"/certificates/{stored(issued=leaf).pk}/chain.pem")
    assert answer.content.count(b"BEGIN CERTIFICATE") == 2
    assert b"PRIVATE" not in answer.content
    assert "attachment" in answer["Content-Disposition"]


def test_other_methods_are_refused(admin_client: Client) -> None:
    certificate = stored("www.test")
    assert admin_client.post(f"/certificates/{certificate.pk}/").status_code == 405
    assert admin_client.post(f"/certificates/{certificate.pk}/chain.pem").status_code == 405
