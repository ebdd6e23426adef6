"""Deletion protection, and modification protection, which is of the pages."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from console.errors import ConflictError
from events.actor import COMMAND, Actor
from listeners import services
from listeners.models import Listener, LoadBalancer
from tests import factories
from tests.factories import OPERATOR
from tests.listeners.conftest import Call

pytestmark = pytest.mark.django_db

ROBOT = Actor(name="robot", via="rest")


def protected() -> Listener:
    """Return a listener of a load balancer that pages may not change."""
    balancer = factories.make_load_balancer(
        modification_protection=True, modification_protection_reason="by Terraform", name="edge"
    )
    group, certificate = factories.make_server_group(), factories.make_server_certificate()
    return services.create_listener(
        ROBOT, load_balancer_id=balancer.pk, port=443, server_group_id=group.pk, certificate_id=certificate.pk
    )


CHANGES: dict[str, Callable[[Actor, Listener], object]] = {
    "rename the load balancer": lambda actor, listener: services.update_load_balancer(
        actor, listener.load_balancer_id, name="rim"
    ),
    "delete the load balancer": lambda actor, listener: services.delete_load_balancer(
        actor, listener.load_balancer_id, cascade=True
    ),
    "create a listener": lambda actor, listener: services.create_listener(
        actor,
        load_balancer_id=listener.load_balancer_id,
        port=444,
        server_group_id=listener.server_group_id,
        certificate_id=listener.default_certificate_id,
    ),
    "rename the listener": lambda actor, listener: services.update_listener(actor, listener.pk, name="shop"),
    "stop the listener": lambda actor, listener: services.stop_listener(actor, listener.pk),
    "delete the listener": lambda actor, listener: services.delete_listener(actor, listener.pk),
    "add a certificate": lambda actor, listener: services.add_additional_certificates(
        actor, listener.pk, certificate_ids=[factories.make_server_certificate().pk]
    ),
    "ask clients for certificates": lambda actor, listener: services.set_mutual_authentication(
        actor, listener.pk, enabled=True, ca_certificate_id=factories.make_ca_certificate().pk
    ),
    "tag the listener": lambda actor, listener: services.set_tags(actor, "listener", listener.pk, tags={"a": "b"}),
    "tag the load balancer": lambda actor, listener: services.set_tags(
        actor, "load_balancer", listener.load_balancer_id, tags={"a": "b"}
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_pages_may_not_change_what_is_protected(change: str) -> None:
    listener = protected()
    with pytest.raises(ConflictError) as caught:
        CHANGES[change](OPERATOR, listener)
    assert caught.value.code == "load-balancer.modification-protected"
    assert "by Terraform" in caught.value.message
    listener.refresh_from_db()
    assert (listener.name, listener.desired, listener.load_balancer.name) == ("", "running", "edge")


@pytest.mark.parametrize("actor", [ROBOT, COMMAND], ids=["rest", "command"])
@pytest.mark.parametrize("change", CHANGES)
def test_rest_and_commands_go_on(change: str, actor: Actor) -> None:
    CHANGES[change](actor, protected())


PAGES = ("detail", "edit", "stop", "default-change", "additional-add", "mutual-authentication")


@pytest.mark.parametrize("page", PAGES)
def test_pages_say_beforehand_that_they_may_change_nothing(admin_client: Client, page: str) -> None:
    shown = admin_client.get(reverse(f"listener-{page}", args=[protected().pk])).content.decode()
    assert shown.count("Reason: by Terraform") == 1


def test_the_wizard_says_beforehand_that_it_may_create_nothing(admin_client: Client) -> None:
    address = reverse("listener-create", args=[protected().load_balancer_id])
    assert "Reason: by Terraform" in admin_client.get(address, follow=True).content.decode()


def test_the_page_can_lift_the_protection_and_its_reason_goes_with_it() -> None:
    listener = protected()
    balancer = services.update_load_balancer(OPERATOR, listener.load_balancer_id, modification_protection=False)
    assert (balancer.modification_protection, balancer.modification_protection_reason) == (False, "")
    services.update_listener(OPERATOR, listener.pk, name="shop")


def test_a_page_cannot_lift_it_and_change_more_at_once() -> None:
    listener = protected()
    with pytest.raises(ConflictError):
        services.update_load_balancer(OPERATOR, listener.load_balancer_id, modification_protection=False, name="rim")


@pytest.mark.parametrize("actor", [OPERATOR, ROBOT, COMMAND], ids=["page", "rest", "command"])
def test_nobody_deletes_what_is_protected_from_deletion(actor: Actor) -> None:
    balancer = factories.make_load_balancer(deletion_protection=True, deletion_protection_reason="it earns our money")
    with pytest.raises(ConflictError) as caught:
        services.delete_load_balancer(actor, balancer.pk, cascade=True)
    assert caught.value.code == "load-balancer.deletion-protected"
    assert "it earns our money" in caught.value.message
    services.update_load_balancer(actor, balancer.pk, deletion_protection=False)
    services.delete_load_balancer(actor, balancer.pk)
    assert not LoadBalancer.objects.exists()


def test_protections_over_rest(rest: Call) -> None:
    body = {"name": "edge", "bind_address": "127.0.0.1", "deletion_protection": True}
    created = rest("POST", "/load-balancers", body | {"deletion_protection_reason": "in use"}).json()
    assert (created["deletion_protection"], created["deletion_protection_reason"]) == (True, "in use")
    path = f"/load-balancers/{created['id']}"
    refused = rest("DELETE", path)
    assert (refused.status_code, refused.json()["code"]) == (409, "load-balancer.deletion-protected")
    lifted = rest("PATCH", path, {"deletion_protection": False}).json()
    assert (lifted["deletion_protection"], lifted["deletion_protection_reason"]) == (False, "")
    assert rest("DELETE", path).status_code == 204


@pytest.mark.parametrize("reason", ["x" * 129, "a\x00b", "a\nb"])
def test_a_reason_that_cannot_be_shown_is_refused(reason: str) -> None:
    with pytest.raises(Exception, match="reason") as caught:
        factories.make_load_balancer(deletion_protection=True, deletion_protection_reason=reason)
    assert getattr(caught.value, "field", "") == "deletion_protection_reason"
