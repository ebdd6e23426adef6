"""What every address answers to whoever is not signed in, whichever app it belongs to."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

pytestmark = pytest.mark.django_db

# Open to everybody, and why.
OPEN = {
    "/sign-in/": "how else",
    "/preferences/theme/": "so that the sign-in page can be read",
    "/preferences/language/": "so that the sign-in page can be read",
    "/healthz": "asked by supervisors; tells nothing else",
    "/readyz": "asked by supervisors; tells nothing else",
    "/api/v1/docs": "the same in every installation",
    "/api/v1/openapi.json": "the same in every installation",
    "/pki/": "an authority's certificate, lists and OCSP answers are for everybody",
    "/alerts/answer/": "the signed link of a message says who may answer",
    "/calendar/x.ics": "the secret in the address says who may read",
}
# They answer 401 instead of leading to the sign-in page.
PROGRAMS = ("/api/", "/metrics")
# No page: a signature, which no other site can make, says who asks.
FOR_THE_CLOUDS_CLIENTS = ("POST", "/")
# A value for each kind of parameter; no such object exists.
UUID = "00000000-0000-4000-8000-000000000000"
VALUES = {"uuid": UUID, "uuidstr": UUID, "int": "1", "slug": "x", "str": "x", "path": "x"}
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


def addresses(resolver: Any, before: str = "/") -> Iterator[tuple[str, URLPattern]]:
    """Yield every address with its view, parameters filled in."""
    for pattern in resolver.url_patterns:
        here = before + filled(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern, here)
        else:
            yield here, pattern


def filled(pattern: Any) -> str:
    text = str(pattern).removeprefix("^").removesuffix("$")
    return re.sub(r"<(?:(\w+):)?\w+>", lambda part: VALUES[part[1] or "str"], text)


EVERY = dict(addresses(get_resolver()))
GUARDED = sorted(address for address in EVERY if not address.startswith((*OPEN, *PROGRAMS)))
# The root of the API is no operation: nothing is there.
OPERATIONS = sorted(
    address for address in EVERY if address.startswith("/api/v1/") and not address.endswith(("v1/", *OPEN))
)


def test_the_addresses_are_all_found() -> None:
    assert len(GUARDED) > 90
    assert len(OPERATIONS) > 60
    assert not any("<" in address for address in EVERY)


def test_pages_lead_a_stranger_to_the_sign_in(client: Client) -> None:
    answers = {
        (method, address): client.generic(method, address)
        for address in GUARDED
        for method in METHODS
        if (method, address) != FOR_THE_CLOUDS_CLIENTS
    }
    led = [(answer.status_code, answer.headers.get("Location", "")[:9]) for answer in answers.values()]
    assert [asked for asked, answer in zip(answers, led, strict=True) if answer != (302, "/sign-in/")] == []


def test_operations_want_a_token_before_anything_else(client: Client) -> None:
    statuses = {
        (method, address): client.generic(method, address, "{", "application/json").status_code
        for address in OPERATIONS
        for method in METHODS
    }
    assert {asked: status for asked, status in statuses.items() if status not in {401, 405}} == {}


def test_pages_take_no_form_of_another_site(admin_user: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(admin_user)
    statuses = {address: client.post(address).status_code for address in GUARDED if address != "/"}
    assert {address: status for address, status in statuses.items() if status not in {403, 405}} == {}


def test_the_clouds_clients_need_a_signature(client: Client, admin_user: User) -> None:
    client.force_login(admin_user)
    method, address = FOR_THE_CLOUDS_CLIENTS
    asked = "Action=DeleteListener&Version=2022-04-30&ListenerId=x"
    answer = client.generic(method, address, asked, "application/x-www-form-urlencoded")
    assert (answer.status_code, answer.json()["Code"]) == (400, "MissingParameter")
