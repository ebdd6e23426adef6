"""The link from an HTTPS listener to the QUIC listener that it announces."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from console.errors import ConflictError, DomainError, NotFoundError
from events.models import Change
from listeners import services
from listeners.models import Listener
from tests import factories
from tests.factories import OPERATOR

pytestmark = pytest.mark.django_db


def pair() -> tuple[Listener, Listener]:
    """Return an HTTPS and a QUIC listener of one load balancer, on one port."""
    https = factories.make_listener(product="ALB", protocol="HTTPS", name="shop")
    place = {"load_balancer_id": https.load_balancer_id, "port": https.port}
    return https, factories.make_listener(protocol="QUIC", name="shop-h3", **place)


def link(https: Listener, quic_id: str | None) -> Listener:
    return services.update_listener(OPERATOR, https.pk, quic_listener_id=quic_id)


def refusal(https: Listener, quic_id: str) -> DomainError:
    with pytest.raises(DomainError) as caught:
        link(https, quic_id)
    assert caught.value.field == "quic_listener_id"
    return caught.value


def test_it_is_linked_and_unlinked_and_both_are_told() -> None:
    https, quic = pair()
    assert link(https, quic.pk).quic_listener_id == quic.pk
    assert link(https, None).quic_listener_id is None
    told = Change.objects.filter(object_id=https.pk).order_by("-id").values_list("summary", flat=True)
    assert told[0] == "QUIC listener announced: shop-h3 → none"
    assert told[1] == "QUIC listener announced: none → shop-h3"


def test_it_is_linked_from_the_start() -> None:
    _https, quic = pair()
    other = factories.make_listener(load_balancer_id=quic.load_balancer_id, quic_listener_id=quic.pk)
    assert other.quic_listener_id == quic.pk


def test_what_is_no_quic_listener_is_refused() -> None:
    https, _quic = pair()
    assert refusal(https, https.pk).code == "listener.not-quic"
    assert isinstance(refusal(https, "lsn-absent"), NotFoundError)
    assert isinstance(refusal(https, "a\x00b"), NotFoundError)


def test_one_of_another_load_balancer_is_refused_by_its_name() -> None:
    https, _quic = pair()
    _other, elsewhere = pair()
    error = refusal(https, elsewhere.pk)
    assert error.code == "listener.quic-of-another-load-balancer"
    assert elsewhere.load_balancer.name in error.message


def test_a_second_link_is_refused_with_who_has_the_first() -> None:
    https, quic = pair()
    link(https, quic.pk)
    second = factories.make_listener(load_balancer_id=https.load_balancer_id)
    error = refusal(second, quic.pk)
    assert error.code == "listener.quic-linked"
    assert "“shop”" in error.message


def test_a_linked_listener_is_not_deleted_alone() -> None:
    https, quic = pair()
    link(https, quic.pk)
    with pytest.raises(ConflictError) as caught:
        services.delete_listener(OPERATOR, quic.pk)
    assert "“shop”" in caught.value.message
    link(https, None)
    services.delete_listener(OPERATOR, quic.pk)


def test_both_go_with_their_load_balancer() -> None:
    https, quic = pair()
    link(https, quic.pk)
    services.delete_load_balancer(OPERATOR, https.load_balancer_id, cascade=True)
    assert not Listener.objects.exists()


def test_the_page_that_deletes_an_announced_listener_says_who_announces_it(client: Client, admin_user: User) -> None:
    https, quic = pair()
    link(https, quic.pk)
    client.force_login(admin_user)
    page = client.get(f"/listeners/{quic.pk}/delete/").content.decode()
    assert f"/listeners/{https.pk}/" in page
    assert "btn-danger" not in page
    assert "btn-danger" in client.get(f"/listeners/{https.pk}/delete/").content.decode()
