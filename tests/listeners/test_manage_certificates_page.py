"""Manage certificates: the tabs Server certificates and CA certificate."""

import pytest
from django.test import Client
from django.urls import reverse

from certificates.services import replace_certificate
from events.actor import Actor
from listeners import limits, services
from listeners.models import Binding, Listener
from tests import factories
from tests.certs import make_leaf
from tests.factories import OPERATOR
from tests.listeners.pages import opened

pytestmark = pytest.mark.django_db


@pytest.fixture
def listener() -> Listener:
    return factories.make_listener(name="shop")


def _url(name: str, listener: Listener) -> str:
    return reverse(name, args=[listener.pk])


def _default(listener: Listener) -> Binding:
    return listener.bindings.select_related("certificate").get(role="default")


def test_the_first_tab_shows_default_and_additional_certificates_and_how_many_are_used(
    admin_client: Client, listener: Listener
) -> None:
    extra = factories.make_server_certificate("extra.test")
    services.add_additional_certificates(OPERATOR, listener.pk, certificate_ids=[extra.pk])
    text = admin_client.get(_url("listener-certificates", listener)).text
    assert _default(listener).certificate.name in text
    assert "extra.test" in text
    assert "1/25 used" in text


def test_change_default_shows_the_impact_and_changes_it(admin_client: Client, listener: Listener) -> None:
    other = factories.make_server_certificate()
    page = admin_client.get(_url("listener-default-change", listener))
    assert "Open connections are not touched" in page.text
    sent = {"certificate_id": other.pk, **opened(page)}
    answer = admin_client.post(_url("listener-default-change", listener), sent)
    assert answer["Location"] == _url("listener-certificates", listener)
    assert _default(listener).certificate == other


def test_one_click_goes_back_to_the_certificate_before(admin_client: Client, listener: Listener) -> None:
    before = _default(listener).certificate
    services.change_default_certificate(OPERATOR, listener.pk, certificate_id=factories.make_server_certificate().pk)
    page = admin_client.get(_url("listener-certificates", listener))
    assert f"Back to {before.name}" in page.text
    url = reverse("binding-roll-back", args=[listener.pk, _default(listener).pk])
    admin_client.post(url, opened(page))
    assert _default(listener).certificate == before


def test_one_click_goes_back_to_the_version_before(admin_client: Client, listener: Listener) -> None:
    binding = _default(listener)
    first, issued = binding.certificate.current_version, make_leaf()
    replace_certificate(
        OPERATOR,
        binding.certificate_id,
        certificate_pem=issued.pem,
        private_key_pem=issued.key_pem,
        passphrase=None,
        expected_revision=None,
    )
    assert "Previous version" in admin_client.get(_url("listener-certificates", listener)).text
    admin_client.post(reverse("binding-roll-back", args=[listener.pk, binding.pk]), {"to": "version"})
    assert first is not None
    current = _default(listener).certificate.current_version
    assert current is not None
    assert current.sha256 == first.sha256


def test_a_roll_back_is_a_post_and_needs_something_to_go_back_to(admin_client: Client, listener: Listener) -> None:
    url = reverse("binding-roll-back", args=[listener.pk, _default(listener).pk])
    assert admin_client.get(url)["Location"] == reverse("listener-certificates", args=[listener.pk])
    assert admin_client.post(url).status_code == 409
    assert admin_client.post(reverse("binding-roll-back", args=[listener.pk, 10**6])).status_code == 404


def test_additional_certificates_are_added_together(admin_client: Client, listener: Listener) -> None:
    extra = [factories.make_server_certificate(f"{n}.test").pk for n in range(3)]
    page = admin_client.get(_url("listener-additional-add", listener))
    admin_client.post(_url("listener-additional-add", listener), {"certificate_ids": extra, **opened(page)})
    assert set(listener.bindings.filter(role="additional").values_list("certificate_id", flat=True)) == set(extra)


def test_one_too_many_adds_none_says_so_and_keeps_the_choice(admin_client: Client, listener: Listener) -> None:
    limits.set_quota(OPERATOR, limits.CERTIFICATES_PER_OPERATION, 1)
    extra = [factories.make_server_certificate(f"{n}.test").pk for n in range(2)]
    page = admin_client.get(_url("listener-additional-add", listener))
    answer = admin_client.post(_url("listener-additional-add", listener), {"certificate_ids": extra, **opened(page)})
    assert answer.status_code == 409
    assert "2 additional certificates are named" in answer.text
    assert answer.text.count(" checked") == 2
    assert not listener.bindings.filter(role="additional").exists()


def test_nothing_chosen_is_said(admin_client: Client, listener: Listener) -> None:
    page = admin_client.get(_url("listener-default-change", listener))
    answer = admin_client.post(_url("listener-default-change", listener), opened(page))
    assert "No certificate is selected" in answer.text


def test_a_search_keeps_the_choice_without_javascript(admin_client: Client, listener: Listener) -> None:
    chosen, found = factories.make_server_certificate("a.test"), factories.make_server_certificate("needle.test")
    url = _url("listener-additional-add", listener)
    sent = {"go": "search", "certificate_ids": [chosen.pk], "certificate_ids_search": "needle"}
    field = admin_client.post(url, sent | opened(admin_client.get(url))).context["picker"]
    assert ([row.pk for row in field.chosen], [row.pk for row in field.found]) == ([chosen.pk], [found.pk])


def test_a_certificate_made_from_here_comes_back_selected(admin_client: Client, listener: Listener) -> None:
    made = factories.make_server_certificate()
    text = admin_client.get(_url("listener-default-change", listener), {"imported": made.pk}).text
    assert f'value="{made.pk}" checked' in text


def test_additional_certificates_are_removed_after_a_confirmation(admin_client: Client, listener: Listener) -> None:
    extra = factories.make_server_certificate("extra.test")
    services.add_additional_certificates(OPERATOR, listener.pk, certificate_ids=[extra.pk])
    page = admin_client.get(_url("listener-additional-remove", listener), {"certificate_ids": extra.pk})
    assert "Open connections that were served one of these certificates end" in page.text
    sent = {"certificate_ids": [extra.pk], **opened(page)}
    admin_client.post(_url("listener-additional-remove", listener), sent)
    assert not listener.bindings.filter(role="additional").exists()
    extra.refresh_from_db()


def test_mutual_authentication_is_switched_on_with_its_ca_certificate_and_off(
    admin_client: Client, listener: Listener
) -> None:
    authority, url = factories.make_ca_certificate(), _url("listener-mutual-authentication", listener)
    page = admin_client.get(url)
    assert "Open connections of this listener end" in page.text
    admin_client.post(url, {"ca_certificate_id": authority.pk, **opened(page)})
    listener.refresh_from_db()
    assert listener.mutual_authentication
    assert authority.name in admin_client.get(_url("listener-ca", listener)).text
    admin_client.post(url, opened(admin_client.get(url)))
    listener.refresh_from_db()
    assert not listener.mutual_authentication


def test_the_ca_certificate_is_changed(admin_client: Client, listener: Listener) -> None:
    first, second = factories.make_ca_certificate(), factories.make_ca_certificate()
    services.set_mutual_authentication(OPERATOR, listener.pk, enabled=True, ca_certificate_id=first.pk)
    url = _url("listener-ca-change", listener)
    page = admin_client.get(url)
    assert "Open connections are not touched" in page.text
    admin_client.post(url, {"ca_certificate_id": second.pk, **opened(page)})
    assert listener.bindings.get(role="ca").certificate == second


def test_a_stale_change_is_refused_and_the_choice_kept(admin_client: Client, listener: Listener) -> None:
    other, url = factories.make_server_certificate(), _url("listener-default-change", listener)
    page = admin_client.get(url)
    services.update_listener(Actor("bob", "page"), listener.pk, name="other")
    answer = admin_client.post(url, {"certificate_id": other.pk, **opened(page)})
    assert answer.status_code == 412
    assert "bob" in answer.text
    assert f'value="{other.pk}" checked' in answer.text
    assert admin_client.post(url, {"certificate_id": other.pk, **opened(answer)}).status_code == 302


@pytest.mark.parametrize("url", ["listener-default-change", "listener-additional-add"])
def test_what_is_on_the_listener_already_is_not_offered(admin_client: Client, listener: Listener, url: str) -> None:
    free, bound = factories.make_server_certificate("free.test"), factories.make_server_certificate("bound.test")
    services.add_additional_certificates(OPERATOR, listener.pk, certificate_ids=[bound.pk])
    page = admin_client.get(_url(url, listener))
    assert [row.pk for row in page.context["picker"].found] == [free.pk]
    assert f"?listener={listener.pk}" in page.text


def test_the_search_does_not_offer_what_is_on_the_listener_either(admin_client: Client, listener: Listener) -> None:
    address = reverse("listener-choices", args=["certificate_ids"])
    name = _default(listener).certificate.name
    assert name in admin_client.get(address).text
    assert "is on this listener already" in admin_client.get(address, {"listener": listener.pk}).text
    assert admin_client.get(address, {"listener": "no id\0"}).status_code == 200


def test_the_page_says_which_certificate_a_client_would_get(admin_client: Client, listener: Listener) -> None:
    extra = factories.make_server_certificate("*.extra.test")
    services.add_additional_certificates(OPERATOR, listener.pk, certificate_ids=[extra.pk])
    url = _url("listener-certificates", listener)
    assert (
        "*.extra.test is the longest wildcard that matches"
        in admin_client.get(url, {"server_name": "a.extra.test"}).text
    )
    assert "No additional certificate has the name" in admin_client.get(url, {"server_name": "other.test"}).text
    assert "is no host name" in admin_client.get(url, {"server_name": "not a name"}).text
