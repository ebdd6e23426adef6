"""The pages of instances."""

import pytest
from django.test import Client
from django.urls import reverse

from events.actor import Actor
from listeners import services
from listeners.models import Listener, LoadBalancer
from tests import factories
from tests.listeners.pages import opened

pytestmark = pytest.mark.django_db

BOB = Actor("bob", "page")


def _url(page: str, balancer: LoadBalancer) -> str:
    return reverse(f"load-balancer-{page}", args=[balancer.pk])


def test_an_instance_is_created_and_shown(admin_client: Client) -> None:
    sent = {"name": "edge", "bind_address": "127.0.0.1", "region": ""}
    answer = admin_client.post(reverse("load-balancer-create"), sent)
    balancer = LoadBalancer.objects.get()
    assert answer["Location"] == _url("detail", balancer)
    assert (balancer.name, balancer.region, balancer.created_by) == ("edge", "cn-hangzhou", "admin")
    assert "No listeners yet" in admin_client.get(answer["Location"]).text


@pytest.mark.parametrize(
    ("field", "value"),
    [("name", "9lives"), ("name", ""), ("bind_address", "localhost"), ("bind_address", "224.0.0.1"), ("region", "Ü")],
)
def test_a_bad_value_is_refused_at_its_field_and_kept(admin_client: Client, field: str, value: str) -> None:
    sent = {"name": "edge", "bind_address": "127.0.0.1", "region": "", field: value}
    answer = admin_client.post(reverse("load-balancer-create"), sent)
    assert answer.status_code == 422
    assert answer.context["form"].errors[field]
    assert answer.context["form"][field].value() == value


def test_a_taken_name_is_refused_at_the_name(admin_client: Client) -> None:
    there = factories.make_load_balancer()
    answer = admin_client.post(reverse("load-balancer-create"), {"name": there.name, "bind_address": "127.0.0.1"})
    assert there.pk in answer.context["form"].errors["name"][0]


def test_the_list_is_searched(admin_client: Client) -> None:
    one, two = factories.make_load_balancer(name="needle-1"), factories.make_load_balancer(name="hay-1")
    text = admin_client.get(reverse("load-balancer-list"), {"q": "needle"}).text
    assert one.pk in text
    assert two.pk not in text
    assert "No load balancer matches" in admin_client.get(reverse("load-balancer-list"), {"q": "nothing"}).text


def test_the_instance_shows_its_listeners_with_state_and_certificate(admin_client: Client) -> None:
    listener = factories.make_listener(name="shop")
    text = admin_client.get(_url("detail", listener.load_balancer)).text
    assert "shop" in text
    assert "Pending" in text
    assert listener.bindings.get().certificate.name in text


def test_a_new_name_is_saved_without_a_question(admin_client: Client) -> None:
    balancer = factories.make_load_balancer()
    page = admin_client.get(_url("edit", balancer))
    sent = {"name": "renamed", "bind_address": balancer.bind_address, "region": balancer.region, **opened(page)}
    assert admin_client.post(_url("edit", balancer), sent).status_code == 302
    balancer.refresh_from_db()
    assert balancer.name == "renamed"


def test_a_new_address_is_confirmed_first_since_it_ends_connections(admin_client: Client) -> None:
    balancer = factories.make_load_balancer()
    page = admin_client.get(_url("edit", balancer))
    sent = {"name": balancer.name, "bind_address": "127.0.0.9", "region": balancer.region, **opened(page)}
    review = admin_client.post(_url("edit", balancer), sent)
    assert "All open connections end after the drain time" in review.text
    balancer.refresh_from_db()
    assert balancer.bind_address == "127.0.0.1"
    admin_client.post(_url("edit", balancer), sent | {"go": "confirm"})
    balancer.refresh_from_db()
    assert balancer.bind_address == "127.0.0.9"


def test_a_stale_save_shows_what_the_other_did_and_keeps_what_was_typed(admin_client: Client) -> None:
    balancer = factories.make_load_balancer(region="cn-beijing")
    page = admin_client.get(_url("edit", balancer))
    services.update_load_balancer(BOB, balancer.pk, region="cn-shanghai")
    sent = {"name": "mine", "bind_address": balancer.bind_address, "region": "cn-beijing", **opened(page)}
    answer = admin_client.post(_url("edit", balancer), sent)
    assert answer.status_code == 409
    assert "bob" in answer.text
    assert "cn-beijing → <strong>cn-shanghai</strong>" in answer.text
    assert 'value="mine"' in answer.text
    offered = answer.context["form"].initial
    assert offered["region"] == "cn-shanghai"  # left alone here, so saving again does not undo it
    assert admin_client.post(_url("edit", balancer), offered | opened(answer)).status_code == 302
    balancer.refresh_from_db()
    assert (balancer.name, balancer.region) == ("mine", "cn-shanghai")


def test_deleting_shows_the_listeners_first_and_asks_about_them(admin_client: Client) -> None:
    listener = factories.make_listener(name="shop")
    balancer = listener.load_balancer
    page = admin_client.get(_url("delete", balancer))
    assert "shop" in page.text
    assert "New connections are refused" in page.text
    refused = admin_client.post(_url("delete", balancer), opened(page))
    assert refused.status_code == 409
    assert Listener.objects.exists()
    assert admin_client.post(_url("delete", balancer), {"cascade": "on", **opened(page)}).status_code == 302
    assert not LoadBalancer.objects.exists()


def test_an_empty_instance_is_deleted_at_once(admin_client: Client) -> None:
    balancer = factories.make_load_balancer()
    page = admin_client.get(_url("delete", balancer))
    admin_client.post(_url("delete", balancer), opened(page))
    assert not LoadBalancer.objects.exists()


def test_the_tabs_show_limits_and_changes(admin_client: Client) -> None:
    balancer = factories.make_listener().load_balancer
    assert "1 / 50" in admin_client.get(_url("info", balancer)).text
    assert "listener.created" in admin_client.get(_url("changes", balancer)).text
