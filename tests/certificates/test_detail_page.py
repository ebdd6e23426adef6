"""The page of one certificate."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from alerts.scanning import run_scan
from certificates.models import Kind
from certificates.services import replace_certificate, roll_back_certificate
from tests.certificates.pages import ABSENT, ROOT, stored
from tests.certs import DAY, make_ca, make_leaf
from tests.factories import OPERATOR, make_listener, store_certificate

pytestmark = pytest.mark.django_db


def test_signed_out_one_is_asked_to_sign_in(client: Client) -> None:
    assert client.get(f"/certificates/{ABSENT}/")["Location"].startswith("/sign-in/")


@pytest.mark.parametrize(
    "end", ["", "chain.pem", "replace/", "roll-back/", "edit/", "delete/", "export/", "certificate.der"]
)
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
    replace_certificate(
        OPERATOR, certificate.pk, certificate_pem=new.chain_pem, private_key_pem=new.key_pem, reason="moved"
    )
    rows = admin_client.get(f"/certificates/{certificate.pk}/").context["rows"]
    assert [(row.version.number, row.is_current) for row in rows] == [(2, True), (1, False)]
    assert (rows[0].names_added, rows[0].names_removed) == (["new.test"], ["old.test"])
    assert (rows[0].is_new_key, rows[0].is_new_issuer, rows[1].is_first) == (True, False, True)


def test_a_version_after_a_roll_back_is_compared_with_the_one_that_it_replaced(admin_client: Client) -> None:
    certificate = stored("www.test")
    between, new = make_leaf("www.test", "between.test", issuer=ROOT), make_leaf("www.test", "new.test", issuer=ROOT)
    replace_certificate(OPERATOR, certificate.pk, certificate_pem=between.chain_pem, private_key_pem=between.key_pem)
    roll_back_certificate(OPERATOR, certificate.pk)
    replace_certificate(OPERATOR, certificate.pk, certificate_pem=new.chain_pem, private_key_pem=new.key_pem)
    newest, second, first = admin_client.get(f"/certificates/{certificate.pk}/").context["rows"]
    assert (newest.names_added, newest.names_removed) == (["new.test"], [])
    assert (second.names_added, first.is_first) == (["between.test"], True)


def test_the_chain_is_drawn_up_to_the_root_that_the_repository_has_met(admin_client: Client) -> None:
    root = make_ca("Known Root")
    middle = make_ca("Middle", issuer=root)
    certificate = stored(issued=make_leaf("www.test", issuer=middle))
    address = f"/certificates/{certificate.pk}/"
    places = [link.place for link in admin_client.get(address).context["chain"]]
    assert places == ["leaf", "intermediate"]
    assert "which the repository does not hold" in admin_client.get(address).content.decode()
    store_certificate(root, Kind.CA)
    answer = admin_client.get(address)
    assert [link.place for link in answer.context["chain"]] == ["leaf", "intermediate", "root"]
    assert "clients have it" in answer.content.decode()


def test_health_alerts_and_changes_are_shown(admin_client: Client) -> None:
    now = timezone.now()
    certificate = stored(issued=make_leaf("www.test", not_before=now - 80 * DAY, not_after=now + 5 * DAY), name="web")
    run_scan(OPERATOR)
    page = admin_client.get(f"/certificates/{certificate.pk}/")
    assert [hint.code for hint in page.context["hints"]] == ["self-signed", "unused"]
    for text in ("7 days before", "Imported certificate “web”", "Have it issued by an authority", "BEGIN CERTIFICATE"):
        assert text in page.content.decode()


def test_names_lead_to_everything_that_covers_them(admin_client: Client) -> None:
    page = admin_client.get(f"/certificates/{stored('*.shop.test').pk}/").content.decode()
    assert "/certificates/?covers=%2A.shop.test" in page


def test_a_certificate_with_much_to_say_takes_few_queries(
    admin_client: Client, django_assert_max_num_queries: Any
) -> None:
    certificate = stored("www.test")
    for number in range(3):
        leaf = make_leaf("www.test", issuer=make_ca(f"Middle {number}", issuer=ROOT))
        replace_certificate(OPERATOR, certificate.pk, certificate_pem=leaf.chain_pem, private_key_pem=leaf.key_pem)
    with django_assert_max_num_queries(12):
        admin_client.get(f"/certificates/{certificate.pk}/")


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
