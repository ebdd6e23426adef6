"""A renewal gets another issuer, and its certificate stays."""

from typing import Any

import pytest
from django.test import Client

from console.errors import DomainError
from renewals import services
from renewals.models import Renewal
from renewals.running import run_renewal
from tests.authorities.rows import make_root
from tests.factories import OPERATOR

pytestmark = pytest.mark.django_db


@pytest.fixture
def renewal() -> Renewal:
    """Have a private authority issue and renew a certificate."""
    made = services.create_renewal(OPERATOR, names=["www.example.test"], authority_id=make_root("Old").pk, days=30)
    assert run_renewal(made.pk)
    made.refresh_from_db()
    return made


def test_the_next_version_is_of_the_new_issuer(renewal: Renewal) -> None:
    changed = services.update_renewal(OPERATOR, renewal.pk, authority_id=make_root("New").pk)
    services.renew_now(OPERATOR, renewal.pk, expected_revision=changed.revision)
    attempt = run_renewal(renewal.pk)
    assert attempt
    assert attempt.outcome == "issued", attempt.problem
    renewal.refresh_from_db()
    assert renewal.certificate
    assert renewal.certificate.current_version
    assert (renewal.certificate.current_version.number, renewal.certificate.issuer) == (2, "CN=New")


@pytest.mark.parametrize("issuer", [{"authority_id": "ca-absent"}, {"account_id": "acme-absent"}])
def test_an_absent_issuer_changes_nothing(renewal: Renewal, issuer: dict[str, Any]) -> None:
    with pytest.raises(DomainError):
        services.update_renewal(OPERATOR, renewal.pk, **issuer)
    before = renewal.authority_id
    renewal.refresh_from_db()
    assert renewal.authority_id == before


def test_the_page_offers_the_issuers_and_keeps_the_present_one(renewal: Renewal, admin_client: Client) -> None:
    other = make_root("New")
    path = f"/renewals/{renewal.pk}/edit/"
    page = admin_client.get(path).content.decode()
    assert f'value="authority:{renewal.authority_id}" selected' in page
    asked = {"names": "www.example.test", "key_type": "P-256", "days": "30", "revision": renewal.revision}
    admin_client.post(path, {**asked, "issuer": f"authority:{other.pk}"})
    renewal.refresh_from_db()
    assert renewal.authority_id == other.pk


def test_rest_takes_another_issuer(renewal: Renewal, admin_client: Client) -> None:
    other = make_root("New")
    body = {"authority_id": other.pk}
    address = f"/api/v1/renewals/{renewal.pk}"
    answer = admin_client.patch(address, body, content_type="application/json")
    assert answer.status_code == 200, answer.content
    renewal.refresh_from_db()
    assert (renewal.authority_id, renewal.names) == (other.pk, ["www.example.test"])
