"""What certificates say of themselves is text, on every page that shows it."""

from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from alerts.scanning import run_scan
from alerts.services.channels import create_channel
from certificates.models import Kind
from events.actor import SYSTEM
from tests.certs import DAY, make_ca, make_leaf
from tests.factories import OPERATOR, make_listener, store_certificate

pytestmark = pytest.mark.django_db
HOSTILE = "\"><img src=x onerror=alert(1)>'{{7*7}}"

CERTIFICATE_PAGES = ("detail", "replace", "delete", "export", "edit")
LISTENER_PAGES = ("detail", "certificates", "changes", "ca")


@pytest.fixture
def pages() -> Iterator[str]:
    """Yield the addresses of pages that show a certificate and an authority whose names are markup."""
    issuer = make_ca(HOSTILE)
    issued = make_leaf("shop.test", issuer=issuer, not_after=timezone.now() + 2 * DAY)
    certificate = store_certificate(issued, name=HOSTILE)
    authority = store_certificate(issuer, Kind.CA, name=HOSTILE + "2")
    listener = make_listener(
        certificate_id=certificate.pk, mutual_authentication=True, ca_certificate_id=authority.pk, name="shop"
    )
    create_channel(OPERATOR, kind="webhook", name=HOSTILE, target="https://hooks.test/")
    run_scan(SYSTEM)
    return iter(
        [
            *(reverse(name) for name in ("dashboard", "certificate-list", "change-list", "node-list")),
            *(reverse(name) for name in ("channel-list", "notice-list", "delivery-list", "listener-list")),
            *(reverse(f"certificate-{page}", args=[certificate.pk]) for page in CERTIFICATE_PAGES),
            reverse("certificate-detail", args=[authority.pk]),
            reverse("revocation-lists", args=[authority.pk]),
            *(reverse(f"listener-{page}", args=[listener.pk]) for page in LISTENER_PAGES),
            reverse("listener-default-change", args=[listener.pk]) + "?certificate_id_search=img",
            reverse("search") + "?q=img",
        ]
    )


def test_names_of_certificates_are_never_markup(admin_client: Client, pages: Iterator[str]) -> None:
    shown = {page: admin_client.get(page) for page in pages}
    assert {page: answer.status_code for page, answer in shown.items() if answer.status_code != 200} == {}
    assert [page for page, answer in shown.items() if "<img src=x" in answer.text or "'49" in answer.text] == []
    assert sum("&lt;img src=x" in answer.text for answer in shown.values()) > len(shown) / 2
