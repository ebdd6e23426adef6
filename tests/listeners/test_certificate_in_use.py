"""What listeners say when a certificate that they use is deleted, replaced or rolled back."""

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from certificates.services import delete_certificate, replace_certificate, roll_back_certificate
from certificates.usage import usages_of
from console.errors import ConflictError, DomainError
from listeners import services
from tests import factories
from tests.certs import Issued, make_leaf, rsa_key
from tests.factories import OPERATOR

pytestmark = pytest.mark.django_db


def replace(certificate_id: str, issued: Issued) -> None:
    replace_certificate(OPERATOR, certificate_id, certificate_pem=issued.chain_pem, private_key_pem=issued.key_pem)


def test_the_listeners_that_use_a_certificate_are_told_with_their_role() -> None:
    used, unused = factories.make_server_certificate(), factories.make_server_certificate()
    named = factories.make_listener(name="shop", certificate_id=used.pk)
    factories.make_listener(additional_certificate_ids=[used.pk])
    usages = usages_of([used.pk, unused.pk])
    assert (list(usages[unused.pk]), usages[unused.pk].total) == ([], 0)
    assert [usage.role for usage in usages[used.pk]] == ["Default", "Additional"]
    assert usages[used.pk][0].object_id == named.pk
    assert "shop" in usages[used.pk][0].label
    assert usages[used.pk][0].url == f"/listeners/{named.pk}/"


def test_of_many_listeners_the_first_are_named_and_all_are_counted_and_listed(client: Client) -> None:
    certificate = factories.make_server_certificate()
    listeners = [factories.make_listener(name=f"web-{number}", certificate_id=certificate.pk) for number in range(3)]
    found = usages_of([certificate.pk], most=2)[certificate.pk]
    assert ([usage.object_id for usage in found], found.total) == ([row.pk for row in listeners[:2]], 3)
    client.force_login(get_user_model().objects.create_user("operator"))
    page = client.get(found.list_url).content.decode()
    assert all(listener.name in page for listener in listeners)
    assert certificate.name in page


def test_a_certificate_in_use_is_not_deleted() -> None:
    certificate = factories.make_server_certificate()
    listener = factories.make_listener(name="shop", certificate_id=certificate.pk)
    with pytest.raises(ConflictError) as caught:
        delete_certificate(OPERATOR, certificate.pk)
    assert "shop" in str(caught.value)
    services.delete_listener(OPERATOR, listener.pk)
    delete_certificate(OPERATOR, certificate.pk)


def test_a_version_that_a_listener_could_not_serve_is_refused() -> None:
    certificate = factories.make_server_certificate("a.test")
    listener = factories.make_listener(name="shop", certificate_id=certificate.pk)
    with pytest.raises(DomainError) as caught:
        replace(certificate.pk, make_leaf("a.test", key=rsa_key(1024)))
    assert "1024" in caught.value.message
    assert "shop" in caught.value.message
    certificate.refresh_from_db()
    assert certificate.current_version is not None
    assert certificate.current_version.number == 1
    services.delete_listener(OPERATOR, listener.pk)
    replace(certificate.pk, make_leaf("a.test", key=rsa_key(1024)))


def test_going_back_to_a_version_that_a_listener_could_not_serve_is_refused() -> None:
    certificate = factories.store_certificate(make_leaf("a.test", key=rsa_key(1024)))
    replace(certificate.pk, make_leaf("a.test"))
    listener = factories.make_listener(certificate_id=certificate.pk)
    with pytest.raises(DomainError) as caught:
        roll_back_certificate(OPERATOR, certificate.pk)
    assert caught.value.code == "listener.certificate-refused"
    services.delete_listener(OPERATOR, listener.pk)
    roll_back_certificate(OPERATOR, certificate.pk)


def test_a_deleted_certificate_is_no_longer_offered_for_roll_back() -> None:
    before = factories.make_server_certificate()
    listener = factories.make_listener(certificate_id=before.pk)
    other = factories.make_server_certificate()
    services.change_default_certificate(OPERATOR, listener.pk, certificate_id=other.pk)
    delete_certificate(OPERATOR, before.pk)
    binding = listener.bindings.get()
    assert binding.previous_certificate is None
    with pytest.raises(ConflictError):
        services.roll_back_binding(OPERATOR, binding.pk)
