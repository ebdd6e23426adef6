"""The console in a real browser."""

import re

import pytest
from django.contrib.auth.models import User
from django.urls import reverse
from playwright.sync_api import Browser, Page, ViewportSize, expect
from pytest_django.live_server_helper import LiveServer

from tests.browser.watching import Watch
from tests.certificates.pages import ROOT, stored
from tests.certs import make_leaf
from tests.factories import make_listener, make_load_balancer, make_server_group

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)
PASSWORD = "correct horse battery"
PHONE: ViewportSize = {"width": 390, "height": 844}
LISTS = (
    "dashboard",
    "certificate-list",
    "certificate-drop",
    "certificate-import",
    "load-balancer-list",
    "server-group-list",
    "notice-list",
    "channel-list",
    "delivery-list",
    "change-list",
    "node-list",
    "password-change",
)


@pytest.fixture(autouse=True)
def alice() -> User:
    return User.objects.create_user("alice", password=PASSWORD)


def sign_in(page: Page) -> None:
    page.goto("/sign-in/")
    page.get_by_label("User name").fill("alice")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Dashboard")).to_be_visible()


def addresses() -> list[str]:
    """Make something of everything, with long names, and return the address of each page."""
    long_name = "a-very-long-name-" * 7
    certificate = stored("www.test", f"{'long.' * 40}test", name=long_name)
    balancer = make_load_balancer(name=long_name)
    group = make_server_group(name=long_name)
    listener = make_listener(certificate_id=certificate.pk)
    details = [
        reverse("certificate-detail", args=[certificate.pk]),
        reverse("certificate-replace", args=[certificate.pk]),
        reverse("certificate-delete", args=[certificate.pk]),
        reverse("load-balancer-detail", args=[balancer.pk]),
        reverse("server-group-detail", args=[group.pk]),
        reverse("listener-detail", args=[listener.pk]),
        reverse("listener-certificates", args=[listener.pk]),
        f"{reverse('search')}?q=long",
    ]
    return [*(reverse(name) for name in LISTS), *details]


def test_signing_in_leads_to_the_dashboard(page: Page) -> None:
    sign_in(page)
    expect(page.get_by_text("Three steps to the first listener")).to_be_visible()


def test_a_certificate_is_imported_from_pasted_text(page: Page) -> None:
    sign_in(page)
    leaf = make_leaf("www.test", issuer=ROOT)
    page.goto("/certificates/import/")
    page.get_by_label("Certificate and chain").fill(leaf.chain_pem.decode())
    page.get_by_label("Private key").fill(leaf.key_pem.decode())
    page.get_by_role("main").get_by_role("button", name="Import certificate").click()
    expect(page.get_by_role("heading", name="www.test")).to_be_visible()
    expect(page.get_by_text("is imported")).to_be_visible()


def test_a_wrong_key_is_said_at_its_field(page: Page) -> None:
    sign_in(page)
    page.goto("/certificates/import/")
    page.get_by_label("Certificate and chain").fill(make_leaf("www.test").pem.decode())
    page.get_by_label("Private key").fill(make_leaf("www.test").key_pem.decode())
    page.get_by_role("main").get_by_role("button", name="Import certificate").click()
    expect(page.locator("#id_private_key_pem_error")).to_contain_text("belongs to another certificate")
    expect(page.get_by_label("Private key")).to_have_value("")


def test_the_list_narrows_while_one_types(page: Page) -> None:
    sign_in(page)
    stored("one.test", name="first")
    stored("two.test", name="second")
    page.goto("/certificates/")
    page.get_by_role("searchbox", name="Search", exact=True).fill("two.test")
    expect(page.get_by_role("link", name="first")).to_have_count(0)
    expect(page.get_by_role("link", name="second")).to_be_visible()
    expect(page).to_have_url(re.compile(r"q=two\.test"))


@pytest.mark.parametrize(("theme", "scheme"), [("Light", "light"), ("Dark", "dark")])
def test_the_theme_is_switched_and_kept(page: Page, theme: str, scheme: str) -> None:
    sign_in(page)
    page.locator("summary[aria-label^='Theme']").click()
    page.get_by_role("button", name=theme).click()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", scheme)
    page.goto("/changes/")
    assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == scheme


def test_the_language_is_switched_and_kept(page: Page) -> None:
    sign_in(page)
    page.locator("summary[aria-label='Language']").click()
    page.get_by_role("button", name="中文").click()
    expect(page.get_by_role("link", name="证书").first).to_be_visible()
    page.goto("/certificates/")
    expect(page.locator("html")).to_have_attribute("lang", "zh-hans")


def test_a_value_is_copied(page: Page) -> None:
    sign_in(page)
    certificate = stored("www.test")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(reverse("certificate-detail", args=[certificate.pk]))
    page.get_by_role("button", name="Copy").first.click()
    expect(page.locator(".copy-button.is-copied")).to_have_count(1)
    assert page.evaluate("navigator.clipboard.readText()") == certificate.pk


@pytest.mark.parametrize("width", [1280, 390])
def test_no_page_overflows_complains_or_asks_another_host(page: Page, width: int) -> None:
    sign_in(page)
    page.set_viewport_size({"width": width, "height": 844})
    for address in addresses():
        answer = page.goto(address)
        assert answer is not None
        assert answer.status == 200, address
        too_wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert too_wide <= 0, f"{address} is {too_wide} px too wide at {width}"


def test_the_menu_works_without_javascript_on_a_phone(browser: Browser, live_server: LiveServer) -> None:
    context = browser.new_context(base_url=live_server.url, viewport=PHONE, java_script_enabled=False)
    page = context.new_page()
    watch = Watch(live_server.url)
    watch.follow(page)
    sign_in(page)
    expect(page.locator(".side-link", has_text="Certificates")).not_to_be_in_viewport()
    page.locator("label.menu-button").click()
    page.locator(".side-link", has_text="Certificates").click()
    expect(page.get_by_role("heading", name="Certificates")).to_be_visible()
    context.close()
    assert watch.problems == []


def test_text_stands_out_from_its_ground_in_both_themes(page: Page) -> None:
    sign_in(page)
    stored("www.test")
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme="light" if theme == "light" else "dark")
        page.goto("/certificates/")
        assert page.evaluate(CONTRASTS) == [], theme


# WCAG 2.2, 1.4.3: text of ordinary size needs 4.5 to 1. Colours are painted on a canvas to have them as sRGB.
CONTRASTS = """() => {
  const context = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgba = (colour) => {
    context.clearRect(0, 0, 1, 1);
    context.fillStyle = colour;
    context.fillRect(0, 0, 1, 1);
    return [...context.getImageData(0, 0, 1, 1).data];
  };
  const light = ([r, g, b]) => [r, g, b].map((c) => c / 255)
    .map((c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = (element) => {
    for (let e = element; e; e = e.parentElement) {
      const colour = rgba(getComputedStyle(e).backgroundColor);
      if (colour[3] === 255) return colour;
    }
    return [255, 255, 255];
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const found = [];
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.parentElement;
    if (!node.textContent.trim() || !element.checkVisibility()) continue;
    if (element.closest("script, .disabled, option")) continue;
    const [a, b] = [light(rgba(getComputedStyle(element).color)), light(ground(element))].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < 4.5) found.push(`${node.textContent.trim().slice(0, 30)}: ${ratio.toFixed(2)}`);
  }
  return found;
}"""
