"""Every operation, asked by signed requests that no client sends: a documented code each time, and nothing changes."""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from django.test import Client

from access.access_keys import NewAccessKey
from cloudapi.catalogue import products
from cloudapi.operations import Operation, Product
from events.models import Change
from tests.cloudapi.signing import ask_v3, v3_headers
from tests.cloudapi.test_odd_values import leaves, required

pytestmark = [pytest.mark.django_db, pytest.mark.conformance]
LONG = "x" * 60_000
HUGE = b"a=" + b"x" * 10_000_000


def spoilt(operation: Operation) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield what is wrong with a request, and its parameters."""
    usual = required(operation.fields)
    yield "unknown", {**usual, "NoSuchParameter": "1"}
    yield "deep", {**usual, ".".join(["A"] * 40): "1"}
    yield "long", {**usual, "NoSuchParameter": LONG}
    for name in usual:
        yield f"missing {name}", {key: value for key, value in usual.items() if key != name}
    for name, field in leaves(operation.fields):
        if field.kind == "list":
            others = {key: value for key, value in usual.items() if not key.startswith(name)}
            yield f"gap {name}", {**others, f"{name}.1": "x", f"{name}.3": "x"}
            yield f"index {name}", {**others, f"{name}.1000000": "x"}
            yield f"zero {name}", {**others, f"{name}.0": "x"}
        elif field.kind in {"integer", "flag", "switch"}:
            yield f"mistyped {name}", {**usual, name: "neither"}
        elif field.kind == "text":
            yield f"NUL {name}", {**usual, name: "a\0b"}


def asked(client: Client, key: NewAccessKey, operation: Operation, query: Mapping[str, str], body: bytes = b"") -> Any:
    named = {"x_acs_action": operation.name, "x_acs_version": operation.product.version}
    return ask_v3(client, v3_headers(key, dict(query), body, **named), dict(query), body)


@pytest.mark.parametrize("product", products(), ids=lambda product: f"{product.name}-{product.version}")
def test_spoilt_requests_are_refused_and_change_nothing(
    client: Client, access_key: NewAccessKey, product: Product
) -> None:
    before = Change.objects.count()
    for operation in product.operations.values():
        for what, query in spoilt(operation):
            answer = asked(client, access_key, operation, query)
            body = answer.json()
            assert 400 <= answer.status_code < 500, (operation.name, what, body)
            assert body["Code"], (operation.name, what)
            assert body["RequestId"], (operation.name, what)
    assert Change.objects.count() == before


@pytest.mark.parametrize("product", products(), ids=lambda product: f"{product.name}-{product.version}")
def test_unreadable_requests_are_refused(client: Client, access_key: NewAccessKey, product: Product) -> None:
    for operation in list(product.operations.values())[:3]:
        assert asked(client, access_key, operation, {}, HUGE).status_code == 400
        assert asked(client, access_key, operation, {}, b"a=%FF").status_code == 400
        headers = v3_headers(access_key, {}, x_acs_action=operation.name, x_acs_version=product.version)
        for query in ("a=%FF", f"a=1&a=2&{urlencode({'b': 'c'})}", quote("a=\ud800", errors="surrogatepass")):
            answer = client.generic("POST", f"/?{query}", headers=headers)
            assert (answer.status_code, answer.json()["Code"] != "") == (400, True), query
