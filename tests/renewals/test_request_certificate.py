"""Requesting, changing, pausing and deleting renewals: what is refused, and what each act does."""

from typing import Any

import pytest

from certificates.models import Certificate
from console.errors import ConflictError, DomainError, NotFoundError, StaleError
from events.models import Change
from renewals import services
from renewals.leases import take
from renewals.models import AcmeAccount, Renewal
from tests.authorities.rows import make_root
from tests.factories import OPERATOR, make_ca_certificate, make_server_certificate

pytestmark = pytest.mark.django_db


@pytest.fixture
def account() -> AcmeAccount:
    return AcmeAccount.objects.create(name="a", directory_url="https://acme.test/", key=b"", created_by="alice")


def request_one(account: AcmeAccount, **fields: Any) -> Renewal:
    asked = {"account_id": account.pk, "names": ["shop.test"], "challenge": "http-01", **fields}
    return services.create_renewal(OPERATOR, **asked)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"account_id": ""}, "account_id"),
        ({"account_id": "acme-0000000000000000"}, ""),
        ({"account_id": "", "authority_id": "ca-0000000000000000"}, "authority_id"),
        ({"authority_id": "ca-0000000000000000"}, "account_id"),
        ({"names": []}, "names"),
        ({"names": ["*.shop.test"]}, "names"),
        ({"challenge": ""}, "challenge"),
        ({"challenge": "dns-02"}, "challenge"),
        ({"challenge": "dns-01"}, "dns_hook"),
        ({"key_type": "RSA-1024"}, "key_type"),
        ({"days": 0}, "days"),
        ({"name": "a\tb"}, "name"),
        ({"name": "x" * 129}, "name"),
        ({"certificate_id": "cert-0000000000000000"}, "certificate_id"),
    ],
)
def test_bad_request_is_refused_at_its_field(account: AcmeAccount, fields: dict[str, Any], field: str) -> None:
    with pytest.raises(DomainError) as refused:
        request_one(account, **fields)
    assert refused.value.field == field
    assert not Renewal.objects.exists()


def test_request_is_due_at_once_and_recorded(account: AcmeAccount) -> None:
    renewal = request_one(account, names=["Shop.test", "shop.test"])
    assert renewal.names == ["shop.test"]
    assert renewal.name == "shop.test"
    assert take(renewal.pk)
    assert Change.objects.filter(kind="renewal.created", object_id=renewal.pk, actor_name="alice").exists()


def test_name_of_another_certificate_is_taken(account: AcmeAccount) -> None:
    existing = make_server_certificate("shop.test")
    with pytest.raises(ConflictError) as refused:
        request_one(account, name=existing.name)
    assert refused.value.field == "name"


def test_only_server_certificates_are_renewed_and_each_by_one(account: AcmeAccount) -> None:
    with pytest.raises(DomainError):
        request_one(account, certificate_id=make_ca_certificate().pk)
    existing = make_server_certificate("shop.test")
    request_one(account, certificate_id=existing.pk)
    with pytest.raises(ConflictError) as refused:
        request_one(account, certificate_id=existing.pk)
    assert refused.value.code == "renewal.exists"


def test_private_authority_asks_for_no_challenge() -> None:
    renewal = services.create_renewal(
        OPERATOR, authority_id=make_root().pk, names=["*.intra.test"], challenge="http-01", dns_hook="x"
    )
    assert (renewal.challenge, renewal.dns_hook) == ("", "")


def test_running_renewal_cannot_be_asked_for_again(account: AcmeAccount) -> None:
    renewal = request_one(account)
    assert take(renewal.pk)
    with pytest.raises(ConflictError) as refused:
        services.renew_now(OPERATOR, renewal.pk)
    assert refused.value.code == "renewal.running"


def test_change_gives_up_the_open_order(account: AcmeAccount) -> None:
    renewal = request_one(account)
    Renewal.objects.update(order_url="https://acme.test/order/1", order_key=b"sealed")
    changed = services.update_renewal(OPERATOR, renewal.pk, names=["other.test"], expected_revision=1)
    assert (changed.names, changed.order_url, changed.order_key, changed.revision) == (["other.test"], "", None, 2)
    with pytest.raises(StaleError):
        services.update_renewal(OPERATOR, renewal.pk, names=["third.test"], expected_revision=1)


def test_change_of_a_running_renewal_ends_its_attempt(account: AcmeAccount) -> None:
    renewal = request_one(account)
    assert take(renewal.pk)
    changed = services.update_renewal(OPERATOR, renewal.pk, key_type="P-384")
    assert changed.state == Renewal.State.WAITING
    assert changed.attempts.get().outcome == "interrupted"
    assert take(renewal.pk)


def test_deleted_renewal_leaves_the_certificate(account: AcmeAccount) -> None:
    existing = make_server_certificate("shop.test")
    renewal = request_one(account, certificate_id=existing.pk)
    services.delete_renewal(OPERATOR, renewal.pk)
    assert Certificate.objects.filter(pk=existing.pk).exists()
    with pytest.raises(NotFoundError):
        services.pause_renewal(OPERATOR, renewal.pk)
