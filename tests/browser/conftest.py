"""A real Chromium before a real server."""

import os
import shutil
from collections.abc import Iterator

import pytest
from django.db import connection
from playwright.sync_api import Browser, Page, sync_playwright
from pytest_django.live_server_helper import LiveServer

from tests.browser.watching import Watch

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="package")
def browser(django_db_setup: None) -> Iterator[Browser]:
    """Start one browser for the tests of this folder; no other test may find Playwright's loop in its thread."""
    path = shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        pytest.fail("There is no chromium on this machine: `make provision` names or installs what is missing.")
    # Playwright's loop lives in this thread, and Django asks whether one does before it touches the database.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    rows = connection._test_serialized_contents  # type: ignore[attr-defined]  # noqa: SLF001
    with sync_playwright() as playwright:
        # In a thread with a loop Django opens connections of their own, which know nothing of the migrations' rows.
        connection._test_serialized_contents = rows  # type: ignore[attr-defined]  # noqa: SLF001
        chromium = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        yield chromium
        chromium.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def page(browser: Browser, live_server: LiveServer) -> Iterator[Page]:
    """Open a page that fails the test when it reports an error or asks another host for anything."""
    context = browser.new_context(base_url=live_server.url, viewport={"width": 1280, "height": 800})
    page = context.new_page()
    watch = Watch(live_server.url)
    watch.follow(page)
    yield page
    context.close()
    assert watch.problems == []
