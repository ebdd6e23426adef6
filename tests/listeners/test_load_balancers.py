"""Creating, changing and deleting load balancers."""

import pytest
from pytest_django import Settings

from console.errors import ConflictError, InvalidInputError, NotFoundError, StaleError
from events.models import Change
from listeners import services
from listeners.limits import LOAD_BALANCERS, set_quota
from listeners.models import Listener, LoadBalancer
from tests import factories
from tests.factories import OPERATOR

pytestmark = pytest.mark.django_db


def test_the_region_is_the_installations_unless_given(settings: Settings) -> None:
    assert factories.make_load_balancer().region == settings.REGION
    assert factories.make_load_balancer(region="").region == settings.REGION
    assert factories.make_load_balancer(region="eu-central-1").region == "eu-central-1"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "9lives"),
        ("name", "x"),
        ("name", "x" * 129),
        ("name", "ｗｅｂ"),
        ("bind_address", "localhost"),
        ("bind_address", "127.0.0.1/8"),
        ("bind_address", "224.0.0.1"),
        ("bind_address", "fe80::1%lo"),
        ("region", "Hang Zhou"),
        ("region", "-x"),
    ],
)
def test_a_value_that_cannot_be_is_refused_by_field(field: str, value: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        factories.make_load_balancer(**{field: value})
    assert caught.value.field == field
    assert not LoadBalancer.objects.exists()


def test_a_taken_name_is_refused() -> None:
    taken = factories.make_load_balancer()
    with pytest.raises(ConflictError) as caught:
        factories.make_load_balancer(name=taken.name)
    assert (caught.value.field, caught.value.code) == ("name", "load-balancer.name-taken")


def test_the_quota_counts_by_region() -> None:
    set_quota(OPERATOR, LOAD_BALANCERS, 1)
    first = factories.make_load_balancer()
    other = factories.make_load_balancer(region="eu-central-1")
    with pytest.raises(ConflictError):
        factories.make_load_balancer()
    with pytest.raises(ConflictError):
        services.update_load_balancer(OPERATOR, other.pk, region=first.region)


def test_a_change_is_recorded() -> None:
    balancer = factories.make_load_balancer()
    services.update_load_balancer(OPERATOR, balancer.pk, name="edge", bind_address="127.0.0.2", expected_revision=1)
    balancer.refresh_from_db()
    assert (balancer.name, balancer.bind_address, balancer.revision) == ("edge", "127.0.0.2", 2)
    assert Change.objects.latest("id").kind == "load_balancer.updated"
    with pytest.raises(StaleError):
        services.update_load_balancer(OPERATOR, balancer.pk, name="mine", expected_revision=1)


def test_a_new_address_on_which_a_port_is_taken_is_refused() -> None:
    taken = factories.make_listener()
    balancer = factories.make_load_balancer(bind_address="127.0.0.2")
    factories.make_listener(load_balancer_id=balancer.pk, port=taken.port)
    for address in ("127.0.0.1", "0.0.0.0"):
        with pytest.raises(ConflictError) as caught:
            services.update_load_balancer(OPERATOR, balancer.pk, bind_address=address)
        assert caught.value.code == "listener.port-taken"
    services.update_load_balancer(OPERATOR, balancer.pk, bind_address="127.0.0.3")


def test_one_with_listeners_is_deleted_only_with_them() -> None:
    listener = factories.make_listener()
    balancer = listener.load_balancer
    with pytest.raises(ConflictError) as caught:
        services.delete_load_balancer(OPERATOR, balancer.pk)
    assert caught.value.code == "load-balancer.in-use"
    assert str(listener.port) in caught.value.message
    services.delete_load_balancer(OPERATOR, balancer.pk, cascade=True, expected_revision=1)
    assert not Listener.objects.exists()
    kinds = set(Change.objects.filter(object_id__in=[listener.pk, balancer.pk]).values_list("kind", flat=True))
    assert {"listener.deleted", "load_balancer.deleted"} <= kinds


def test_an_empty_or_absent_one() -> None:
    balancer = factories.make_load_balancer()
    services.delete_load_balancer(OPERATOR, balancer.pk)
    with pytest.raises(NotFoundError):
        services.delete_load_balancer(OPERATOR, balancer.pk)
