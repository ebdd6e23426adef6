"""What the console answers an ACME server (HTTP-01)."""

import pytest
from django.test import Client

from renewals.models import AcmeAccount, PendingChallenge, Renewal

pytestmark = pytest.mark.django_db
PREFIX = "/.well-known/acme-challenge/"
TOKEN = "evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA"


@pytest.fixture(autouse=True)
def pending() -> PendingChallenge:
    account = AcmeAccount.objects.create(name="a", directory_url="https://acme.test/", key=b"", created_by="alice")
    renewal = Renewal.objects.create(
        name="shop.test", source="acme", account=account, challenge="http-01", created_by="alice"
    )
    return PendingChallenge.objects.create(
        renewal=renewal, kind="http-01", host="shop.test", token=TOKEN, key_authorization=f"{TOKEN}.thumbprint"
    )


def test_pending_token_is_answered_under_any_name_without_signing_in(client: Client) -> None:
    answer = client.get(PREFIX + TOKEN, headers={"Host": "shop.test"})
    assert answer.status_code == 200
    assert answer.content == f"{TOKEN}.thumbprint".encode()
    assert not answer.cookies


@pytest.mark.parametrize("token", ["", "other", TOKEN + "/", "../" + TOKEN, "a" * 5000, "%00", "%E2%98%83", TOKEN[:-1]])
def test_any_other_token_is_not_found(client: Client, token: str) -> None:
    assert client.get(PREFIX + token).status_code == 404


def test_token_of_another_challenge_is_not_found(client: Client, pending: PendingChallenge) -> None:
    PendingChallenge.objects.update(kind="tls-alpn-01")
    assert client.get(PREFIX + TOKEN).status_code == 404


def test_nothing_can_be_posted(client: Client) -> None:
    assert client.post(PREFIX + TOKEN).status_code == 405


def test_head_is_answered(client: Client) -> None:
    assert client.head(PREFIX + TOKEN).status_code == 200


def test_other_addresses_stay_as_they_are(client: Client) -> None:
    assert client.get("/renewals/").status_code == 302
