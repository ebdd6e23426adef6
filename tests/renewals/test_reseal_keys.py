"""Keys of accounts, orders and challenges follow the encryption keys."""

import pytest
from cryptography.fernet import Fernet
from django.core.management import call_command
from pytest_django import Settings

from certificates.keys import seal, unseal
from renewals.models import AcmeAccount, PendingChallenge, Renewal

pytestmark = pytest.mark.django_db


def test_every_secret_opens_with_the_new_key_alone(settings: Settings) -> None:
    account = AcmeAccount.objects.create(
        name="a", directory_url="https://acme.test/", key=seal(b"key"), eab_key=seal(b"eab"), created_by="alice"
    )
    renewal = Renewal.objects.create(
        name="shop.test", source="acme", account=account, order_key=seal(b"order"), created_by="alice"
    )
    challenge = PendingChallenge.objects.create(
        renewal=renewal, kind="tls-alpn-01", host="shop.test", token="t", key_authorization="t.x", key=seal(b"answer")
    )
    new = Fernet.generate_key().decode()
    settings.ENCRYPTION_KEYS = (new, *settings.ENCRYPTION_KEYS)
    call_command("rotatekeys")
    settings.ENCRYPTION_KEYS = (new,)
    for row in (account, renewal, challenge):
        row.refresh_from_db()
    tokens = (account.key, account.eab_key, renewal.order_key, challenge.key)
    assert [unseal(token or b"") for token in tokens] == [b"key", b"eab", b"order", b"answer"]
