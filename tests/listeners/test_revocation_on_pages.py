"""A listener's pages say whether its clients are checked for revocation."""

import pytest
from django.test import Client

from certificates.models import Certificate, Kind, RevocationList
from certificates.revocation.services import carry_list
from listeners.models import Listener
from tests.certs import Issued, make_ca, make_list
from tests.factories import OPERATOR, make_listener, store_certificate

pytestmark = pytest.mark.django_db


@pytest.fixture
def root() -> Issued:
    return make_ca()


@pytest.fixture
def certificate(root: Issued) -> Certificate:
    return store_certificate(root, Kind.CA)


@pytest.fixture
def listener(certificate: Certificate) -> Listener:
    return make_listener(mutual_authentication=True, ca_certificate_id=certificate.pk)


def pages_of(client: Client, listener: Listener) -> list[str]:
    return [client.get(f"/listeners/{listener.pk}/{page}").content.decode() for page in ("", "ca-certificate/")]


def test_without_a_list_nothing_is_checked(admin_client: Client, listener: Listener) -> None:
    for page in pages_of(admin_client, listener):
        assert "carries no revocation list" in page


def test_with_a_list_open_connections_live_on(
    admin_client: Client, listener: Listener, certificate: Certificate, root: Issued
) -> None:
    carry_list(OPERATOR, certificate.pk, source="uploaded", der=make_list(root))
    for page in pages_of(admin_client, listener):
        assert "who is on a list is refused" in page
        assert "connections that are open live on" in page


@pytest.mark.parametrize(("choice", "words"), [("refuse", "List expired"), ("ignore", "has expired and is ignored")])
def test_expired_list_is_shown_with_what_it_does(
    admin_client: Client, listener: Listener, root: Issued, choice: str, words: str
) -> None:
    certificate = listener.bindings.get(role="ca").certificate
    row = carry_list(OPERATOR, certificate.pk, source="uploaded", der=make_list(root))
    RevocationList.objects.filter(pk=row.pk).update(when_expired=choice, next_update=row.this_update)
    for page in pages_of(admin_client, listener):
        assert words in page
