"""Listeners of Classic Load Balancers use server groups each in its own way."""

import pytest
from django.test import Client
from django.urls import reverse

from console.errors import ConflictError, InvalidInputError
from listeners import services
from listeners.models import Listener, ListenerState, LoadBalancer, ServerGroup
from listeners.services import ServerSpec
from listeners.services.classic import (
    Backends,
    create_classic_listener,
    create_classic_rules,
    update_classic_listener,
    update_classic_rule,
)
from tests.factories import OPERATOR, group_of, make_load_balancer

pytestmark = pytest.mark.django_db


@pytest.fixture
def balancer() -> LoadBalancer:
    return make_load_balancer(product="CLB")


@pytest.fixture
def group(balancer: LoadBalancer) -> ServerGroup:
    return services.create_own_group(OPERATOR, balancer, name="web", servers=[ServerSpec("127.0.0.1", 8000)])


def listen(balancer: LoadBalancer, at: int, **backends: object) -> Listener:
    return create_classic_listener(
        OPERATOR,
        load_balancer_id=balancer.pk,
        port=at,
        protocol="HTTP",
        backends=Backends(**backends),  # type: ignore[arg-type]
        tags={},
    )


def addresses(group: ServerGroup) -> list[str]:
    return sorted(f"{server.address}:{server.port}" for server in group.servers.all())


def test_only_listener_of_a_group_sets_how_it_is_used(balancer: LoadBalancer, group: ServerGroup) -> None:
    listener = listen(balancer, 80, server_group_id=group.pk, settings={"scheduler": "rr"})
    assert group_of(listener).pk == group.pk
    assert group_of(listener).scheduler == "rr"


def test_second_listener_that_uses_a_group_otherwise_gets_a_variant(balancer: LoadBalancer, group: ServerGroup) -> None:
    one = listen(balancer, 80, server_group_id=group.pk, settings={"scheduler": "rr"})
    other = listen(balancer, 81, server_group_id=group.pk, settings={"health_check_enabled": False})
    same = listen(balancer, 82, server_group_id=group.pk, settings={"scheduler": "rr"})
    variant = group_of(other)
    assert (variant.variant_of, variant.health_check_enabled) == (group, False)
    assert group_of(one).pk == group_of(same).pk == group.pk
    services.update_server_group(OPERATOR, group.pk, servers=[ServerSpec("127.0.0.2", 8000)])
    assert addresses(variant) == ["127.0.0.2:8000"]
    services.update_server_group(OPERATOR, variant.pk, servers=[ServerSpec("127.0.0.3", 8000)])
    assert addresses(group) == ["127.0.0.3:8000"]


def test_variant_goes_with_its_last_user(balancer: LoadBalancer, group: ServerGroup) -> None:
    listen(balancer, 80, server_group_id=group.pk)
    other = listen(balancer, 81, server_group_id=group.pk, settings={"scheduler": "rr"})
    with pytest.raises(ConflictError, match="is used by"):
        services.delete_server_group(OPERATOR, group.pk)
    services.delete_listener(OPERATOR, other.pk)
    assert list(ServerGroup.objects.filter(load_balancer=balancer)) == [group]


def test_changed_listener_leaves_how_others_use_the_group(balancer: LoadBalancer, group: ServerGroup) -> None:
    one = listen(balancer, 80, server_group_id=group.pk)
    other = listen(balancer, 81, server_group_id=group.pk)
    update_classic_listener(OPERATOR, other.pk, backends=Backends(settings={"stickiness": "insert"}))
    one.refresh_from_db()
    other.refresh_from_db()
    assert (group_of(one).stickiness, group_of(other).stickiness) == ("", "insert")
    update_classic_listener(OPERATOR, other.pk, backends=Backends(settings={"stickiness": ""}))
    assert ServerGroup.objects.filter(variant_of=group).count() == 0


def test_default_servers_are_used_on_the_port_of_each_listener(balancer: LoadBalancer) -> None:
    services.set_default_servers(OPERATOR, balancer.pk, [ServerSpec("127.0.0.1", 1, 50)])
    one, other = listen(balancer, 80, port=8000), listen(balancer, 81, port=9000)
    services.set_default_servers(OPERATOR, balancer.pk, [ServerSpec("127.0.0.1", 1), ServerSpec("127.0.0.2", 1)])
    assert addresses(group_of(one)) == ["127.0.0.1:8000", "127.0.0.2:8000"]
    assert addresses(group_of(other)) == ["127.0.0.1:9000", "127.0.0.2:9000"]
    with pytest.raises(ConflictError, match="default servers"):
        services.update_server_group(OPERATOR, group_of(one).pk, servers=[])
    services.delete_load_balancer(OPERATOR, balancer.pk, cascade=True)
    assert not ServerGroup.objects.filter(backend_port__isnull=False).exists()


def test_rule_uses_its_group_as_the_listener_does_until_it_has_its_own_way(
    balancer: LoadBalancer, group: ServerGroup
) -> None:
    api = services.create_own_group(OPERATOR, balancer, name="api", servers=[ServerSpec("127.0.0.1", 8001)])
    listener = listen(balancer, 80, server_group_id=group.pk, settings={"scheduler": "rr"})
    (rule,) = create_classic_rules(
        OPERATOR, listener.pk, [{"name": "api", "domain": "a.test", "server_group_id": api.pk}]
    )
    api.refresh_from_db()
    assert api.scheduler == "rr"
    update_classic_listener(OPERATOR, listener.pk, backends=Backends(settings={"scheduler": "wlc"}))
    api.refresh_from_db()
    assert api.scheduler == "wlc"
    with pytest.raises(InvalidInputError, match="as the listener does"):
        update_classic_rule(OPERATOR, rule.pk, {"settings": {"scheduler": "wrr"}})
    before = ListenerState.objects.filter(listener=listener).latest("pk")
    update_classic_rule(OPERATOR, rule.pk, {"follows_listener": False, "settings": {"scheduler": "wrr"}})
    api.refresh_from_db()
    assert api.scheduler == "wrr"
    services.roll_back_listener(OPERATOR, listener.pk, change_id=before.change_id)
    rule.refresh_from_db()
    assert rule.follows_listener


def test_group_of_another_load_balancer_is_refused(group: ServerGroup) -> None:
    with pytest.raises(ConflictError, match="cannot use it"):
        listen(make_load_balancer(product="CLB"), 80, server_group_id=group.pk)
    assert not Listener.objects.exists()


def test_pages_say_whose_servers_they_are(balancer: LoadBalancer, group: ServerGroup, admin_client: Client) -> None:
    services.set_default_servers(OPERATOR, balancer.pk, [ServerSpec("127.0.0.9", 1, 50, "first")])
    own = group_of(listen(balancer, 80, port=8000))
    listen(balancer, 81, server_group_id=group.pk)
    variant = group_of(listen(balancer, 82, server_group_id=group.pk, settings={"scheduler": "rr"}))
    for row, words in ((own, "default servers, on port 8000"), (variant, "those of “web”, used in another way")):
        page = admin_client.get(reverse("server-group-detail", args=[row.pk])).content.decode()
        assert words in page
    info = admin_client.get(reverse("load-balancer-info", args=[balancer.pk])).content.decode()
    assert "127.0.0.9" in info
    delete = admin_client.get(reverse("load-balancer-delete", args=[balancer.pk])).content.decode()
    assert "server groups that other load balancers can use" in delete
