"""The pages of server groups."""

from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from events.actor import Actor
from listeners import services
from listeners.models import Listener, ServerGroup, ServerHealth
from listeners.pages.server_groups import USERS_SHOWN
from tests import factories
from tests.listeners.pages import opened

pytestmark = pytest.mark.django_db

SETTINGS = {
    "scheduler": "wrr",
    "health_check_enabled": "on",
    "health_check_protocol": "TCP",
    "health_check_port": "0",
    "health_check_interval_seconds": "5",
    "health_check_timeout_seconds": "5",
    "healthy_threshold": "2",
    "unhealthy_threshold": "2",
}


def _url(page: str, group: ServerGroup) -> str:
    return reverse(f"server-group-{page}", args=[group.pk])


def _rows(*rows: tuple[Any, ...]) -> dict[str, Any]:
    """Return the servers table as a browser sends it: address, port, weight, removed."""
    sent: dict[str, Any] = {"servers-TOTAL_FORMS": len(rows), "servers-INITIAL_FORMS": len(rows)}
    for number, (address, port, weight, *removed) in enumerate(rows):
        values = {"address": address, "port": port, "weight": weight, "description": ""}
        sent |= {f"servers-{number}-{name}": value for name, value in values.items()}
        if removed:
            sent[f"servers-{number}-DELETE"] = "on"
    return sent


def _create(client: Client, *rows: tuple[Any, ...], **values: Any) -> Any:
    sent = SETTINGS | {"name": "web"} | values | _rows(*rows) | {"servers-INITIAL_FORMS": 0}
    return client.post(reverse("server-group-create"), sent)


def test_a_group_is_created_with_its_servers_and_empty_rows_are_left_out(admin_client: Client) -> None:
    answer = _create(admin_client, ("10.0.0.1", "80", "100"), ("", "", "100"), ("2001:db8::1", "443", "0"))
    group = ServerGroup.objects.get()
    assert answer["Location"] == _url("detail", group)
    assert [(s.address, s.port, s.weight) for s in group.servers.all()] == [
        ("10.0.0.1", 80, 100),
        ("2001:db8::1", 443, 0),
    ]


@pytest.mark.parametrize("row", [("10.0.0.1", "0", "1"), ("10.0.0.1", "65536", "1"), ("10.0.0.1", "80", "101")])
def test_a_bad_number_is_refused_in_its_row(admin_client: Client, row: tuple[str, ...]) -> None:
    answer = _create(admin_client, row)
    assert answer.status_code == 422
    assert answer.context["rows"].errors[0]
    assert not ServerGroup.objects.exists()


@pytest.mark.parametrize("address", ["example com", "10.0.0.1:80", "0.0.0.0", "fe80::1%eth0"])
def test_an_address_that_does_not_parse_is_refused_by_name(admin_client: Client, address: str) -> None:
    answer = _create(admin_client, (address, "80", "100"))
    assert answer.status_code == 422
    assert answer.context["rows"].errors[0]["address"]
    assert f'value="{address}"' in answer.text


def test_every_mistake_of_a_row_is_said_at_once(admin_client: Client) -> None:
    mistakes = _create(admin_client, ("no sense", "", "101")).context["rows"].errors[0]
    assert set(mistakes) == {"address", "port", "weight"}


def test_a_server_listed_twice_is_refused(admin_client: Client) -> None:
    answer = _create(admin_client, ("10.0.0.1", "80", "100"), ("10.0.0.1", "80", "50"))
    assert "listed twice" in answer.text


def test_rows_are_added_without_javascript_and_keep_what_was_typed(admin_client: Client) -> None:
    sent = (
        SETTINGS | {"name": "typed", "go": "add-row"} | _rows(("10.0.0.1", "bad", "7")) | {"servers-INITIAL_FORMS": 0}
    )
    answer = admin_client.post(reverse("server-group-create"), sent)
    assert 'value="typed"' in answer.text
    assert 'value="bad"' in answer.text
    assert answer.context["rows"].total_form_count() == 4
    assert not ServerGroup.objects.exists()


def test_a_broken_table_is_answered(admin_client: Client) -> None:
    sent = SETTINGS | {"name": "web", "servers-TOTAL_FORMS": "x", "servers-INITIAL_FORMS": "-1"}
    assert admin_client.post(reverse("server-group-create"), sent).status_code == 422


def test_a_taken_name_and_a_bad_check_are_refused_at_their_fields(admin_client: Client) -> None:
    there = factories.make_server_group()
    assert _create(admin_client, name=there.name).context["form"].errors["name"]
    bad = _create(admin_client, health_check_interval_seconds="51")
    assert bad.context["form"].errors["health_check_interval_seconds"]


def test_the_wizard_gets_the_new_group_back(admin_client: Client) -> None:
    answer = _create(admin_client, next="/instances/x/?as=server_group_id")
    assert answer["Location"] == f"/instances/x/?as=server_group_id&server_group={ServerGroup.objects.get().pk}"


def test_another_host_is_no_place_to_go_back_to(admin_client: Client) -> None:
    answer = _create(admin_client, next="//evil.test/")
    assert answer["Location"] == _url("detail", ServerGroup.objects.get())


def test_servers_are_added_and_removed(admin_client: Client) -> None:
    group = factories.make_server_group("10.0.0.1", "10.0.0.2")
    page = admin_client.get(_url("edit", group))
    rows = _rows(("10.0.0.1", "9000", "100", "remove"), ("10.0.0.2", "9000", "5"), ("10.0.0.3", "9000", "100"))
    answer = admin_client.post(_url("edit", group), SETTINGS | {"name": group.name} | rows | opened(page))
    assert answer["Location"] == _url("detail", group)
    assert [(s.address, s.weight) for s in group.servers.all()] == [("10.0.0.2", 5), ("10.0.0.3", 100)]


def test_as_many_servers_as_a_group_may_have_are_saved_by_page(admin_client: Client) -> None:
    addresses = [f"10.0.{number // 200}.{number % 200 + 1}" for number in range(400)]
    group = factories.make_server_group()
    for count in (200, 400):
        specs = [services.ServerSpec(address, 80) for address in addresses[:count]]
        group = services.update_server_group(factories.OPERATOR, group.pk, servers=specs)
    page = admin_client.get(_url("edit", group))
    rows = _rows(*((address, "80", "50") for address in addresses))
    answer = admin_client.post(_url("edit", group), SETTINGS | {"name": group.name} | rows | opened(page))
    assert answer.status_code == 302
    assert group.servers.filter(weight=50).count() == len(addresses)


def test_a_stale_save_shows_the_other_servers_and_keeps_the_rows(admin_client: Client) -> None:
    group = factories.make_server_group("10.0.0.1")
    page = admin_client.get(_url("edit", group))
    services.update_server_group(Actor("bob", "page"), group.pk, servers=[services.ServerSpec("10.0.0.9", 9000)])
    sent = SETTINGS | {"name": group.name} | _rows(("10.0.0.7", "9000", "100")) | opened(page)
    answer = admin_client.post(_url("edit", group), sent)
    assert answer.status_code == 409
    assert "10.0.0.9:9000" in answer.text
    assert 'value="10.0.0.7"' in answer.text
    assert [server.address for server in group.servers.all()] == ["10.0.0.9"]


def test_a_stale_save_that_left_the_servers_alone_offers_the_others(admin_client: Client) -> None:
    group = factories.make_server_group("10.0.0.1")
    page = admin_client.get(_url("edit", group))
    services.update_server_group(Actor("bob", "page"), group.pk, servers=[services.ServerSpec("10.0.0.9", 9000)])
    sent = SETTINGS | {"name": "mine"} | _rows(("10.0.0.1", "9000", "100")) | opened(page)
    answer = admin_client.post(_url("edit", group), sent)
    assert 'value="mine"' in answer.text
    assert 'value="10.0.0.9"' in answer.text


def test_a_group_in_use_names_its_users_and_stays(admin_client: Client) -> None:
    listener = factories.make_listener(name="shop")
    page = admin_client.get(_url("delete", factories.group_of(listener)))
    assert "shop" in page.text
    answer = admin_client.post(_url("delete", factories.group_of(listener)), opened(page))
    assert answer.status_code == 409
    assert "shop" in answer.text
    assert ServerGroup.objects.exists()


def test_an_unused_group_is_deleted(admin_client: Client) -> None:
    group = factories.make_server_group()
    admin_client.post(_url("delete", group), opened(admin_client.get(_url("delete", group))))
    assert not ServerGroup.objects.exists()


def test_health_is_shown_with_its_reason_and_sent_again_only_when_changed(admin_client: Client) -> None:
    listener = factories.make_listener()
    group = factories.group_of(listener)
    health = {"listener": listener, "node": "n", "state": "unhealthy", "since": timezone.now()}
    ServerHealth.objects.create(server=group.servers.get(), reason="no answer", **health)
    text = admin_client.get(_url("detail", group)).text
    assert "1 of 1 unhealthy" in text
    assert "no answer" in text
    live = admin_client.get(_url("live", group))
    assert admin_client.get(_url("live", group), headers={"if-none-match": live["ETag"]}).status_code == 304


def test_the_list_is_searched_by_server_address(admin_client: Client) -> None:
    one, two = factories.make_server_group("10.9.9.9"), factories.make_server_group("10.1.1.1")
    text = admin_client.get(reverse("server-group-list"), {"q": "10.9"}).text
    assert one.pk in text
    assert two.pk not in text


def test_a_group_of_very_many_listeners_shows_the_first_ones(admin_client: Client) -> None:
    first = factories.make_listener()
    Listener.objects.bulk_create(
        Listener(
            load_balancer=first.load_balancer,
            server_group=factories.group_of(first),
            port=20_000 + number,
            security_policy=first.security_policy,
        )
        for number in range(USERS_SHOWN + 1)
    )
    page = admin_client.get(_url("detail", factories.group_of(first))).text
    assert page.count('class="binding-line"') == USERS_SHOWN
    assert "and 2 more" in page


def test_the_reason_of_bad_health_is_said_in_the_readers_language(admin_client: Client) -> None:
    listener = factories.make_listener()
    group = factories.group_of(listener)
    ServerHealth.objects.create(
        server=group.servers.get(),
        listener=listener,
        node="n",
        state="unhealthy",
        reason=ServerHealth.Reason.REFUSED,
        since=timezone.now(),
    )
    sentence = str(ServerHealth.Reason.REFUSED.label)
    admin_client.cookies[settings.LANGUAGE_COOKIE_NAME] = "zh-hans"
    assert sentence not in admin_client.get(_url("detail", group)).text
    admin_client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    assert sentence in admin_client.get(_url("detail", group)).text
