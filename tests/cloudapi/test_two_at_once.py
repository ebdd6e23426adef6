"""The same request twice at the same moment, and again after the console died in the middle of it."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client

from access.access_keys import NewAccessKey, create_access_key
from cloudapi.models import Job, TokenAnswer
from events import feed
from events.actor import COMMAND
from listeners.models import ServerGroup
from tests.cloudapi.signing import told, v1_parameters

pytestmark = pytest.mark.django_db(transaction=True)
GROUP = {"Action": "CreateServerGroup", "ServerGroupName": "group", "VpcId": "vpc"}
AT_ONCE = 4


@pytest.fixture
def key() -> NewAccessKey:
    return create_access_key(COMMAND, User.objects.create_superuser("admin"))


def asked_at_once(requests: list[dict[str, str]]) -> list[Any]:
    """Send requests by as many threads, each over a database connection of its own; return the answers."""
    barrier = Barrier(len(requests))

    def ask(parameters: dict[str, str]) -> Any:
        barrier.wait(60)
        try:
            return Client().get("/", parameters)
        finally:
            connection.close()

    with ThreadPoolExecutor(len(requests)) as threads:
        return list(threads.map(ask, requests))


def test_one_token_does_a_thing_once_however_many_ask(key: NewAccessKey) -> None:
    answers = asked_at_once([v1_parameters(key, ClientToken="once", **GROUP) for _each in range(AT_ONCE)])
    assert [told(answer) for answer in answers] == [(200, "")] * AT_ONCE
    assert len({(answer.json()["ServerGroupId"], answer.json()["JobId"]) for answer in answers}) == 1
    assert (ServerGroup.objects.count(), Job.objects.count(), TokenAnswer.objects.count()) == (1, 1, 1)


def test_one_token_with_differing_requests_lets_one_of_them_through(key: NewAccessKey) -> None:
    names = [f"group-{number}" for number in range(AT_ONCE)]
    answers = asked_at_once(
        [v1_parameters(key, ClientToken="once", **{**GROUP, "ServerGroupName": name}) for name in names]
    )
    assert sorted(told(answer) for answer in answers) == [
        (200, ""),
        *[(400, "IdempotenceSignatureMismatch")] * (AT_ONCE - 1),
    ]
    assert ServerGroup.objects.count() == 1


@pytest.mark.parametrize("asked", [GROUP, {"Action": "ListServerGroups"}], ids=["write", "read"])
def test_one_signature_is_taken_once(key: NewAccessKey, asked: dict[str, str], redis_server: str) -> None:
    answers = asked_at_once([v1_parameters(key, **asked)] * AT_ONCE)
    assert sorted(told(answer) for answer in answers) == [(200, ""), *[(400, "SignatureNonceUsed")] * (AT_ONCE - 1)]


def died(work: Callable[[], object]) -> int:
    """Do ``work`` in a process of its own; return the status that it ends with."""
    connection.close()
    child = os.fork()
    if child == 0:
        work()
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def test_what_died_before_it_was_stored_is_done_once_when_asked_again(
    key: NewAccessKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    parameters = v1_parameters(key, ClientToken="once", **GROUP)
    with monkeypatch.context() as patched:
        # Every row is written by then; the commit is not.
        patched.setattr(feed, "_followers", [lambda _changes: os._exit(9)])
        assert died(lambda: Client().get("/", parameters)) == 9
    assert not ServerGroup.objects.exists()
    assert not TokenAnswer.objects.exists()
    assert told(Client().get("/", parameters)) == (400, "SignatureNonceUsed")
    first, second = (Client().get("/", v1_parameters(key, ClientToken="once", **GROUP)) for _each in range(2))
    assert first.json()["ServerGroupId"] == second.json()["ServerGroupId"] == ServerGroup.objects.get().pk


def test_answer_that_never_arrived_is_given_again(key: NewAccessKey) -> None:
    def ask() -> None:
        Client().get("/", v1_parameters(key, ClientToken="once", **GROUP))
        os._exit(9)

    assert died(ask) == 9
    answer = Client().get("/", v1_parameters(key, ClientToken="once", **GROUP))
    assert answer.json()["ServerGroupId"] == ServerGroup.objects.get().pk
