"""Load balancers of every product on pages: choosing, upgrading, protecting, tagging and finding them."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from events.actor import Actor
from listeners import selectors, services
from listeners.models import LoadBalancer
from tests import factories
from tests.factories import OPERATOR
from tests.listeners.pages import opened

pytestmark = pytest.mark.django_db


def _edit(client: Client, balancer: LoadBalancer, **values: str) -> Any:
    url = reverse("load-balancer-edit", args=[balancer.pk])
    page = client.get(url)
    form = page.context["form"]
    shown = {name: form[name].value() for name in form.fields if form[name].value() not in (None, False)}
    return client.post(url, {**shown, **opened(page), **values})


def test_a_product_and_an_edition_are_chosen_by_what_they_can_do(admin_client: Client) -> None:
    page = admin_client.get(reverse("load-balancer-create"))
    rows = {str(row.label): row.cells for row in page.context["feature_rows"]}
    assert rows["Mutual authentication"] == [True, False, True, True, True, True]
    assert rows["Additional certificates"][-1] == "3 per listener"
    assert "filters nothing yet" in page.text
    sent = {"product": "ALB", "edition": "Basic", "name": "shop", "bind_address": "127.0.0.1", "tags": "team=a\nx"}
    answer = admin_client.post(reverse("load-balancer-create"), sent)
    balancer = LoadBalancer.objects.get()
    assert answer["Location"] == reverse("load-balancer-detail", args=[balancer.pk])
    assert (balancer.product, balancer.edition, balancer.pk[:4]) == ("ALB", "Basic", "alb-")
    assert selectors.tags_of("load_balancer", [balancer.pk]) == {balancer.pk: {"team": "a", "x": ""}}


def test_the_edition_that_the_page_always_sends_is_dropped_for_the_other_products(admin_client: Client) -> None:
    sent = {"product": "CLB", "edition": "Standard", "name": "old", "bind_address": "127.0.0.1"}
    admin_client.post(reverse("load-balancer-create"), sent)
    assert (LoadBalancer.objects.get().product, LoadBalancer.objects.get().edition) == ("CLB", "")


@pytest.mark.parametrize(("tags", "words"), [("=x", "has no key"), ("a=1\na=2", "comes twice")])
def test_bad_tags_are_refused_at_their_field(admin_client: Client, tags: str, words: str) -> None:
    sent = {"name": "edge", "bind_address": "127.0.0.1", "tags": tags}
    answer = admin_client.post(reverse("load-balancer-create"), sent)
    assert words in answer.context["form"].errors["tags"][0]
    assert answer.context["form"]["tags"].value() == tags


def test_only_upgrades_are_offered_and_a_downgrade_is_no_choice(admin_client: Client) -> None:
    balancer = factories.make_load_balancer(product="ALB", edition="Standard")
    page = admin_client.get(reverse("load-balancer-edit", args=[balancer.pk]))
    assert [offer.value for offer in page.context["editions"]] == ["Standard", "StandardWithWaf"]
    assert _edit(admin_client, balancer, edition="Basic").status_code == 422
    _edit(admin_client, balancer, edition="StandardWithWaf", tags="team=b")
    balancer.refresh_from_db()
    assert balancer.edition == "StandardWithWaf"
    assert selectors.tags_of("load_balancer", [balancer.pk])[balancer.pk] == {"team": "b"}


def test_a_protected_load_balancer_is_kept_until_the_protection_is_off(admin_client: Client) -> None:
    balancer = factories.make_load_balancer()
    _edit(admin_client, balancer, deletion_protection="on", deletion_protection_reason="Serves the shop")
    assert "Serves the shop" in admin_client.get(reverse("load-balancer-info", args=[balancer.pk])).text
    url = reverse("load-balancer-delete", args=[balancer.pk])
    answer = admin_client.post(url, opened(admin_client.get(url)))
    assert answer.status_code == 409
    assert "protected from deletion (Serves the shop)" in answer.text


def test_modification_protection_keeps_pages_from_changing_listeners(admin_client: Client) -> None:
    listener = factories.make_listener()
    _edit(admin_client, listener.load_balancer, modification_protection="on")
    answer = admin_client.post(
        reverse("listener-stop", args=[listener.pk]),
        opened(admin_client.get(reverse("listener-stop", args=[listener.pk]))),
    )
    assert answer.status_code == 409
    assert "protected from changes on pages" in answer.text
    assert services.stop_listener(Actor("alice", "rest"), listener.pk).desired == "stopped"


def test_load_balancers_are_found_by_product_and_tag(admin_client: Client) -> None:
    nlb = factories.make_load_balancer(tags={"team": "pay"})
    clb = factories.make_load_balancer(product="CLB", tags={"team": "shop"})

    def found(**query: str) -> list[str]:
        page = admin_client.get(reverse("load-balancer-list"), query).context["page"]
        return [balancer.pk for balancer in page.items]

    assert found(product="CLB") == [clb.pk]
    assert found(tag="team=pay") == [nlb.pk]
    assert set(found(tag="team")) == {nlb.pk, clb.pk}
    assert found(tag="team=pay", product="CLB") == []
    assert "No load balancer matches" in admin_client.get(reverse("load-balancer-list"), {"product": "ALB"}).text


def test_columns_that_apply_to_no_listener_are_absent(admin_client: Client) -> None:
    balancer = factories.make_load_balancer()
    group = factories.make_server_group(protocol="TCP_UDP")
    services.create_listener(OPERATOR, load_balancer_id=balancer.pk, protocol="UDP", port=53, server_group_id=group.pk)
    url = reverse("load-balancer-detail", args=[balancer.pk])
    assert "Default certificate" not in admin_client.get(url).text
    factories.make_listener(load_balancer_id=balancer.pk)
    assert "Default certificate" in admin_client.get(url).text


def test_pages_of_a_listener_without_certificates_say_so(admin_client: Client) -> None:
    balancer, group = factories.make_load_balancer(), factories.make_server_group()
    listener = services.create_listener(
        OPERATOR, load_balancer_id=balancer.pk, protocol="TCP", port=5432, server_group_id=group.pk
    )
    detail = admin_client.get(reverse("listener-detail", args=[listener.pk])).text
    assert "SSL Certificate" not in detail
    assert "TLS security policy" not in detail.partition("<main")[2]
    for name in ("listener-certificates", "listener-ca"):
        assert "TCP listeners have no certificates" in admin_client.get(reverse(name, args=[listener.pk])).text


def test_settings_of_an_https_listener_are_changed_after_a_review(admin_client: Client) -> None:
    balancer = factories.make_load_balancer(product="ALB", edition="Standard")
    listener = factories.make_listener(
        load_balancer_id=balancer.pk, server_group_id=factories.make_server_group(protocol="HTTP").pk
    )
    url = reverse("listener-edit", args=[listener.pk])
    page = admin_client.get(url)
    form = page.context["form"]
    sent = {name: form[name].value() for name in form.fields if form[name].value() not in (None, False, True)}
    sent |= {"request_timeout_seconds": "30", "compression_enabled": "on", **opened(page)}
    review = admin_client.post(url, {**sent, "go": "review"})
    assert [each.field for each in review.context["changed"]] == ["request_timeout_seconds", "http2_enabled"]
    admin_client.post(url, {**sent, "go": "confirm"})
    listener.refresh_from_db()
    assert (listener.request_timeout_seconds, listener.http2_enabled, listener.compression_enabled) == (30, False, True)


def test_a_listener_is_turned_to_redirect_and_back(admin_client: Client) -> None:
    balancer = factories.make_load_balancer(product="ALB", edition="Standard")
    group = factories.make_server_group(protocol="HTTP")
    common: dict[str, Any] = {"load_balancer_id": balancer.pk, "server_group_id": group.pk}
    services.create_listener(
        OPERATOR, protocol="HTTPS", port=443, certificate_id=factories.make_server_certificate().pk, **common
    )
    listener = services.create_listener(OPERATOR, protocol="HTTP", port=80, **common)
    url = reverse("listener-edit", args=[listener.pk])
    for redirect_port in (443, None):
        page = admin_client.get(url)
        sent = {"idle_timeout_seconds": "15", "request_timeout_seconds": "60", "compression_enabled": "on"}
        sent |= {"server_group_id": group.pk, "redirect_port": str(redirect_port or ""), **opened(page)}
        assert admin_client.post(url, {**sent, "go": "confirm"}).status_code == 302
        listener.refresh_from_db()
        assert (listener.redirect_port, listener.server_group_id) == (
            redirect_port,
            None if redirect_port else group.pk,
        )


def test_an_address_that_only_a_button_sends_to_answers_a_page_when_it_is_opened(admin_client: Client) -> None:
    answer = admin_client.get("/preferences/theme/", headers={"Accept": "text/html"})
    assert answer.status_code == 405
    assert answer["Allow"] == "POST"
    assert "There is nothing to open at this address" in answer.text
