"""Changing, adding, removing and rolling back the certificates of a listener."""

import pytest

from console.errors import ConflictError, DomainError, InvalidInputError, NotFoundError, StaleError
from events.models import Change
from listeners import services
from listeners.limits import CERTIFICATES, CERTIFICATES_PER_OPERATION, set_quota
from listeners.models import Binding, Listener
from tests import factories
from tests.certs import make_leaf, rsa_key
from tests.factories import OPERATOR

pytestmark = pytest.mark.django_db


def default_of(listener: Listener) -> Binding:
    return listener.bindings.get(role="default")


def some_certificates(count: int) -> list[str]:
    return [factories.make_server_certificate(f"host{number}.test").pk for number in range(count)]


def test_change_keeps_the_slot_and_remembers_what_was_in_it() -> None:
    listener = factories.make_listener()
    before, other = default_of(listener), factories.make_server_certificate()
    services.change_default_certificate(OPERATOR, listener.pk, certificate_id=other.pk, expected_revision=1)
    after = default_of(listener)
    assert after.pk == before.pk
    assert (after.certificate, after.previous_certificate) == (other, before.certificate)
    listener.refresh_from_db()
    assert listener.revision == 2


def test_one_click_rolls_a_change_back_and_another_forward_again() -> None:
    listener, other = factories.make_listener(), factories.make_server_certificate()
    before = default_of(listener).certificate
    services.change_default_certificate(OPERATOR, listener.pk, certificate_id=other.pk)
    services.roll_back_binding(OPERATOR, default_of(listener).pk)
    assert default_of(listener).certificate == before
    services.roll_back_binding(OPERATOR, default_of(listener).pk, listener_id=listener.pk)
    assert default_of(listener).certificate == other
    assert "rolled back" in Change.objects.latest("id").summary


def test_a_slot_that_was_never_changed_has_nothing_to_roll_back_to() -> None:
    listener = factories.make_listener()
    with pytest.raises(ConflictError) as caught:
        services.roll_back_binding(OPERATOR, default_of(listener).pk)
    assert caught.value.code == "listener.nothing-to-roll-back"


def test_a_binding_of_another_listener_is_not_rolled_back() -> None:
    listener, other = factories.make_listener(), factories.make_listener()
    with pytest.raises(NotFoundError):
        services.roll_back_binding(OPERATOR, default_of(listener).pk, listener_id=other.pk)


def test_changing_to_the_same_certificate_changes_nothing() -> None:
    listener = factories.make_listener()
    same = default_of(listener).certificate_id
    assert services.change_default_certificate(OPERATOR, listener.pk, certificate_id=same).revision == 1


def test_a_weak_certificate_is_refused_and_the_default_stays() -> None:
    listener = factories.make_listener()
    before = default_of(listener).certificate
    weak = factories.store_certificate(make_leaf("weak.test", key=rsa_key(1024)))
    with pytest.raises(DomainError) as caught:
        services.change_default_certificate(OPERATOR, listener.pk, certificate_id=weak.pk)
    assert caught.value.code == "listener.certificate-refused"
    assert default_of(listener).certificate == before


def test_fifteen_additional_certificates_in_one_operation_are_added() -> None:
    listener = factories.make_listener()
    services.add_additional_certificates(OPERATOR, listener.pk, certificate_ids=some_certificates(15))
    assert listener.bindings.filter(role="additional").count() == 15


def test_a_sixteenth_certificate_in_one_operation_is_refused_with_the_numbers() -> None:
    listener, ids = factories.make_listener(), some_certificates(16)
    with pytest.raises(ConflictError) as caught:
        services.add_additional_certificates(OPERATOR, listener.pk, certificate_ids=ids)
    assert caught.value.code == "listener.too-many-per-operation"
    assert "on the Quotas page (or by manage.py setquota" in caught.value.way_out
    assert "16" in caught.value.message
    assert "15" in caught.value.message
    assert listener.bindings.count() == 1
    with pytest.raises(ConflictError):
        services.remove_additional_certificates(OPERATOR, listener.pk, certificate_ids=ids)


def test_a_26th_certificate_of_an_instance_is_refused_with_the_numbers_over_all_of_its_listeners() -> None:
    first = factories.make_listener()
    second = factories.make_listener(load_balancer_id=first.load_balancer_id)
    ids = some_certificates(26)
    services.add_additional_certificates(OPERATOR, first.pk, certificate_ids=ids[:15])
    services.add_additional_certificates(OPERATOR, second.pk, certificate_ids=ids[15:25])
    with pytest.raises(ConflictError) as caught:
        services.add_additional_certificates(OPERATOR, second.pk, certificate_ids=ids[25:])
    assert caught.value.code == "quota.exceeded"
    assert f"on the Quotas page (or by manage.py setquota {CERTIFICATES} LIMIT)" in caught.value.way_out
    for number in ("25", "26"):
        assert number in caught.value.message
    assert CERTIFICATES in caught.value.way_out
    assert second.bindings.filter(role="additional").count() == 10


def test_the_limits_follow_the_quota() -> None:
    listener = factories.make_listener()
    set_quota(OPERATOR, CERTIFICATES, 1)
    set_quota(OPERATOR, CERTIFICATES_PER_OPERATION, 1)
    (one, two) = some_certificates(2)
    with pytest.raises(ConflictError):
        services.add_additional_certificates(OPERATOR, listener.pk, certificate_ids=[one, two])
    services.add_additional_certificates(OPERATOR, listener.pk, certificate_ids=[one, one])
    with pytest.raises(ConflictError) as caught:
        services.add_additional_certificates(OPERATOR, listener.pk, certificate_ids=[two])
    assert caught.value.code == "quota.exceeded"


def test_a_certificate_that_is_on_the_listener_already_is_refused() -> None:
    listener = factories.make_listener()
    (one,) = some_certificates(1)
    services.add_additional_certificates(OPERATOR, listener.pk, certificate_ids=[one])
    for bound in (one, default_of(listener).certificate_id):
        with pytest.raises(ConflictError) as caught:
            services.add_additional_certificates(OPERATOR, listener.pk, certificate_ids=[bound])
        assert caught.value.code == "listener.certificate-already-bound"
    with pytest.raises(ConflictError):
        services.change_default_certificate(OPERATOR, listener.pk, certificate_id=one)


def test_one_bad_certificate_keeps_all_others_from_being_added() -> None:
    listener = factories.make_listener()
    with pytest.raises(NotFoundError) as caught:
        services.add_additional_certificates(OPERATOR, listener.pk, certificate_ids=[*some_certificates(2), "absent"])
    assert caught.value.field == "certificate_ids"
    assert listener.bindings.count() == 1


def test_additional_certificates_are_removed_together() -> None:
    ids = some_certificates(3)
    listener = factories.make_listener(additional_certificate_ids=ids)
    services.remove_additional_certificates(OPERATOR, listener.pk, certificate_ids=ids[:2], expected_revision=1)
    assert list(listener.bindings.filter(role="additional").values_list("certificate_id", flat=True)) == ids[2:]


def test_removing_nothing_the_default_or_an_unbound_certificate_is_refused() -> None:
    ids = some_certificates(1)
    listener = factories.make_listener(additional_certificate_ids=ids)
    for wrong, kind in (
        ([], InvalidInputError),
        ([*ids, default_of(listener).certificate_id], ConflictError),
        ([*ids, *some_certificates(1)], NotFoundError),
        (["\x00"], NotFoundError),
    ):
        with pytest.raises(kind):
            services.remove_additional_certificates(OPERATOR, listener.pk, certificate_ids=wrong)
    assert listener.bindings.filter(role="additional").count() == 1


def test_an_old_revision_is_refused_for_certificates_too() -> None:
    listener = factories.make_listener()
    services.stop_listener(OPERATOR, listener.pk)
    with pytest.raises(StaleError):
        services.add_additional_certificates(
            OPERATOR, listener.pk, certificate_ids=some_certificates(1), expected_revision=1
        )
    with pytest.raises(StaleError):
        services.roll_back_binding(OPERATOR, default_of(listener).pk, expected_revision=1)
