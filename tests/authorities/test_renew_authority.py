"""Renew an authority's own certificate."""

import datetime as dt
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
import time_machine
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from django.test import Client
from django.utils import timezone

from authorities.models import Authority, IssuedCertificate, PublishedList
from authorities.orders import Order
from authorities.selectors import current_version, path_length_of
from authorities.services import issue_certificate, renew_authority, revoke_certificate
from certificates.keys import open_private_key
from certificates.models import Certificate
from certificates.services import roll_back_certificate
from console.errors import ConflictError, InvalidInputError, StaleError
from events.models import Change
from tests.authorities.openssl import openssl
from tests.authorities.rows import issue_client, issue_server, make_root, make_subordinate, x509_of
from tests.certificates.repository import ALICE

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)


def again(authority: Authority) -> Authority:
    return Authority.objects.select_related("certificate__current_version", "parent__certificate").get(pk=authority.pk)


def pem_of(path: Path, certificate: x509.Certificate) -> Path:
    path.write_bytes(certificate.public_bytes(Encoding.PEM))
    return path


def test_a_renewed_root_has_its_key_its_name_and_its_limits(tmp_path: Path) -> None:
    root = make_root(path_length=1, permitted_names=["example.test"], days=100)
    leaf = issue_server(root, "www.example.test", days=50)
    before = x509_of(root.certificate)
    renewed = renew_authority(ALICE, root.pk, days=1000, expected_revision=root.revision)
    after = x509_of(again(root).certificate)
    assert (after.subject, after.public_key(), after.issuer) == (before.subject, before.public_key(), before.subject)
    assert after.serial_number != before.serial_number
    for kind in (x509.BasicConstraints, x509.NameConstraints, x509.KeyUsage, x509.SubjectKeyIdentifier):
        assert after.extensions.get_extension_for_class(kind) == before.extensions.get_extension_for_class(kind)
    assert after.not_valid_after_utc - before.not_valid_after_utc >= 899 * DAY
    assert (renewed.version.number, renewed.warnings, renewed.authority.revision) == (2, [], root.revision + 1)
    ca, signed = pem_of(tmp_path / "ca.pem", after), pem_of(tmp_path / "leaf.pem", x509_of(leaf.certificate))
    assert openssl("verify", "-CAfile", ca, signed).endswith("exit 0")
    assert Change.objects.filter(kind="authority.renewed", object_id=root.pk).exists()


def test_without_days_it_lives_as_long_as_before() -> None:
    root = make_root(days=100)
    with time_machine.travel(timezone.now() + 60 * DAY, tick=False):
        renewed = renew_authority(ALICE, root.pk)
        assert renewed.version.not_after == timezone.now().replace(microsecond=0) + 100 * DAY


def test_the_old_certificate_stays_and_comes_back_by_one_roll_back() -> None:
    root = make_root(days=100)
    first = current_version(root)
    renew_authority(ALICE, root.pk, days=1000)
    assert open_private_key(current_version(again(root)).pk) == open_private_key(first.pk)
    roll_back_certificate(ALICE, root.certificate_id)
    assert current_version(again(root)).pk == first.pk
    issue_client(again(root), days=30)


def test_a_subordinate_is_signed_again_by_its_parent(tmp_path: Path) -> None:
    root = make_root(path_length=1, days=3650)
    subordinate = make_subordinate(root, days=100, permitted_names=["example.test"])
    leaf = issue_client(subordinate, days=50)
    renewed = renew_authority(ALICE, subordinate.pk, days=1000)
    after = x509_of(again(subordinate).certificate)
    assert path_length_of(again(subordinate)) == 0
    row = IssuedCertificate.objects.get(authority=root, version=renewed.version)
    assert (row.serial, row.purpose) == (f"{after.serial_number:x}", "ca")
    ca, middle = pem_of(tmp_path / "ca.pem", x509_of(root.certificate)), pem_of(tmp_path / "sub.pem", after)
    signed = pem_of(tmp_path / "leaf.pem", x509_of(leaf.certificate))
    assert openssl("verify", "-CAfile", ca, "-untrusted", middle, signed).endswith("exit 0")


def test_what_it_issues_from_then_on_may_live_longer_and_comes_with_the_new_certificate() -> None:
    root = make_root(path_length=1, days=3650)
    subordinate = make_subordinate(root, days=100)
    with pytest.raises(InvalidInputError):
        issue_client(subordinate, days=200)
    renewed = renew_authority(ALICE, subordinate.pk, days=1000)
    issued = issue_client(again(subordinate), days=200)
    assert issued.version.chain_pem == renewed.version.leaf_pem


def test_a_life_beyond_the_parent_s_end_is_cut_there_and_said() -> None:
    root = make_root("Root", path_length=1, days=365)
    subordinate = make_subordinate(root, days=100)
    renewed = renew_authority(ALICE, subordinate.pk, days=1000)
    assert renewed.version.not_after == x509_of(root.certificate).not_valid_after_utc
    assert [warning.code for warning in renewed.warnings] == ["authority.shortened"]
    assert "“Root”" in renewed.warnings[0].message


def test_a_subordinate_that_lasts_as_long_as_its_parent_is_renewed_after_it() -> None:
    root = make_root("Root", path_length=1, days=365)
    subordinate = make_subordinate(root, days=100)
    renew_authority(ALICE, subordinate.pk, days=1000)
    with pytest.raises(ConflictError) as caught:
        renew_authority(ALICE, subordinate.pk, days=1000)
    assert caught.value.code == "authority.parent-ends"
    renew_authority(ALICE, root.pk, days=3650)
    renewed = renew_authority(ALICE, subordinate.pk, days=1000)
    assert not renewed.warnings


def test_a_renewal_that_gains_nothing_is_refused() -> None:
    root = make_root(days=100)
    with pytest.raises(InvalidInputError) as caught:
        renew_authority(ALICE, root.pk, days=99)
    assert (caught.value.code, caught.value.field) == ("authority.ends-later", "days")
    assert Certificate.objects.get().versions.count() == 1


@pytest.mark.parametrize("days", [0, -1, 36_501, 10**12])
def test_a_life_that_no_certificate_may_have_is_refused(days: int) -> None:
    with pytest.raises(InvalidInputError) as caught:
        renew_authority(ALICE, make_root().pk, days=days)
    assert caught.value.field == "days"


def test_an_expired_root_is_renewed_and_publishes_again() -> None:
    root = make_root(days=10)
    with time_machine.travel(timezone.now() + 20 * DAY):
        with pytest.raises(ConflictError) as caught:
            issue_client(root, days=5)
        assert "Renew" in caught.value.way_out
        renew_authority(ALICE, root.pk, days=100)
        assert PublishedList.objects.get().next_update > timezone.now()
        assert again(root).responder.not_after > timezone.now() + 20 * DAY
        issue_client(again(root), days=5)


def test_below_an_expired_parent_nothing_is_renewed() -> None:
    root = make_root("Root", path_length=1, days=100)
    subordinate = make_subordinate(root, days=50)
    with time_machine.travel(timezone.now() + 101 * DAY), pytest.raises(ConflictError) as caught:
        renew_authority(ALICE, subordinate.pk, days=100)
    assert caught.value.code == "authority.expired"
    assert "“Root”" in caught.value.message


def test_a_revoked_authority_is_not_renewed_and_neither_are_those_below_it() -> None:
    root = make_root(path_length=2)
    middle = make_subordinate(root, "Middle", path_length=1)
    below = make_subordinate(middle, "Below", days=100)
    revoke_certificate(ALICE, root.pk, current_version(middle).serial, reason="cessation_of_operation")
    for authority in (middle, below):
        with pytest.raises(ConflictError) as caught:
            renew_authority(ALICE, authority.pk, days=1000)
        assert caught.value.code == "authority.revoked"
        assert "“Middle”" in caught.value.message
        with pytest.raises(ConflictError):
            issue_certificate(ALICE, authority.pk, Order(names=["a.test"], days=5))


def test_a_certificate_that_was_superseded_does_not_stop_the_next_renewal() -> None:
    root = make_root(path_length=1)
    subordinate = make_subordinate(root, days=100)
    old = current_version(subordinate).serial
    renew_authority(ALICE, subordinate.pk, days=200)
    revoke_certificate(ALICE, root.pk, old, reason="superseded")
    renew_authority(ALICE, subordinate.pk, days=300)


def test_a_stolen_key_is_never_certified_again() -> None:
    root = make_root(path_length=1)
    subordinate = make_subordinate(root, days=100)
    old = current_version(subordinate).serial
    renew_authority(ALICE, subordinate.pk, days=200)
    revoke_certificate(ALICE, root.pk, old, reason="key_compromise")
    with pytest.raises(ConflictError) as caught:
        renew_authority(ALICE, subordinate.pk, days=300)
    assert caught.value.code == "authority.revoked"


def test_a_stale_revision_is_refused() -> None:
    root = make_root(days=100)
    with pytest.raises(StaleError):
        renew_authority(ALICE, root.pk, days=1000, expected_revision=root.revision + 1)


def test_the_page_proposes_the_same_life_and_renews(admin_client: Client) -> None:
    root = make_root("Root", path_length=1, days=365)
    subordinate = make_subordinate(root, "Below", days=100)
    address = f"/authorities/{subordinate.pk}/renew/"
    page = admin_client.get(address)
    assert 'value="100"' in page.content.decode()
    done = admin_client.post(address, {"days": "1000", "revision": subordinate.revision}, follow=True)
    text = done.content.decode()
    assert "is renewed and ends on" in text
    assert "sooner than you asked for" in text
    refused = admin_client.post(address, {"days": "5", "revision": subordinate.revision + 1})
    assert refused.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "would not end later" in refused.content.decode()
    stale = admin_client.post(address, {"days": "1000", "revision": 1})
    assert stale.status_code == HTTPStatus.PRECONDITION_FAILED


def test_an_authority_that_ends_soon_offers_its_renewal(admin_client: Client) -> None:
    root = make_root(days=20)
    assert f"/authorities/{root.pk}/renew/" in admin_client.get(f"/authorities/{root.pk}/").content.decode()
    assert "Its certificate ends soon" in admin_client.get(f"/authorities/{root.pk}/").content.decode()


def test_rest_renews_and_says_what_was_cut(admin_client: Client) -> None:
    root = make_root("Root", path_length=1, days=365)
    subordinate = make_subordinate(root, days=100)

    def post(body: Any, revision: int) -> Any:
        address = f"/api/v1/authorities/{subordinate.pk}/renew"
        return admin_client.post(address, body, content_type="application/json", headers={"If-Match": f'"{revision}"'})

    done = post({"days": 1000}, 1)
    assert done.status_code == HTTPStatus.OK, done.content
    assert (done.json()["version"], done["ETag"]) == (2, '"2"')
    assert [warning["code"] for warning in done.json()["warnings"]] == ["authority.shortened"]
    assert post({"days": 2000}, 1).status_code == HTTPStatus.PRECONDITION_FAILED
    refused = post({"days": 5}, 2)
    assert (refused.status_code, refused.json()["code"]) == (HTTPStatus.UNPROCESSABLE_ENTITY, "authority.ends-later")
