"""Between observing clients and refusing those without a valid certificate."""

import pytest
from django.test import Client
from django.urls import reverse

from console.errors import DomainError, InvalidInputError
from events.models import Change
from listeners import services
from listeners.models import Listener
from tests import factories
from tests.factories import OPERATOR
from tests.listeners.conftest import Call
from tests.listeners.pages import opened

pytestmark = pytest.mark.django_db


def make(**fields: object) -> Listener:
    authority = factories.make_ca_certificate()
    return factories.make_listener(mutual_authentication=True, ca_certificate_id=authority.pk, **fields)


def test_mutual_authentication_enforces_unless_it_is_told_to_observe() -> None:
    assert make().mutual_authentication_mode == "enforce"
    assert make(mutual_authentication_mode="observe").mutual_authentication_mode == "observe"


def test_mode_is_changed_both_ways_and_the_ca_certificate_stays() -> None:
    listener = make()
    before = listener.ca_certificate_id
    for mode in ("observe", "enforce"):
        services.set_mutual_authentication(OPERATOR, listener.pk, enabled=True, mode=mode)
        changed = Listener.objects.get(pk=listener.pk)
        assert (changed.mutual_authentication_mode, changed.ca_certificate_id) == (mode, before)
    newest = Change.objects.order_by("-id")[0]
    assert "observe with " in newest.summary
    assert "→ enforce with " in newest.summary


def test_another_ca_certificate_alone_leaves_the_mode_as_it_is() -> None:
    listener = make(mutual_authentication_mode="observe")
    other = factories.make_ca_certificate().pk
    services.set_mutual_authentication(OPERATOR, listener.pk, enabled=True, ca_certificate_id=other)
    changed = Listener.objects.get(pk=listener.pk)
    assert (changed.mutual_authentication_mode, changed.ca_certificate_id) == ("observe", other)


def test_switching_off_forgets_the_mode() -> None:
    listener = make(mutual_authentication_mode="observe")
    services.set_mutual_authentication(OPERATOR, listener.pk, enabled=False)
    authority = factories.make_ca_certificate().pk
    services.set_mutual_authentication(OPERATOR, listener.pk, enabled=True, ca_certificate_id=authority)
    assert Listener.objects.get(pk=listener.pk).mutual_authentication_mode == "enforce"


@pytest.mark.parametrize(
    ("enabled", "mode", "code"),
    [(True, "watch", "listener.mutual-mode-unknown"), (False, "observe", "listener.mutual-mode-unused")],
)
def test_mode_that_is_none_or_of_no_use_is_refused(enabled: bool, mode: str, code: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        services.set_mutual_authentication(OPERATOR, make().pk, enabled=enabled, mode=mode)
    assert caught.value.code == code


def test_edition_without_mutual_authentication_cannot_observe_either() -> None:
    listener = factories.make_listener(
        load_balancer_id=factories.make_load_balancer(product="ALB", edition="Basic").pk,
        server_group_id=factories.make_server_group(protocol="HTTP").pk,
        protocol="HTTPS",
    )
    authority = factories.make_ca_certificate().pk
    with pytest.raises(DomainError) as caught:
        services.set_mutual_authentication(
            OPERATOR, listener.pk, enabled=True, mode="observe", ca_certificate_id=authority
        )
    assert caught.value.way_out


def test_mode_is_changed_by_rest(rest: Call) -> None:
    listener = make()
    answer = rest("PUT", f"/listeners/{listener.pk}/mutual-authentication", {"enabled": True, "mode": "observe"})
    assert answer.status_code == 200
    assert answer.json()["mutual_authentication_mode"] == "observe"


def test_mode_page_says_what_the_change_does_and_does_it(admin_client: Client) -> None:
    listener = make()
    url = reverse("listener-mutual-mode", args=[listener.pk])
    page = admin_client.get(url)
    assert "everybody is let in" in page.text
    assert "end after the drain time" in page.text
    answer = admin_client.post(url, {**opened(page), "mode": "observe"})
    assert answer["Location"] == reverse("listener-ca", args=[listener.pk])
    assert Listener.objects.get(pk=listener.pk).mutual_authentication_mode == "observe"
    assert "Switch to enforce" in admin_client.get(answer["Location"]).text


def test_mode_page_saves_nothing_when_somebody_else_was_first(admin_client: Client) -> None:
    listener = make()
    url = reverse("listener-mutual-mode", args=[listener.pk])
    page = admin_client.get(url)
    services.update_listener(OPERATOR, listener.pk, name="renamed")
    assert admin_client.post(url, {**opened(page), "mode": "observe"}).status_code == 412
    assert Listener.objects.get(pk=listener.pk).mutual_authentication_mode == "enforce"


def test_mode_page_of_a_listener_that_asks_for_no_certificate_is_refused(admin_client: Client) -> None:
    url = reverse("listener-mutual-mode", args=[factories.make_listener().pk])
    assert admin_client.get(url).status_code == 409


def test_mutual_authentication_can_begin_by_observing(admin_client: Client) -> None:
    listener, authority = factories.make_listener(), factories.make_ca_certificate()
    url = reverse("listener-mutual-authentication", args=[listener.pk])
    page = admin_client.get(url)
    admin_client.post(url, {**opened(page), "ca_certificate_id": authority.pk, "mode": "observe"})
    listener.refresh_from_db()
    assert (listener.mutual_authentication, listener.mutual_authentication_mode) == (True, "observe")
