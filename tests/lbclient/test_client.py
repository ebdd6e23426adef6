"""The client against the API itself."""

import inspect
import pkgutil
from typing import Any

import httpx
import pytest
from django import test
from django.contrib.auth.models import User

import lbclient
from access.jobs.running import run_open
from access.tokens import create_token
from lbadmin.api import api
from lbclient import Client, ConflictError, Item, NotFoundError, RefusedError, Resource, StaleError, UnreachableError
from listeners.models import ServerGroup
from tests.factories import make_listener, make_server_certificate, make_server_group


class ToDjango(httpx.BaseTransport):
    """Hands requests to the API in this process and transaction."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        headers = {name: value for name, value in request.headers.items() if name != "content-length"}
        content_type = headers.pop("content-type", "")
        answer = test.Client().generic(
            request.method, request.url.raw_path.decode(), request.read(), content_type, headers=headers
        )
        return httpx.Response(answer.status_code, headers=dict(answer.items()), content=answer.content)


@pytest.fixture
def lb(db: None) -> Client:
    token = create_token(User.objects.create_superuser("robot"))
    return Client("http://testserver", token, transport=ToDjango())


def answering(*answers: httpx.Response | Exception) -> tuple[Client, list[httpx.Request]]:
    """Return a client that gets these answers, and the requests that it will have sent."""
    left, sent = list(answers), []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        found = left.pop(0)
        if isinstance(found, Exception):
            raise found
        return found

    return Client("http://lb.test", "t", transport=httpx.MockTransport(answer)), sent


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    found: list[float] = []
    monkeypatch.setattr("lbclient.client.time.sleep", found.append)
    return found


def test_an_object_lives_from_creation_to_deletion(lb: Client) -> None:
    made = lb.server_groups.create(name="web", servers=[{"address": "10.0.0.1", "port": 80}])
    assert lb.server_groups.get(made["id"])["name"] == "web"
    changed = lb.server_groups.update(made, scheduler="rr")
    assert (changed["scheduler"], changed.etag) == ("rr", '"2"')
    with pytest.raises(StaleError) as stale:
        lb.server_groups.update(made, scheduler="wrr")
    assert (stale.value.status, stale.value.code) == (412, "server-group.stale")
    lb.server_groups.delete(changed)
    with pytest.raises(NotFoundError):
        lb.server_groups.get(made["id"])


def test_a_list_goes_on_to_its_end(lb: Client) -> None:
    for _each in range(3):
        make_server_group()
    assert len(list(lb.server_groups.list(limit=2))) == 3
    assert [row["name"] for row in lb.server_groups.list(q="nothing")] == []


def test_certificates_are_searched_as_documented(lb: Client) -> None:
    shop = make_server_certificate("www.shop.test")
    make_server_certificate("www.other.test")
    assert [row["id"] for row in lb.certificates.list(q="shop")] == [shop.pk]


def test_what_a_listener_can_do(lb: Client) -> None:
    listener = lb.listeners.get(make_listener().pk)
    stopped = lb.listeners.act(listener, "stop")
    assert stopped["desired"] == "stopped"
    assert lb.listeners.look(stopped, "status")["desired"] == "stopped"
    assert lb.listeners.act(stopped, "tags", method="PUT", tags={"a": "b"})["tags"] == {"a": "b"}


def test_what_writes_nothing_of_the_object_is_sent_without_its_revision() -> None:
    refused = httpx.Response(
        422,
        json={"code": "request.if-match-not-applicable"},
        headers={"Content-Type": "application/problem+json"},
    )
    lb, sent = answering(refused, httpx.Response(201, json={"id": "cert-1"}))
    authority = Item({"id": "ca-1", "revision": 3})
    assert lb.authorities.act(authority, "certificates", names=["a.example"]) == {"id": "cert-1"}
    assert [request.headers.get("If-Match") for request in sent] == ['"3"', None]


def test_a_refusal_tells_the_way_out(lb: Client) -> None:
    with pytest.raises(RefusedError) as refusal:
        lb.load_balancers.create(name="edge", bind_address="here")
    assert (refusal.value.status, refusal.value.field) == (422, "bind_address")
    assert refusal.value.way_out in str(refusal.value)
    make_server_group(name="web")
    with pytest.raises(ConflictError):
        lb.server_groups.create(name="web")


def test_manifests_are_planned_and_applied(lb: Client) -> None:
    manifest = {"server_groups": [{"name": "web"}]}
    assert [change["action"] for change in lb.plan_manifest(manifest)] == ["create"]
    assert not ServerGroup.objects.exists()
    assert len(lb.apply_manifest(manifest)) == 1
    assert lb.apply_manifest(lb.manifest(), prune=True) == []


def test_every_collection_is_one_of_the_api() -> None:
    with Client("http://lb.test", "t") as client:
        paths = {each.path for each in vars(client).values() if isinstance(each, Resource)}
    assert {f"/api/v1{path}" for path in paths} - set(api.get_openapi_schema()["paths"]) == set()


def test_a_write_is_sent_again_with_the_same_key(waits: list[float]) -> None:
    lb, sent = answering(httpx.ReadTimeout("lost"), httpx.Response(503), httpx.Response(201, json={"id": "1"}))
    assert lb.channels.create(name="a") == {"id": "1"}
    assert (len({request.headers["Idempotency-Key"] for request in sent}), waits) == (1, [1, 2])
    assert all(request.headers["Authorization"] == "Bearer t" for request in sent)


def test_what_reaches_out_is_sent_once() -> None:
    lb, sent = answering(httpx.ConnectError("refused"))
    with pytest.raises(UnreachableError, match=r"lb\.test"):
        lb.channels.act("chn-1", "test", repeatable=False)
    assert "Idempotency-Key" not in sent[0].headers


def test_a_limit_is_waited_for(waits: list[float]) -> None:
    page = httpx.Response(200, json={"items": [], "next_cursor": ""})
    lb, _sent = answering(httpx.Response(429, headers={"Retry-After": "7"}), page)
    assert (list(lb.changes.list()), waits) == ([], [7.0])


@pytest.mark.parametrize("content", [b"<h1>Bad gateway</h1>", b""])
def test_what_is_no_problem_is_told_by_its_status(waits: list[float], content: bytes) -> None:
    lb, _sent = answering(*(httpx.Response(502, content=content) for _each in range(3)))
    with pytest.raises(RefusedError, match="502 Bad Gateway"):
        lb.certificates.get("a/b?c")
    assert len(waits) == 2


def test_a_weak_etag_is_no_condition() -> None:
    lb, sent = answering(httpx.Response(200, json={"id": 1}, headers={"ETag": 'W/"x"'}), httpx.Response(204))
    lb.tokens.delete(lb.tokens.get(1))
    assert "If-Match" not in sent[1].headers
    assert Item({"id": 1, "revision": 3}).etag == '"3"'


def test_it_needs_nothing_of_lbadmin() -> None:
    names = [name for _finder, name, _is_package in pkgutil.iter_modules(lbclient.__path__)]
    sources: list[Any] = [__import__(f"lbclient.{name}", fromlist=["x"]) for name in names]
    assert not [each for each in sources if "django" in inspect.getsource(each)]


def test_a_long_request_is_followed_to_its_answer(
    lb: Client, redis_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("access.jobs.rows.ask_for", lambda *_arguments, **_options: None)
    monkeypatch.setattr("lbclient.client.time.sleep", lambda _seconds: list(run_open()))
    states: list[str] = []
    manifest = {"version": 1, "server_groups": [{"name": "web"}]}
    answer = lb.finish("/manifests/apply", {"manifest": manifest}, told=lambda job: states.append(job["state"]))
    assert ([each["name"] for each in answer["changes"]], states) == (["web"], ["queued", "succeeded"])
    manifest["server_groups"] = [{"name": "api", "protocol": "HTTPS", "ca_certificate": "nobody"}]
    with pytest.raises(NotFoundError) as refused:
        lb.finish("/manifests/apply", {"manifest": manifest})
    assert refused.value.code == "manifest.certificate-not-found"
