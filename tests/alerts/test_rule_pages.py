"""The pages of alert rules and time travel."""

from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from alerts.models import AlertRule, ContactGroup
from tests.alerts.rows import DAY, NOW, make_certificate, make_webhook

pytestmark = pytest.mark.django_db


@pytest.fixture
def page() -> Client:
    client = Client()
    client.force_login(User.objects.create_user("alice"))
    return client


def text(answer: Any) -> str:
    return str(answer.content.decode())


def fields(**given: Any) -> dict[str, Any]:
    group = ContactGroup.objects.get(is_default=True)
    return {"name": "shop", "thresholds": "30d, 12h, 0", "to_0": group.pk, "after_0": "0", **given}


def make_rule(page: Client, **given: Any) -> AlertRule:
    assert page.post(reverse("alert-rule-create"), fields(**given)).status_code == 302
    return AlertRule.objects.get(name=given.get("name", "shop"))


@pytest.mark.parametrize("name", ["alert-rule-list", "alert-rule-create", "alert-forecast"])
def test_page_wants_a_signed_in_user(page: Client, name: str) -> None:
    assert Client().get(reverse(name)).status_code == 302
    assert page.get(reverse(name)).status_code == 200


def test_page_of_no_rule_is_not_found(page: Client) -> None:
    for name in ("detail", "edit", "delete"):
        assert page.get(reverse(f"alert-rule-{name}", args=["arl-none"])).status_code == 404


def test_new_rule_is_proposed_to_tell_the_default_group(page: Client) -> None:
    group = ContactGroup.objects.get(is_default=True)
    assert f'<option value="{group.pk}" selected>' in page.get(reverse("alert-rule-create")).content.decode()


def test_rule_is_created_edited_and_shown(page: Client) -> None:
    rule = make_rule(page, tag_key="env", subject_kinds=["certificate"], to_1="owner", after_1="4")
    assert rule.thresholds_hours == [720, 12, 0]
    assert [(step.after_hours, step.to_owner) for step in rule.steps.all()] == [(0, False), (4, True)]
    shown = text(page.get(reverse("alert-rule-list")))
    assert "Tag env" in shown
    assert "the owner after 4 h" in shown
    edit = reverse("alert-rule-edit", args=[rule.pk])
    assert "30d, 12h, 0" in text(page.get(edit))
    assert page.post(edit, fields(thresholds="1d", revision="1")).status_code == 302
    rule.refresh_from_db()
    assert (rule.thresholds_hours, rule.tag_key, rule.steps.count()) == ([24], "", 1)
    assert "was changed by someone else" in text(page.post(edit, fields(revision="1")))


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"thresholds": "soon"}, "no time before the end"),
        ({"thresholds": ""}, "needs a threshold"),
        ({"to_0": ""}, "Nobody is told at once"),
        ({"tag_value": "prod"}, "key"),
        ({"name": "Everything else"}, "exists already"),
        ({"after_0": "-1"}, "greater than or equal to 0"),
    ],
)
def test_bad_rule_is_refused_at_its_field(page: Client, given: dict[str, str], why: str) -> None:
    answer = page.post(reverse("alert-rule-create"), fields(**given))
    assert answer.status_code == 422
    assert why in text(answer)
    assert AlertRule.objects.count() == 2


def test_rule_is_moved_switched_off_and_deleted(page: Client) -> None:
    rule = make_rule(page)
    for position in ("1", "9", "x"):
        page.post(reverse("alert-rule-move", args=[rule.pk]), {"position": position})
    rule.refresh_from_db()
    assert rule.position == 1
    page.post(reverse("alert-rule-switch", args=[rule.pk]), {"enabled": "0"})
    rule.refresh_from_db()
    assert not rule.enabled
    delete = reverse("alert-rule-delete", args=[rule.pk])
    assert f'value="{rule.revision}"' in text(page.get(delete))
    assert page.post(delete, {"revision": "1"}).status_code == 412
    assert page.post(delete, {"revision": str(rule.revision)}).status_code == 302
    assert not AlertRule.objects.filter(pk=rule.pk).exists()


def test_muting_rule_needs_neither_thresholds_nor_steps(page: Client) -> None:
    rule = make_rule(page, only_unused="on", mutes="on", thresholds="", to_0="")
    assert rule.mutes
    assert "Mutes" in text(page.get(reverse("alert-rule-list")))


def test_default_rule_shows_no_scope_to_change(page: Client) -> None:
    default = AlertRule.objects.get(is_default=True)
    edit = reverse("alert-rule-edit", args=[default.pk])
    assert "tag_key" not in text(page.get(edit))
    assert page.post(edit, fields(name="Everything else", revision="1")).status_code == 302
    assert page.post(reverse("alert-rule-delete", args=[default.pk])).status_code == 409


def test_detail_shows_what_the_rule_holds(page: Client, clock: time_machine.Traveller) -> None:
    make_certificate(NOW + 40 * DAY, name="blog.example.test")
    shown = text(page.get(reverse("alert-rule-detail", args=[AlertRule.objects.get(is_default=True).pk])))
    assert "blog.example.test" in shown
    assert "30 days before" in shown


def test_time_travel_shows_the_messages_of_a_day(page: Client, clock: time_machine.Traveller) -> None:
    make_webhook(name="pager")
    make_certificate(NOW + 40 * DAY, name="blog.example.test")
    url = reverse("alert-forecast")
    assert "Nobody is told" in text(page.get(url, {"date": "2026-06-10"}))
    for query in ({"date": "2026-06-11"}, {"date": "2026-06-20", "span": "until"}):
        shown = text(page.get(url, query))
        assert all(word in shown for word in ("pager", "Everyone", "blog.example.test", "30 days before"))
    for date in ("", "tomorrow", "2026-05-01", "2099-01-01"):
        assert page.get(url, {"date": date}).status_code == 422


def test_time_travel_shows_so_many_messages_and_counts_the_rest(
    page: Client, clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("alerts.pages.rules.MESSAGES_SHOWN", 1)
    make_webhook(name="pager")
    for days in (40, 41):
        make_certificate(NOW + days * DAY, name=f"in-{days}.example.test")
    shown = text(page.get(reverse("alert-forecast"), {"date": "2026-06-20", "span": "until"}))
    assert "in-40.example.test" in shown
    assert "in-41.example.test" not in shown
    assert "1 more message goes out" in shown
