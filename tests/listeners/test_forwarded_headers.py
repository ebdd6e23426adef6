"""What a listener may tell servers of its clients, and under which names."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from console.errors import InvalidInputError
from events.models import Change
from listeners import services
from listeners.forwarded_headers import CERTIFICATE_HEADERS, DEFAULTS, checked, read
from listeners.forwarded_rules import applicable_settings, refuse_inapplicable
from listeners.models import Listener, LoadBalancer
from tests import factories
from tests.factories import OPERATOR
from tests.listeners.conftest import Call
from tests.listeners.pages import opened


def code_of(given: dict[str, Any]) -> str:
    with pytest.raises(InvalidInputError) as caught:
        checked(given)
    assert caught.value.way_out
    return caught.value.code.removeprefix("forwarded-headers.")


def make(protocol: str = "HTTPS", product: str = "ALB", edition: str = "Standard") -> Listener:
    certificate = {} if protocol != "HTTP" else {"certificate_id": None}
    return factories.make_listener(
        protocol=protocol,
        load_balancer_id=factories.make_load_balancer(product=product, edition=edition).pk,
        server_group_id=factories.make_server_group(protocol="HTTP").pk,
        **certificate,
    )


def test_only_what_differs_from_the_defaults_is_stored() -> None:
    assert DEFAULTS.stored == {}
    wanted = checked({"proto": True, "subjectdn_alias": "x-dn"})
    assert wanted.stored == {"proto": True, "subjectdn_alias": "x-dn"}
    assert read(wanted.stored) == wanted


def test_stored_settings_of_a_later_release_are_passed_over() -> None:
    assert read({"proto": True, "tomorrow": 1}).proto


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"forwarded_for": "prepend"}, "mode-invalid"),
        ({"nothing": True}, "unknown"),
        ({"subjectdn_alias": "X-Upper"}, "alias-invalid"),
        ({"subjectdn_alias": "x" * 41}, "alias-invalid"),
        ({"subjectdn_alias": "x y"}, "alias-invalid"),
        ({"subjectdn_alias": ":authority"}, "alias-invalid"),
        ({"subjectdn_alias": "host"}, "alias-reserved"),
        ({"subjectdn_alias": "content_length"}, "alias-reserved"),
        ({"subjectdn_alias": "x-forwarded-for"}, "alias-reserved"),
        ({"subjectdn_alias": "x-envoy-retry-on"}, "alias-reserved"),
        ({"subjectdn_alias": "x-dn", "issuerdn_alias": "x_dn"}, "alias-twice"),
        ({"subjectdn_alias": CERTIFICATE_HEADERS["issuerdn"]}, "alias-twice"),
        ({"trusted_sources": ["10.0.0.1/8"]}, "trusted-source-invalid"),
        ({"trusted_sources": ["example.test"]}, "trusted-source-invalid"),
        ({"trusted_sources": [f"10.0.0.{n}" for n in range(101)]}, "too-many-trusted-sources"),
        ({"source_lookup": True}, "trusted-sources-missing"),
    ],
)
def test_settings_that_cannot_be_are_refused(given: dict[str, Any], code: str) -> None:
    assert code_of(given) == code


@pytest.mark.parametrize("alias", ["a", "x" * 40, "x_client-dn_1"])
def test_alias_at_the_edges_is_taken(alias: str) -> None:
    assert checked({"subjectdn_alias": alias}).header_of("subjectdn") == alias


def test_trusted_sources_are_taken_as_one_text_too_and_kept_in_one_spelling() -> None:
    wanted = checked({"trusted_sources": "10.0.0.0/8; 192.0.2.7\n2001:DB8::/32,10.0.0.0/8"})
    assert wanted.trusted_sources == ("10.0.0.0/8", "192.0.2.7/32", "2001:db8::/32")


def test_usual_names_are_guarded_beside_aliases_be_they_on_or_off() -> None:
    assert set(checked({"subjectdn_alias": "x-dn"}).guarded) == {*CERTIFICATE_HEADERS.values(), "x-dn"}


@pytest.mark.parametrize(
    ("place", "has", "lacks"),
    [
        (("ALB", "Standard", "HTTPS"), {"subjectdn", "subjectdn_alias", "source_lookup"}, {"load_balancer_address"}),
        (("ALB", "Basic", "HTTPS"), {"proto", "host"}, {"subjectdn", "source_lookup"}),
        (("ALB", "Standard", "HTTP"), {"source_lookup", "client_port"}, {"subjectdn"}),
        (("ALB", "Standard", "QUIC"), {"proto", "port", "host"}, {"forwarded_for", "client_port", "subjectdn"}),
        (("CLB", "", "HTTPS"), {"subjectdn", "load_balancer_address"}, {"subjectdn_alias", "host", "source_lookup"}),
        (("NLB", "", "TCPSSL"), set(), {"forwarded_for", "proto", "subjectdn"}),
    ],
)
def test_settings_follow_product_edition_and_protocol(
    place: tuple[str, str, str], has: set[str], lacks: set[str]
) -> None:
    found = applicable_settings(*place)
    assert has <= found
    assert not lacks & found


@pytest.mark.parametrize(
    ("protocol", "edition", "given", "code"),
    [
        ("HTTP", "Standard", {"subjectdn": True}, "forwarded-headers.not-applicable"),
        ("HTTPS", "Basic", {"subjectdn": True}, "forwarded-headers.not-of-edition"),
        (
            "HTTPS",
            "Basic",
            {"source_lookup": True, "trusted_sources": ["10.0.0.0/8"]},
            "forwarded-headers.not-of-edition",
        ),
        ("QUIC", "Standard", {"forwarded_for": "remove"}, "forwarded-headers.not-applicable"),
        ("HTTPS", "Standard", {"load_balancer_address": True}, "forwarded-headers.not-applicable"),
    ],
)
def test_settings_of_other_listeners_are_refused(protocol: str, edition: str, given: dict[str, Any], code: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        refuse_inapplicable(LoadBalancer(product="ALB", edition=edition), protocol, checked(given))
    assert caught.value.code == code
    assert caught.value.way_out


@pytest.mark.parametrize("given", [{"forwarded_for": "remove"}, {"subjectdn_alias": "x-dn"}, {"host": True}])
def test_classic_load_balancer_has_fewer_settings(given: dict[str, Any]) -> None:
    with pytest.raises(InvalidInputError) as caught:
        refuse_inapplicable(LoadBalancer(product="CLB", edition=""), "HTTPS", checked(given))
    assert caught.value.way_out


@pytest.mark.django_db
def test_listener_that_reads_no_requests_has_none(rest: Call) -> None:
    listener = factories.make_listener()
    with pytest.raises(InvalidInputError):
        services.set_forwarded_headers(OPERATOR, listener.pk, proto=True)
    assert rest("PATCH", f"/listeners/{listener.pk}/forwarded-headers", {"proto": True}).status_code == 422


@pytest.mark.django_db
def test_what_is_not_given_stays_and_each_change_is_told() -> None:
    listener = make()
    services.set_forwarded_headers(OPERATOR, listener.pk, proto=True)
    services.set_forwarded_headers(OPERATOR, listener.pk, subjectdn=True, subjectdn_alias="x-dn")
    stored = Listener.objects.get(pk=listener.pk)
    assert stored.forwarded_headers == {"proto": True, "subjectdn": True, "subjectdn_alias": "x-dn"}
    assert stored.revision == 3
    assert "X-Forwarded-Clientcert-subjectdn: off → on" in Change.objects.order_by("-id")[0].summary


@pytest.mark.django_db
def test_setting_what_is_set_changes_nothing() -> None:
    listener = make()
    services.set_forwarded_headers(OPERATOR, listener.pk, forwarded_for="append")
    assert Listener.objects.get(pk=listener.pk).revision == 1


@pytest.mark.django_db
def test_new_listener_can_bring_its_settings() -> None:
    listener = factories.make_listener(
        protocol="HTTPS",
        load_balancer_id=factories.make_load_balancer(product="ALB", edition="Standard").pk,
        server_group_id=factories.make_server_group(protocol="HTTP").pk,
        forwarded_headers={"proto": True, "forwarded_for": "append"},
    )
    assert listener.forwarded_headers == {"proto": True}


@pytest.mark.django_db
def test_settings_are_read_and_changed_by_rest(rest: Call) -> None:
    path = f"/listeners/{make().pk}/forwarded-headers"
    before = rest("GET", path)
    assert before.json()["forwarded_for"] == "append"
    assert "subjectdn" in before.json()["applicable"]
    changed = rest("PATCH", path, {"host": True}, If_Match=before["ETag"])
    assert (changed.status_code, changed.json()["host"], changed["ETag"]) == (200, True, '"2"')
    assert rest("PATCH", path, {"host": False}, If_Match=before["ETag"]).status_code == 412
    assert rest("PATCH", path, {"hots": True}).status_code == 422
    assert rest("PATCH", path, {"host": "yes"}).status_code == 422


@pytest.mark.django_db
def test_page_shows_the_change_before_it_saves_it(admin_client: Client) -> None:
    listener = make()
    url = reverse("listener-headers", args=[listener.pk])
    page = admin_client.get(url)
    typed = {"forwarded_for": "append", "subjectdn": "on", "subjectdn_alias": "x-dn", "trusted_sources": ""}
    review = admin_client.post(url, {**opened(page), **typed, "go": "review"})
    assert "new ones see the change at once" in review.text  # the alias
    assert "next request carries the headers" in review.text  # the header
    assert "/forwarded-headers" in review.text
    answer = admin_client.post(url, {**opened(page), **typed, "go": "confirm"})
    assert answer["Location"] == url
    stored = Listener.objects.get(pk=listener.pk).forwarded_headers
    assert stored == {"subjectdn": True, "subjectdn_alias": "x-dn"}


@pytest.mark.django_db
@pytest.mark.parametrize("go", ["review", "confirm"])
def test_page_says_at_the_field_what_is_wrong(admin_client: Client, go: str) -> None:
    listener = make()
    url = reverse("listener-headers", args=[listener.pk])
    typed = {"forwarded_for": "append", "source_lookup": "on", "trusted_sources": "10.0.0.1/8", "go": go}
    answer = admin_client.post(url, {**opened(admin_client.get(url)), **typed})
    assert answer.status_code == 422
    assert "10.0.0.0/8" in answer.text
    assert Listener.objects.get(pk=listener.pk).forwarded_headers == {}


@pytest.mark.django_db
def test_page_keeps_what_was_typed_when_somebody_else_was_first(admin_client: Client) -> None:
    listener = make()
    url = reverse("listener-headers", args=[listener.pk])
    page = admin_client.get(url)
    services.set_forwarded_headers(OPERATOR, listener.pk, host=True)
    typed = {"forwarded_for": "append", "port": "on", "trusted_sources": "", "go": "confirm"}
    answer = admin_client.post(url, {**opened(page), **typed})
    assert answer.status_code == 409
    assert "X-Forwarded-Host" in answer.text
    assert Listener.objects.get(pk=listener.pk).forwarded_headers == {"host": True}
