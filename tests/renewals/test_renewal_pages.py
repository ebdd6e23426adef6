"""The pages of renewals and accounts."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from renewals.leases import take
from renewals.models import AcmeAccount, Attempt, PendingChallenge, Renewal
from renewals.outcomes import record_failure
from renewals.problems import AttemptFailedError
from tests.authorities.rows import make_root
from tests.factories import make_server_certificate
from tests.renewals.pebble import Pebble

pytestmark = pytest.mark.django_db
ASKED = {"names": "shop.test\nwww.shop.test", "challenge": "http-01", "key_type": "P-256", "days": "90"}


@pytest.fixture
def page() -> Client:
    client = Client()
    client.force_login(User.objects.create_user("alice"))
    return client


@pytest.fixture
def account() -> AcmeAccount:
    return AcmeAccount.objects.create(name="Example Trust", directory_url="https://acme.test/", key=b"", created_by="a")


def request_one(page: Client, account: AcmeAccount, **fields: Any) -> Renewal:
    answer = page.post("/renewals/create/", {**ASKED, "issuer": f"account:{account.pk}", **fields})
    renewal = Renewal.objects.get()
    assert answer["Location"] == f"/renewals/{renewal.pk}/"
    return renewal


def paths(renewal: Renewal, account: AcmeAccount) -> list[str]:
    own = [f"/renewals/{renewal.pk}/{rest}" for rest in ("", "edit/", "delete/")]
    accounts = [f"/renewals/accounts/{rest}" for rest in ("", "create/", f"{account.pk}/", f"{account.pk}/edit/")]
    return ["/renewals/", "/renewals/create/", *own, *accounts, f"/renewals/accounts/{account.pk}/delete/"]


def test_every_page_answers_those_who_are_signed_in_only(page: Client, account: AcmeAccount) -> None:
    renewal = request_one(page, account)
    for path in paths(renewal, account):
        assert page.get(path).status_code == 200, path
        assert Client().get(path).status_code == 302, path
        assert page.put(path).status_code == 405, path


def test_an_account_leads_to_a_request_that_chooses_it(page: Client, account: AcmeAccount) -> None:
    AcmeAccount.objects.create(name="Another", directory_url="https://acme.test/", key=b"", created_by="a")
    address = f"/renewals/create/?account={account.pk}"
    assert f'href="{address}"' in page.get(f"/renewals/accounts/{account.pk}/").content.decode()
    chosen = re.findall(r'<option value="([^"]*)" selected', page.get(address).content.decode())
    assert f"account:{account.pk}" in chosen
    assert page.get("/renewals/create/?account=acme-x").status_code == 200


def test_absent_objects_are_not_found(page: Client) -> None:
    for path in ("/renewals/ren-x/", "/renewals/ren-x/edit/", "/renewals/accounts/acme-x/", "/renewals/%00/"):
        assert page.get(path).status_code == 404, path
    assert page.post("/renewals/ren-x/renew/").status_code == 404


def test_list_without_an_issuer_leads_to_an_account(page: Client) -> None:
    assert "/renewals/accounts/create/" in page.get("/renewals/").content.decode()
    assert "/renewals/accounts/create/" in page.get("/renewals/create/").content.decode()


def test_list_is_filtered_in_the_address(page: Client, account: AcmeAccount) -> None:
    request_one(page, account)
    assert "shop.test" in page.get("/renewals/?state=waiting&q=SHOP").content.decode()
    assert "shop.test" not in page.get("/renewals/?state=paused").content.decode()
    assert page.get("/renewals/?state=nonsense").status_code == 422


@pytest.mark.parametrize(
    "fields",
    [{"names": ""}, {"names": "*.shop.test"}, {"challenge": "dns-01"}, {"issuer": "account:acme-x"}, {"days": "0"}],
)
def test_bad_request_is_shown_again_with_what_was_typed(page: Client, account: AcmeAccount, fields: Any) -> None:
    answer = page.post("/renewals/create/", {**ASKED, "issuer": f"account:{account.pk}", "name": "kept", **fields})
    assert answer.status_code == 422
    assert 'value="kept"' in answer.content.decode()
    assert not Renewal.objects.exists()


def test_request_by_a_private_authority(page: Client) -> None:
    authority = make_root()
    page.post("/renewals/create/", {**ASKED, "issuer": f"authority:{authority.pk}", "names": "*.intra.test"})
    assert Renewal.objects.get().authority == authority


def test_certificate_s_page_leads_to_its_renewal(page: Client, account: AcmeAccount) -> None:
    certificate = make_server_certificate("shop.test")
    create = f"/renewals/create/?certificate={certificate.pk}"
    assert create in page.get(f"/certificates/{certificate.pk}/").content.decode()
    assert "shop.test" in page.get(create).content.decode()
    page.post(create, {**ASKED, "issuer": f"account:{account.pk}"})
    renewal = Renewal.objects.get()
    assert renewal.certificate == certificate
    shown = page.get(f"/certificates/{certificate.pk}/").content.decode()
    assert f"/renewals/{renewal.pk}/" in shown
    assert "Example Trust" in shown


def test_failure_is_shown_with_its_way_out(page: Client, account: AcmeAccount) -> None:
    renewal = request_one(page, account)
    lease = take(renewal.pk)
    assert lease
    PendingChallenge.objects.create(
        renewal=renewal, kind="http-01", host="shop.test", token="t", key_authorization="t.x"
    )
    assert "shop.test" in page.get(f"/renewals/{renewal.pk}/").content.decode()
    record_failure(lease, AttemptFailedError("It <failed>.", "acme.dns", way_out="Mend the zone."))
    for path in (f"/renewals/{renewal.pk}/", "/"):
        assert "It &lt;failed&gt;." in page.get(path).content.decode()
    assert "Mend the zone." in page.get(f"/renewals/{renewal.pk}/").content.decode()
    assert Attempt.objects.get().outcome == "failed"


def test_acts_change_the_state_and_a_stale_one_changes_nothing(page: Client, account: AcmeAccount) -> None:
    renewal = request_one(page, account)
    path = f"/renewals/{renewal.pk}"
    assert page.post(f"{path}/pause/", {"revision": "1"}).status_code == 302
    assert page.post(f"{path}/resume/", {"revision": "1"}).status_code == 412
    renewal.refresh_from_db()
    assert renewal.state == "paused"
    page.post(f"{path}/resume/")
    page.post(f"{path}/renew/")
    asked = {**ASKED, "names": "other.test", "issuer": f"account:{account.pk}"}
    page.post(f"{path}/edit/", {**asked, "revision": "4"})
    renewal.refresh_from_db()
    assert (renewal.state, renewal.names) == ("waiting", ["other.test"])
    page.post(f"{path}/delete/")
    assert not Renewal.objects.exists()


def test_account_is_registered_edited_and_deleted(page: Client, pebble: Pebble) -> None:
    asked = {"name": "Pebble", "directory_url": pebble.directory_url, "trusted_ca_pem": pebble.ca_pem}
    refused = page.post("/renewals/accounts/create/", asked)
    assert refused.status_code == 422
    page.post("/renewals/accounts/create/", {**asked, "terms_agreed": "on"})
    account = AcmeAccount.objects.get()
    path = f"/renewals/accounts/{account.pk}"
    assert pebble.directory_url in page.get(f"{path}/").content.decode()
    stale = page.post(f"{path}/edit/", {**asked, "name": "Other", "revision": "7"})
    assert stale.status_code == 422
    page.post(f"{path}/edit/", {**asked, "name": "Other", "revision": "1"})
    account.refresh_from_db()
    assert account.name == "Other"
    page.post(f"{path}/delete/", {"revision": "2"})
    assert not AcmeAccount.objects.exists()
