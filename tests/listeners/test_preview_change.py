"""What a change would do is told, by REST and on pages, and nothing is done."""

import json
from typing import Any

import pytest
from django.test import Client

from events.models import Change
from listeners import services
from listeners.models import Listener
from listeners.previews import preview
from tests.factories import OPERATOR, make_listener, make_server_certificate

pytestmark = pytest.mark.django_db


def newest_change(listener: Listener) -> int:
    return Change.objects.filter(object_id=listener.pk).order_by("-id")[0].pk


def patched(client: Client, listener: Listener, method: str = "patch", query: str = "", **fields: Any) -> Any:
    path = f"/api/v1/listeners/{listener.pk}{query}"
    return getattr(client, method)(path, json.dumps(fields), content_type="application/json")


def test_a_preview_tells_words_and_the_engines_diff_and_does_nothing() -> None:
    listener = make_listener(name="before", idle_timeout_seconds=900)
    found = preview(listener.pk, lambda: services.update_listener(OPERATOR, listener.pk, idle_timeout_seconds=30))
    assert [(each.label, each.before, each.after) for each in found.differences] == [("Idle timeout", "900 s", "30 s")]
    assert [impact.change for impact in found.impacts] == ["idle-timeout"]
    [chain] = found.engine
    assert chain.part == "filter chain default"
    assert '"30s"' in next(line for line in chain.diff.splitlines() if line.startswith("+ "))
    assert Listener.objects.get(pk=listener.pk).idle_timeout_seconds == 900
    assert not Change.objects.filter(kind="listener.updated").exists()


def test_another_certificate_travels_as_a_secret_alone() -> None:
    listener = make_listener()
    other = make_server_certificate("other.test")
    found = preview(
        listener.pk,
        lambda: services.change_default_certificate(OPERATOR, listener.pk, certificate_id=other.pk),
    )
    assert [each.part for each in found.engine] == [f"secret listener/{listener.pk}/default"]
    assert "PRIVATE" not in found.engine[0].diff


def test_a_setting_of_requests_travels_apart_from_the_listener() -> None:
    listener = make_listener(product="ALB", protocol="HTTPS")
    found = preview(listener.pk, lambda: services.update_listener(OPERATOR, listener.pk, compression_enabled=False))
    assert {each.part.partition(" ")[0] for each in found.engine} <= {"requests", "routes"}
    assert found.engine


def test_a_stopped_listener_sends_nothing_to_the_engine() -> None:
    listener = make_listener(desired="stopped")
    found = preview(listener.pk, lambda: services.update_listener(OPERATOR, listener.pk, idle_timeout_seconds=30))
    assert found.differences
    assert not found.engine


def test_rest_previews_an_update(admin_client: Client) -> None:
    listener = make_listener()
    answer = patched(admin_client, listener, "post", "/preview", idle_timeout_seconds=30)
    assert answer.status_code == 200
    assert answer.json()["differences"][0]["after"] == "30 s"
    assert answer.json()["impacts"][0]["severity"] == 2
    refused = patched(admin_client, listener, "post", "/preview", idle_timeout_seconds=1)
    assert (refused.status_code, refused.json()["code"]) == (422, "listener.idle-timeout-invalid")


def test_a_dry_run_answers_as_if_and_leaves_everything(admin_client: Client) -> None:
    listener = make_listener(name="before")
    answer = patched(admin_client, listener, query="?dry_run=true", name="after")
    assert (answer.status_code, answer["Dry-Run"], answer.json()["name"]) == (200, "true", "after")
    assert Listener.objects.get(pk=listener.pk).name == "before"
    deleted = admin_client.delete(f"/api/v1/listeners/{listener.pk}?dry_run=true")
    assert deleted.status_code == 204
    assert Listener.objects.filter(pk=listener.pk).exists()
    refused = patched(admin_client, listener, query="?dry_run=true", idle_timeout_seconds=1)
    assert refused.status_code == 422


@pytest.mark.parametrize("spelling", ["1", "True", "yes", ""])
def test_another_spelling_of_a_dry_run_is_refused(admin_client: Client, spelling: str) -> None:
    listener = make_listener(name="before")
    answer = patched(admin_client, listener, query=f"?dry_run={spelling}", name="after")
    assert (answer.status_code, answer.json()["code"]) == (422, "request.dry-run-invalid")
    assert Listener.objects.get(pk=listener.pk).name == "before"


def test_rest_lists_states_and_goes_back(admin_client: Client) -> None:
    listener = make_listener(name="before")
    services.update_listener(OPERATOR, listener.pk, name="after")
    path = f"/api/v1/listeners/{listener.pk}/history"
    newest, oldest = admin_client.get(path).json()["items"]
    assert newest["change_id"] == newest_change(listener)
    assert admin_client.get(f"{path}/{oldest['change_id']}").json()["differences"][0]["after"] == "before"
    answer = admin_client.post(f"{path}/{oldest['change_id']}/roll-back", HTTP_IF_MATCH='"2"')
    assert (answer.status_code, answer.json()["name"]) == (200, "before")
    assert admin_client.get(f"{path}/999999").status_code == 404


def test_the_page_shows_what_would_differ_then_goes_back(admin_client: Client) -> None:
    listener = make_listener(name="before")
    first = newest_change(listener)
    services.update_listener(OPERATOR, listener.pk, name="after")
    changes = admin_client.get(f"/listeners/{listener.pk}/changes/").content.decode()
    path = f"/listeners/{listener.pk}/changes/{first}/roll-back/"
    assert changes.count("Roll back to this") == 1
    assert path in changes
    page = admin_client.get(path)
    assert page.status_code == 200
    assert "after" in page.content.decode()
    done = admin_client.post(
        path, {"revision": page.context["opened"].revision, "opened": page.context["opened"].token}
    )
    assert done.status_code == 302
    assert Listener.objects.get(pk=listener.pk).name == "before"


def test_the_page_says_why_it_cannot_go_back(admin_client: Client) -> None:
    listener = make_listener()
    page = admin_client.get(f"/listeners/{listener.pk}/changes/{newest_change(listener)}/roll-back/")
    assert page.status_code == 409
    assert "already as it was then" in page.content.decode()
    assert admin_client.get(f"/listeners/{listener.pk}/changes/999999/roll-back/").status_code == 404
