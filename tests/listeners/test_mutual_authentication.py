"""Switching between one-way and mutual authentication."""

import pytest

from console.errors import ConflictError, DomainError, InvalidInputError
from events.models import Change
from listeners import services
from listeners.models import Listener
from tests import factories
from tests.factories import OPERATOR

pytestmark = pytest.mark.django_db


def authority_of(listener: Listener) -> str | None:
    return listener.bindings.filter(role="ca").values_list("certificate_id", flat=True).first()


def switched_on() -> tuple[Listener, str]:
    listener, authority = factories.make_listener(), factories.make_ca_certificate()
    services.set_mutual_authentication(OPERATOR, listener.pk, enabled=True, ca_certificate_id=authority.pk)
    listener.refresh_from_db()
    return listener, authority.pk


def test_it_is_switched_on_with_a_ca_certificate() -> None:
    listener, authority = switched_on()
    assert listener.mutual_authentication
    assert authority_of(listener) == authority
    assert listener.revision == 2


def test_it_is_switched_off_and_the_ca_certificate_is_free_again() -> None:
    listener, _authority = switched_on()
    services.set_mutual_authentication(OPERATOR, listener.pk, enabled=False, expected_revision=2)
    listener.refresh_from_db()
    assert not listener.mutual_authentication
    assert authority_of(listener) is None


def test_switching_on_without_a_ca_certificate_is_refused() -> None:
    with pytest.raises(InvalidInputError) as caught:
        services.set_mutual_authentication(OPERATOR, factories.make_listener().pk, enabled=True)
    assert caught.value.field == "ca_certificate_id"


def test_switching_on_with_a_server_certificate_is_refused() -> None:
    listener = factories.make_listener()
    with pytest.raises(DomainError) as caught:
        services.set_mutual_authentication(
            OPERATOR, listener.pk, enabled=True, ca_certificate_id=factories.make_server_certificate().pk
        )
    assert caught.value.code == "listener.certificate-kind"
    listener.refresh_from_db()
    assert not listener.mutual_authentication


def test_asking_for_what_is_already_so_changes_nothing() -> None:
    listener, authority = switched_on()
    changes = Change.objects.count()
    services.set_mutual_authentication(OPERATOR, listener.pk, enabled=True)
    services.set_mutual_authentication(OPERATOR, listener.pk, enabled=True, ca_certificate_id=authority)
    services.set_mutual_authentication(OPERATOR, factories.make_listener().pk, enabled=False)
    assert Change.objects.filter(object_id=listener.pk).count() == 2
    assert changes


def test_the_ca_certificate_is_changed_in_its_slot_and_rolled_back() -> None:
    listener, authority = switched_on()
    other = factories.make_ca_certificate()
    services.change_ca_certificate(OPERATOR, listener.pk, ca_certificate_id=other.pk)
    assert authority_of(listener) == other.pk
    services.roll_back_binding(OPERATOR, listener.bindings.get(role="ca").pk)
    assert authority_of(listener) == authority


def test_switching_on_with_another_ca_certificate_changes_it() -> None:
    listener, _authority = switched_on()
    other = factories.make_ca_certificate()
    services.set_mutual_authentication(OPERATOR, listener.pk, enabled=True, ca_certificate_id=other.pk)
    assert authority_of(listener) == other.pk


def test_the_ca_certificate_of_one_way_authentication_cannot_be_changed() -> None:
    listener, authority = factories.make_listener(), factories.make_ca_certificate()
    with pytest.raises(ConflictError) as caught:
        services.change_ca_certificate(OPERATOR, listener.pk, ca_certificate_id=authority.pk)
    assert caught.value.code == "listener.mutual-authentication-off"


def test_a_ca_certificate_is_refused_where_it_is_to_be_off() -> None:
    listener, authority = switched_on()
    with pytest.raises(InvalidInputError) as caught:
        services.set_mutual_authentication(OPERATOR, listener.pk, enabled=False, ca_certificate_id=authority)
    assert caught.value.code == "listener.ca-certificate-unused"
    listener.refresh_from_db()
    assert listener.mutual_authentication
