"""The frame of every page: navigation, theme, language, errors."""

import re
from pathlib import Path

import pytest
from django.test import Client, RequestFactory
from django.urls import reverse

from console.navigation import DESTINATIONS, sidebar
from console.themes import own_address
from listeners.models import ListenerStatus
from tests.factories import make_listener

pytestmark = pytest.mark.django_db


def test_every_destination_of_the_sidebar_exists() -> None:
    names = [each.url_name for each in DESTINATIONS] + [each.url_name for top in DESTINATIONS for each in top.children]
    assert all(reverse(name) for name in names)


@pytest.mark.parametrize(
    ("path", "expected"),
    [("/", "/"), ("/certificates/x/", "/certificates/"), ("/listeners/x/", "/instances/"), ("/alerts/", "/alerts/")],
)
def test_one_destination_is_current(path: str, expected: str) -> None:
    assert [entry.url for entry in sidebar(path) if entry.is_current] == [expected]


def test_the_closest_child_is_current() -> None:
    (alerts,) = [entry for entry in sidebar("/alerts/channels/") if entry.is_current]
    assert [child.url for child in alerts.children if child.is_current] == ["/alerts/channels/"]


@pytest.mark.parametrize("theme", ["light", "dark", "system"])
def test_the_server_renders_the_chosen_theme(admin_client: Client, theme: str) -> None:
    answer = admin_client.post("/preferences/theme/", {"theme": theme, "next": "/changes/"})
    assert (answer.status_code, answer["Location"]) == (302, "/changes/")
    assert f'data-bs-theme="{theme}"' in admin_client.get("/").content.decode()


def test_an_unknown_theme_is_refused(client: Client) -> None:
    assert client.post("/preferences/theme/", {"theme": "pink"}).status_code == 400
    assert client.get("/preferences/theme/").status_code == 405


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.test/",
        "//evil.test/",
        "/\\evil.test",
        "/\t/evil.test",
        "/\n/evil.test",
        "javascript:alert(1)",
        "x",
        "",
        None,
    ],
)
def test_nobody_is_sent_to_another_host(address: str | None) -> None:
    assert own_address(RequestFactory().get("/"), address) == "/"


def test_the_language_is_switched(admin_client: Client) -> None:
    admin_client.post("/preferences/language/", {"language": "zh-hans", "next": "/"})
    shown = admin_client.get("/").content.decode()
    assert '<html lang="zh-hans"' in shown
    assert "证书" in shown


def test_an_absent_page_is_said_with_a_way_on(admin_client: Client) -> None:
    answer = admin_client.get("/no-such-page/")
    assert answer.status_code == 404
    assert "There is no such page" in answer.content.decode()


def test_an_error_stands_in_the_console_for_somebody_signed_in(admin_client: Client, client: Client) -> None:
    for address in ("/no-such-page/", "/changes/?cursor=nonsense"):
        assert 'class="sidebar"' in admin_client.get(address).content.decode()
    assert 'class="sidebar"' not in client.get("/no-such-page/").content.decode()


def test_the_documentation_of_the_api_is_shown_in_the_chosen_theme(admin_client: Client) -> None:
    admin_client.cookies["lbadmin_theme"] = "dark"
    shown = admin_client.get("/api/v1/docs").content.decode()
    assert 'data-bs-theme="dark"' in shown
    assert 'class="sidebar"' in shown
    assert "/api/v1/openapi.json" in shown


def test_a_form_without_its_token_is_refused_in_words() -> None:
    answer = Client(enforce_csrf_checks=True).post("/sign-in/", {"username": "a", "password": "b"})
    assert answer.status_code == 403
    assert "Nothing was done" in answer.content.decode()


def test_a_foreign_host_name_is_refused_in_words(client: Client) -> None:
    answer = client.get("/sign-in/", headers={"host": "evil.test"})
    assert answer.status_code == 400
    assert "could not be read" in answer.content.decode()


def test_a_broken_page_is_said_in_words(admin_client: Client) -> None:
    listener = make_listener()
    # A row that somebody has written by hand.
    ListenerStatus.objects.create(listener=listener, node="node-1", failures=7)
    admin_client.raise_request_exception = False
    answer = admin_client.get(f"/listeners/{listener.pk}/")
    assert answer.status_code == 500
    assert "Something broke" in answer.content.decode()
    assert 'class="sidebar"' in answer.content.decode()


def test_what_a_service_refuses_is_a_page_with_the_cause_and_the_way_out(admin_client: Client) -> None:
    answer = admin_client.get("/changes/?cursor=nonsense")
    assert answer.status_code == 422
    assert "Open the list from its first page." in answer.content.decode()


def test_pages_forbid_inline_code_and_other_hosts(admin_client: Client) -> None:
    answer = admin_client.get("/")
    assert "unsafe" not in answer["Content-Security-Policy"]
    assert "default-src 'self'" in answer["Content-Security-Policy"]


def test_no_template_has_inline_style_or_script() -> None:
    found = [
        path
        for path in Path("templates").rglob("*.html")
        if path.name != "mail.html"
        and re.search(r"\sstyle=|<style|<script(?![^>]*\s(src=|type=.application/json))|\son[a-z]+=", path.read_text())
        and "alerts/" not in str(path.parent)
    ]
    assert found == []
