"""Accounts and renewals for tests, made by the real services."""

from typing import Any

from renewals import accounts, services
from renewals.models import AcmeAccount, Renewal
from tests.factories import OPERATOR, unique
from tests.renewals.pebble import Pebble


def make_account(pebble: Pebble, **fields: Any) -> AcmeAccount:
    """Register an account with Pebble."""
    given = {"name": unique("account"), "directory_url": pebble.directory_url, "trusted_ca_pem": pebble.ca_pem}
    return accounts.create_account(OPERATOR, **{**given, "terms_agreed": True, **fields})


def make_renewal(pebble: Pebble, *names: str, **fields: Any) -> Renewal:
    """Request a certificate from Pebble, by HTTP-01 if nothing else is asked."""
    account_id = fields.pop("account_id", None) or make_account(pebble).pk
    asked = {"names": names or (f"{unique('host')}.test",), "challenge": "http-01", **fields}
    return services.create_renewal(OPERATOR, account_id=account_id, **asked)
