"""The Create listener wizard in a real browser, with and without JavaScript."""

from collections.abc import Iterator

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect
from pytest_django.live_server_helper import LiveServer

from listeners.models import Listener, LoadBalancer
from tests import factories
from tests.browser.watching import Watch
from tests.certs import make_leaf

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


# Without JavaScript the gate walks one wizard, the last but one; test_wizard_page.py sends what such browsers send.
WITHOUT = pytest.param(False, id="no javascript", marks=pytest.mark.conformance)


@pytest.fixture(params=[pytest.param(True, id="javascript"), WITHOUT])
def context(
    request: pytest.FixtureRequest, browser: Browser, live_server: LiveServer, admin_user: User
) -> Iterator[BrowserContext]:
    """Open a signed-in browser session; its pages must not report an error or ask another host for anything."""
    client = Client()
    client.force_login(admin_user)
    context = browser.new_context(base_url=live_server.url, java_script_enabled=request.param)
    cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}])
    watch = Watch(live_server.url)
    context.on("page", watch.follow)
    yield context
    context.close()
    assert watch.problems == []


def _open_wizard(context: BrowserContext, balancer: LoadBalancer) -> Page:
    page = context.new_page()
    page.goto(reverse("load-balancer-detail", args=[balancer.pk]))
    page.get_by_role("link", name="Create listener").first.click()
    return page


def _next(page: Page, heading: str) -> None:
    page.get_by_role("button", name="Next").last.click()
    expect(page.locator("[aria-current=step]")).to_contain_text(heading)


def _search(page: Page, field: str, text: str, name: str) -> None:
    """Search one field and choose what is found; without JavaScript by the search button, which Enter presses."""
    page.locator(f"[name={field}_search]").fill(text)
    page.locator(f"[name={field}_search]").press("Enter")
    found = page.locator(f"#choices-{field} label", has_text=name)
    expect(found).to_be_visible()
    found.locator("input").check()


def test_a_listener_is_created_with_searched_certificates_and_mutual_authentication(context: BrowserContext) -> None:
    balancer, group = factories.make_load_balancer(), factories.make_server_group()
    certificates = [factories.make_server_certificate(f"site-{number:02}.test") for number in range(12)]
    authority = factories.make_ca_certificate()
    page = _open_wizard(context, balancer)
    page.get_by_label("Listener port").fill("8443")
    _next(page, "Configure SSL Certificate")
    _search(page, "certificate_id", "site-00", "site-00.test")
    _search(page, "additional_certificate_ids", "site-01", "site-01.test")
    _search(page, "additional_certificate_ids", "site-02", "site-02.test")
    expect(page.locator("#choices-ca_certificate_id")).to_be_hidden()
    page.get_by_label("Enable mutual authentication").check()
    page.locator("#choices-ca_certificate_id label", has_text=authority.name).click()
    expect(page.locator("[name=security_policy]:checked")).to_have_value("tls_cipher_policy_1_2_strict_with_1_3")
    _next(page, "Select Server Group")
    page.locator("#choices-server_group_id label", has_text=group.name).click()
    _next(page, "Confirm")
    expect(page.get_by_text("site-01.test")).to_be_visible()
    page.get_by_role("button", name="Submit").last.click()
    expect(page.get_by_text("is created")).to_be_visible()
    bound = set(Listener.objects.get().bindings.values_list("role", "certificate_id"))
    assert bound == {
        ("default", certificates[0].pk),
        ("additional", certificates[1].pk),
        ("additional", certificates[2].pk),
        ("ca", authority.pk),
    }


def test_back_and_the_steps_keep_what_was_typed(context: BrowserContext) -> None:
    certificate = factories.make_server_certificate("kept.test")
    page = _open_wizard(context, factories.make_load_balancer())
    page.get_by_label("Listener port").fill("8443")
    page.get_by_text("Advanced settings").click()
    page.get_by_label("Idle timeout").fill("77")
    _next(page, "Configure SSL Certificate")
    page.locator("#choices-certificate_id label", has_text=certificate.name).click()
    page.get_by_role("button", name="Configure Listener").click()
    expect(page.get_by_label("Idle timeout")).to_have_value("77")
    _next(page, "Configure SSL Certificate")
    expect(page.locator("[name=certificate_id]:checked")).to_have_value(certificate.pk)


def test_two_tabs_do_not_mix(context: BrowserContext) -> None:
    factories.make_server_certificate()
    balancer = factories.make_load_balancer()
    one, two = _open_wizard(context, balancer), _open_wizard(context, balancer)
    for page, port in ((one, "1111"), (two, "2222")):
        page.get_by_label("Listener port").fill(port)
        _next(page, "Configure SSL Certificate")
    for page, port in ((one, "1111"), (two, "2222")):
        page.get_by_role("button", name="Back").click()
        expect(page.get_by_label("Listener port")).to_have_value(port)


def test_making_a_certificate_and_a_server_group_returns_with_both_selected(context: BrowserContext) -> None:
    page = _open_wizard(context, factories.make_load_balancer())
    page.get_by_label("Listener port").fill("8443")
    _next(page, "Configure SSL Certificate")
    page.locator("[name=security_policy][value=tls_cipher_policy_1_2]").check()
    page.get_by_role("button", name="Create certificate").first.click()
    issued = make_leaf("made.test")
    page.get_by_label("Certificate and chain").fill(issued.chain_pem.decode())
    page.get_by_label("Private key").fill(issued.key_pem.decode())
    page.get_by_role("main").get_by_role("button", name="Import certificate").click()
    expect(page.locator("#choices-certificate_id label", has_text="made.test").locator("input")).to_be_checked()
    expect(page.locator("[name=security_policy]:checked")).to_have_value("tls_cipher_policy_1_2")
    _next(page, "Select Server Group")
    page.get_by_role("button", name="Create server group").click()
    page.get_by_label("Name", exact=True).fill("made-group")
    page.get_by_label("IP address").first.fill("127.0.0.1")
    page.get_by_label("Port", exact=True).first.fill("9000")
    page.get_by_role("button", name="Create").last.click()
    expect(page.locator("#choices-server_group_id label", has_text="made-group").locator("input")).to_be_checked()
    _next(page, "Confirm")
    expect(page.get_by_text("There are no open connections")).to_be_visible()


def test_a_step_with_errors_begins_at_the_first_of_them(
    browser: Browser, live_server: LiveServer, client: Client, admin_user: User
) -> None:
    balancer = factories.make_load_balancer()
    client.force_login(admin_user)
    context = browser.new_context(base_url=live_server.url)
    cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}])
    page = _open_wizard(context, balancer)
    page.locator("[name=port]").fill("70000")
    page.locator("[name=port]").press("Enter")
    expect(page.locator("[name=port]")).to_be_focused()
    page.keyboard.press("ControlOrMeta+A")
    page.keyboard.type("10443")
    page.keyboard.press("Enter")
    expect(page.locator("[aria-current=step]")).to_contain_text("Configure SSL Certificate")
    context.close()


@pytest.mark.parametrize("context", [False], ids=["no javascript"], indirect=True)
def test_an_https_listener_of_an_application_load_balancer_is_created_and_managed(context: BrowserContext) -> None:
    balancer = factories.make_load_balancer(product="ALB", edition="Standard")
    factories.make_server_group(name="network-only")
    group = factories.make_server_group(protocol="HTTP")
    certificate, extra = factories.make_server_certificate("shop.test"), factories.make_server_certificate("ev.test")
    authority = factories.make_ca_certificate()
    page = _open_wizard(context, balancer)
    page.get_by_role("button", name="QUIC").click()
    expect(page.locator(".offer[aria-pressed=true]")).to_contain_text("QUIC")
    page.get_by_role("button", name="HTTPS TLS ends here").click()
    page.get_by_label("Listener port").fill("8443")
    page.get_by_text("Advanced settings").click()
    page.get_by_label("Request timeout").fill("30")
    _next(page, "Configure SSL Certificate")
    page.locator("#choices-certificate_id label", has_text=certificate.name).click()
    _next(page, "Select Server Group")
    expect(page.get_by_text("network-only")).to_have_count(0)
    page.locator("#choices-server_group_id label", has_text=group.name).click()
    _next(page, "Configuration Review")
    page.get_by_role("button", name="Submit").last.click()
    expect(page.get_by_text("is created")).to_be_visible()
    # Listener details: the switch of mutual authentication asks for the CA certificate.
    page.get_by_role("switch").click()
    page.locator("#choices-ca_certificate_id label", has_text=authority.name).click()
    page.get_by_role("button", name="Enable", exact=True).click()
    page.get_by_role("link", name="Server certificates").click()
    page.get_by_role("link", name="Add EV certificate").first.click()
    page.locator("#choices-certificate_ids label", has_text=extra.name).click()
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_text("1/25 used on this load balancer")).to_be_visible()
    listener = Listener.objects.get()
    assert (listener.protocol, listener.request_timeout_seconds, listener.mutual_authentication) == ("HTTPS", 30, True)
    assert {binding.role for binding in listener.bindings.all()} == {"default", "additional", "ca"}


@pytest.mark.parametrize("context", [True], ids=["javascript"], indirect=True)
def test_what_is_chosen_while_a_search_is_under_way_stays(context: BrowserContext) -> None:
    certificates = [factories.make_server_certificate(f"slow-{number}.test") for number in range(3)]
    page = _open_wizard(context, factories.make_load_balancer())
    page.get_by_label("Listener port").fill("8443")
    _next(page, "Configure SSL Certificate")
    answers: list[Route] = []

    def hold(route: Route) -> None:
        answers.append(route)

    page.route("**/choices/additional_certificate_ids/**", hold, times=1)
    page.locator("[name=additional_certificate_ids_search]").fill("slow-2")
    while not answers:
        page.wait_for_timeout(20)
    box = page.locator("#choices-additional_certificate_ids label", has_text="slow-1.test").locator("input")
    box.check()
    answers[0].continue_()
    expect(page.locator("#choices-additional_certificate_ids label", has_text="slow-0.test")).to_have_count(0)
    expect(page.locator("[name=additional_certificate_ids]:checked")).to_have_value(certificates[1].pk)
