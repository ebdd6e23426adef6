"""The pages of forwarding rules, walked as a browser without JavaScript does."""

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from listeners.models import ForwardingRule, Listener, ServerGroup
from listeners.selectors.forwarding_rules import rules_of
from listeners.services.forwarding_rules import create_rules
from tests import factories
from tests.factories import OPERATOR
from tests.listeners.pages import hidden

pytestmark = pytest.mark.django_db


@pytest.fixture
def listener() -> Listener:
    return factories.make_listener(product="ALB", protocol="HTTP")


@pytest.fixture
def group() -> ServerGroup:
    return factories.make_server_group(name="api", protocol="HTTP")


def make_rule(listener: Listener, path: str = "/a", **more: Any) -> ForwardingRule:
    gone = {"type": "FixedResponse", "code": 410}
    fields: Any = {
        "name": f"rule {path}",
        "conditions": [{"type": "Path", "values": [path]}],
        "actions": [gone],
        **more,
    }
    (row,) = create_rules(OPERATOR, listener.pk, [fields])
    return row


def typed(**more: str) -> dict[str, str]:
    """What the form of a new rule sends."""
    return {
        "name": "api",
        "priority": "",
        "direction": "Request",
        "condition-0-type": "Host",
        "condition-0-lines": "api.test\n*.api.test\n",
        "action-0-type": "ForwardGroup",
        "action-0-group_0": "api",
        "action-0-weight_0": "100",
        "action-0-sticky_seconds": "1000",
        "go": "save",
        **more,
    }


def send(client: Client, listener: Listener, values: dict[str, str], rule: ForwardingRule | None = None) -> Any:
    url = reverse("rule-edit", args=[listener.pk, rule.pk]) if rule else reverse("rule-create", args=[listener.pk])
    return client.post(url, values)


def test_rule_is_inserted_with_its_blocks(admin_client: Client, listener: Listener, group: ServerGroup) -> None:
    answer = send(admin_client, listener, typed())
    assert answer.status_code == 302
    (row,) = rules_of(listener)
    assert row.conditions == [{"type": "Host", "values": ["api.test", "*.api.test"]}]
    assert row.actions[0]["groups"] == [{"server_group_id": group.pk, "weight": 100}]
    page = admin_client.get(answer["Location"])
    assert "*.api.test" in page.text
    assert page.text.index("api.test") < page.text.index("Default rule")


def test_blocks_are_added_and_removed_by_submitting(admin_client: Client, listener: Listener) -> None:
    page = send(admin_client, listener, typed(go="add-condition", new_condition="Cookie"))
    assert page.status_code == 200
    assert 'name="condition-1-type" value="Cookie"' in page.text
    assert "*.api.test" in page.text
    assert "This field is required" not in page.text
    page = send(admin_client, listener, typed(go="remove-condition-0"))
    assert "condition-0-type" not in page.text
    page = send(admin_client, listener, typed(go="add-action", new_action="InsertHeader"))
    first, last = page.text.index('value="InsertHeader"'), page.text.index('name="action-0-type"')
    assert first < last, "the action that ends the rule stays the last"


def test_refusals_stand_at_their_block(admin_client: Client, listener: Listener, group: ServerGroup) -> None:
    page = send(admin_client, listener, typed(**{"condition-0-lines": "~(["}))
    assert page.status_code == 422
    assert re.search(r"condition-0-lines.*?The regular expression “\(\[” cannot be used", page.text, re.DOTALL)
    page = send(admin_client, listener, typed(**{"action-0-group_0": "nobody"}))
    assert page.status_code == 422
    assert "There is no server group “nobody”." in page.text
    assert rules_of(listener) == []


def test_stored_rule_is_changed(admin_client: Client, listener: Listener, group: ServerGroup) -> None:
    row = make_rule(listener)
    page = admin_client.get(reverse("rule-edit", args=[listener.pk, row.pk]))
    assert 'name="condition-0-type" value="Path"' in page.text
    revision = hidden(page, "revision")
    assert send(admin_client, listener, typed(revision=revision, priority="7"), row).status_code == 302
    row.refresh_from_db()
    assert (row.name, row.priority, row.actions[0]["type"]) == ("api", 7, "ForwardGroup")
    stale = send(admin_client, listener, typed(revision=revision, name="late"), row)
    assert stale.status_code == 412
    assert "Nothing was saved." in stale.text


def test_every_kind_of_block_keeps_what_is_stored(admin_client: Client, listener: Listener, group: ServerGroup) -> None:
    pairs = [{"key": "a b", "value": "c=d"}]
    forward = {"type": "ForwardGroup", "groups": [{"server_group_id": group.pk, "weight": 7}], "sticky": True}
    row = make_rule(
        listener,
        conditions=[
            {"type": "Host", "values": ["a.test"]},
            {"type": "Path", "values": ["~^/(.*)$"]},
            {"type": "Header", "key": "X-A", "values": ["b"]},
            {"type": "QueryString", "pairs": pairs},
            {"type": "Method", "values": ["GET", "PUT"]},
            {"type": "Cookie", "pairs": [{"key": "k", "value": "v"}]},
            {"type": "SourceIp", "values": ["192.0.2.0/24"]},
        ],
        actions=[
            {"type": "Cors", "allow_origin": ["*"], "allow_headers": ["x-a", "x-b"]},
            {"type": "Rewrite", "path": "/${1}", "query": ""},
            {"type": "RemoveHeader", "key": "X-B"},
            {"type": "TrafficLimit", "qps": 5},
            forward,
        ],
    )
    before = (row.conditions, row.actions)
    page = admin_client.get(reverse("rule-edit", args=[listener.pk, row.pk]))
    assert send(admin_client, listener, _as_sent(page), row).status_code == 302
    row.refresh_from_db()
    assert (row.conditions, row.actions) == before
    assert row.revision == 1


def _as_sent(page: Any) -> Any:
    """Return what a browser sends back of the form when nothing is changed."""
    values: dict[str, Any] = {"go": "save", "revision": hidden(page, "revision"), "direction": "Request"}
    for form in (page.context["form"], *page.context["blocks"].all):
        for bound in form:
            value = bound.value()
            if value is not None and value is not False:
                values[bound.html_name] = value
        if hasattr(form, "type"):
            values[f"{form.prefix}-type"] = form.type
    return values


def test_rules_for_answers_offer_what_answers_have(admin_client: Client, listener: Listener) -> None:
    page = admin_client.get(reverse("rule-create", args=[listener.pk]) + "?direction=Response")
    assert 'value="ResponseStatusCode"' in page.text
    assert 'value="SourceIp"' not in page.text
    answer = send(
        admin_client,
        listener,
        {
            "name": "hide",
            "direction": "Response",
            "condition-0-type": "ResponseHeader",
            "condition-0-key": "Server",
            "condition-0-lines": "*",
            "action-0-type": "RemoveHeader",
            "action-0-key": "Server",
            "go": "save",
        },
    )
    assert answer.status_code == 302
    assert rules_of(listener)[0].direction == "Response"


def test_basic_edition_offers_what_it_knows(admin_client: Client) -> None:
    listener = factories.make_listener(product="ALB", edition="Basic", protocol="HTTP")
    page = admin_client.get(reverse("rule-create", args=[listener.pk]))
    assert 'value="Cookie"' not in page.text
    assert "Rules for answers" not in admin_client.get(reverse("rule-list", args=[listener.pk])).text


def test_rule_moves_one_place(admin_client: Client, listener: Listener) -> None:
    first, second = make_rule(listener, "/a"), make_rule(listener, "/b")
    page = admin_client.get(reverse("rule-list", args=[listener.pk]))
    values = {"move": f"up-{second.pk}", "revision": hidden(page, "revision")}
    admin_client.post(reverse("rule-move", args=[listener.pk]), values)
    assert [row.pk for row in rules_of(listener)] == [second.pk, first.pk]
    stale = admin_client.post(reverse("rule-move", args=[listener.pk]), values, follow=True)
    assert "Nothing was saved." in stale.text
    assert [row.pk for row in rules_of(listener)] == [second.pk, first.pk]


def test_rule_that_never_answers_is_marked(admin_client: Client, listener: Listener) -> None:
    make_rule(listener, "/a*")
    make_rule(listener, "/ab")
    assert "Never answers" in admin_client.get(reverse("rule-list", args=[listener.pk])).text


def test_rule_is_deleted_after_a_question(admin_client: Client, listener: Listener) -> None:
    row = make_rule(listener)
    url = reverse("rule-delete", args=[listener.pk, row.pk])
    page = admin_client.get(url)
    assert "Delete rule “rule /a”?" in page.text
    assert admin_client.post(url, {"revision": hidden(page, "revision")}).status_code == 302
    assert rules_of(listener) == []


def test_tester_says_which_rule_answers_and_what_happens(
    admin_client: Client, listener: Listener, group: ServerGroup
) -> None:
    forward = {"type": "ForwardGroup", "groups": [{"server_group_id": group.pk}]}
    rewrite = {"type": "Rewrite", "path": "/${1}"}
    path = {"type": "Path", "values": ["~^/v1/(.*)$"]}
    make_rule(listener, conditions=[path], actions=[rewrite, forward], name="versions")
    url = reverse("rule-trial", args=[listener.pk])
    assert admin_client.get(url).status_code == 200
    query = {"method": "GET", "url": "http://a.test/v1/users?x=1", "source_ip": "192.0.2.1"}
    page = admin_client.get(url, query)
    assert "versions" in page.text
    assert "GET /users?x=1" in page.text
    page = admin_client.get(url, {**query, "url": "http://a.test/other"})
    assert "no rule takes this request" in page.text
    assert admin_client.get(url, {**query, "url": "http://a b/"}).status_code == 422
    assert admin_client.get(url, {**query, "source_ip": "nobody"}).status_code == 422


def test_rules_of_a_clb_have_a_form_of_their_own(admin_client: Client, group: ServerGroup) -> None:
    listener = factories.make_listener(product="CLB", protocol="HTTP")
    values = {"name": "pictures", "domain": "*.a.test", "url": "/img/", "server_group_id": "api", "go": "save"}
    assert send(admin_client, listener, values).status_code == 302
    (row,) = rules_of(listener)
    assert [part["values"] for part in row.conditions] == [["*.a.test"], ["/img/*"]]
    page = admin_client.get(reverse("rule-edit", args=[listener.pk, row.pk]))
    assert 'value="/img/"' in page.text
    bad = send(admin_client, listener, {**values, "url": "img"})
    assert bad.status_code == 422
    assert "cannot be the URL of a rule" in bad.text


@pytest.mark.parametrize("name", ["rule-list", "rule-create", "rule-trial"])
def test_listener_without_requests_says_why_it_has_no_rules(admin_client: Client, name: str) -> None:
    listener = factories.make_listener()
    answer = admin_client.get(reverse(name, args=[listener.pk]))
    assert answer.status_code == 409
    assert "has no requests to look at" in answer.text


@pytest.mark.parametrize("name", ["rule-edit", "rule-delete"])
def test_absent_rule_is_not_found(admin_client: Client, listener: Listener, name: str) -> None:
    assert admin_client.get(reverse(name, args=[listener.pk, "rule-0000000000000000"])).status_code == 404
