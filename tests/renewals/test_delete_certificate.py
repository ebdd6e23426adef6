"""A certificate that is renewed is deleted: its renewal goes with it, and is named before."""

from http import HTTPStatus

import pytest
from django.test import Client

from certificates.models import Certificate
from certificates.services import delete_certificate
from events.models import Change
from renewals import services
from renewals.leases import LeaseLostError, take
from renewals.models import PendingChallenge, Renewal
from renewals.running import run_renewal
from tests.authorities.rows import make_root
from tests.factories import OPERATOR, make_listener

pytestmark = pytest.mark.django_db


@pytest.fixture
def renewal() -> Renewal:
    """Have a private authority issue and renew a certificate."""
    made = services.create_renewal(OPERATOR, names=["www.example.test"], authority_id=make_root().pk, days=30)
    assert run_renewal(made.pk)
    made.refresh_from_db()
    return made


def test_the_renewal_ends_with_it_on_record(renewal: Renewal) -> None:
    PendingChallenge.objects.create(renewal=renewal, kind="http-01", host="www.example.test", token="t")
    delete_certificate(OPERATOR, renewal.certificate_id or "")
    assert not Renewal.objects.exists()
    kinds = list(Change.objects.order_by("-id").values_list("kind", flat=True)[:3])
    assert set(kinds) == {"certificate.deleted", "renewal.deleted", "challenge.removed"}


def test_a_worker_that_renews_it_meanwhile_writes_nothing(renewal: Renewal) -> None:
    services.renew_now(OPERATOR, renewal.pk)
    lease = take(renewal.pk)
    assert lease
    delete_certificate(OPERATOR, renewal.certificate_id or "")
    with pytest.raises(LeaseLostError):
        lease.hold()


def test_one_that_is_in_use_keeps_its_renewal(renewal: Renewal, admin_client: Client) -> None:
    make_listener(certificate_id=renewal.certificate_id)
    preview = admin_client.get(f"/api/v1/certificates/{renewal.certificate_id}/deletion").json()
    assert preview["blocked_by_count"] == 1
    answer = admin_client.delete(f"/api/v1/certificates/{renewal.certificate_id}")
    assert answer.status_code == HTTPStatus.CONFLICT
    assert Renewal.objects.exists()


def test_the_page_names_it(renewal: Renewal, admin_client: Client) -> None:
    text = admin_client.get(f"/certificates/{renewal.certificate_id}/delete/").content.decode()
    assert "Deleted with it, for good:" in text
    assert f"/renewals/{renewal.pk}/" in text


def test_rest_names_it(renewal: Renewal, admin_client: Client) -> None:
    preview = admin_client.get(f"/api/v1/certificates/{renewal.certificate_id}/deletion").json()
    assert preview["deletes"] == [{"id": renewal.pk, "label": "www.example.test", "role": "Renewal"}]
    services.delete_renewal(OPERATOR, renewal.pk)
    assert admin_client.get(f"/api/v1/certificates/{renewal.certificate_id}/deletion").json()["deletes"] == []
    absent = admin_client.get("/api/v1/certificates/cert-0000000000000000/deletion")
    assert absent.status_code == HTTPStatus.NOT_FOUND
    assert Certificate.objects.filter(pk=renewal.certificate_id).exists()
