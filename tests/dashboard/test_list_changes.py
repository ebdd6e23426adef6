"""The change feed as a page."""

import pytest
from django.test import Client

from events.actor import COMMAND, Actor
from events.feed import recording
from tests.factories import make_load_balancer, make_server_group

pytestmark = pytest.mark.django_db


def listed(client: Client, **query: str) -> str:
    answer = client.get("/changes/", query)
    assert answer.status_code == 200
    return answer.content.decode()


def test_signed_out_one_is_asked_to_sign_in(client: Client) -> None:
    assert client.get("/changes/")["Location"] == "/sign-in/?next=/changes/"


def test_a_change_is_shown_with_who_what_and_via(admin_client: Client) -> None:
    balancer = make_load_balancer(name="public")
    page = listed(admin_client)
    assert "alice" in page
    assert f"/instances/{balancer.pk}/" in page
    assert "Console" in page


def test_filters_narrow_the_list(admin_client: Client) -> None:
    balancer, group = make_load_balancer(), make_server_group()
    with recording(COMMAND) as changes:
        changes.record("server_group.updated", group, "By hand")
    assert balancer.pk not in listed(admin_client, type="server_group")
    assert balancer.pk not in listed(admin_client, via="command")
    assert "By hand" in listed(admin_client, via="command")
    assert group.pk not in listed(admin_client, object=balancer.pk)
    assert "By hand" not in listed(admin_client, who="ALICE")
    assert "No change matches" in listed(admin_client, who="bob")


@pytest.mark.parametrize("parameter", ["type", "via", "object", "who"])
def test_a_nul_in_a_filter_is_passed_over(admin_client: Client, parameter: str) -> None:
    balancer = make_load_balancer()
    values = {"type": "load_balancer", "via": "page", "object": balancer.pk, "who": "alice"}
    assert f"/instances/{balancer.pk}/" in listed(admin_client, **{parameter: f"\0{values[parameter]}"})


def test_a_deleted_object_is_not_linked(admin_client: Client) -> None:
    balancer = make_load_balancer()
    with recording(Actor("alice", "rest")) as changes:
        changes.record("load_balancer.deleted", balancer, "Deleted it")
    page = listed(admin_client, via="rest")
    assert "Deleted it" in page
    assert f"/instances/{balancer.pk}/" not in page


def test_long_lists_have_pages(admin_client: Client) -> None:
    group = make_server_group()
    with recording(COMMAND) as changes:
        for number in range(35):
            changes.record("server_group.updated", group, f"Edit {number:02d}")
    page = admin_client.get("/changes/", {"via": "command"})
    assert len(page.context["rows"]) == 25
    rest = admin_client.get("/changes/", {"via": "command", "cursor": page.context["page"].next_cursor})
    assert len(rest.context["rows"]) == 10
    assert "via=command" in page.content.decode()


def test_an_empty_feed_says_so(admin_client: Client) -> None:
    assert "Nothing has been changed yet" in listed(admin_client)


def test_other_methods_are_refused(admin_client: Client) -> None:
    assert admin_client.post("/changes/").status_code == 405
