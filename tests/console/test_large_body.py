"""A body that is too large, sent by a real client to the server that ships."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path

import pytest

from lbadmin.environment import BASE_DIR
from tests.databases import copy_database
from tests.waiting import free_port, wait_until

BODY = b'{"certificate_pem": "' + b"x" * 10_000_000 + b'"}'


def answers(port: int) -> bool:
    with closing(socket.socket()) as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory, empty_database: Path) -> Iterator[int]:
    """Run the console under gunicorn, on a database of its own; yield its port."""
    directory, port = tmp_path_factory.mktemp("console"), free_port()
    kept = {key: value for key, value in os.environ.items() if key not in {"DATABASE_URL", "REDIS_URL"}}
    environment = {**kept, "LBADMIN_DATA_DIR": str(directory), "LBADMIN_BIND": f"127.0.0.1:{port}"}
    gunicorn = [sys.executable, "-m", "gunicorn", "-c", "python:lbadmin.gunicorn", "lbadmin.wsgi"]
    copy_database(empty_database, directory / "lbadmin.sqlite3")
    with Path(directory, "log").open("wb") as log:
        collect = [sys.executable, "manage.py", "collectstatic", "-v0", "--no-input"]
        subprocess.run(collect, cwd=BASE_DIR, env=environment, check=True, stdout=log, stderr=log)
        process = subprocess.Popen(gunicorn, cwd=BASE_DIR, env=environment, stdout=log, stderr=log)
        try:
            wait_until(lambda: answers(port), 60)
            yield port
        finally:
            process.terminate()
            process.wait(30)


@pytest.fixture(scope="module")
def token(console: int, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return a token for that console."""
    environment = {**os.environ, "LBADMIN_DATA_DIR": str(tmp_path_factory.getbasetemp() / "console0")}
    environment.pop("DATABASE_URL", None)
    make = "from django.contrib.auth.models import User; User.objects.create_user('robot')"
    for arguments in (["shell", "-v0", "-c", make], ["createtoken", "robot"]):
        command = [sys.executable, "manage.py", *arguments]
        done = subprocess.run(command, cwd=BASE_DIR, env=environment, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def post(port: int, path: str, body: bytes = BODY, **headers: str) -> tuple[int, str]:
    """Send a body as most clients do, all of it before the answer is looked at; return status and text."""
    with closing(HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
        connection.request("POST", path, body, {name.replace("_", "-"): value for name, value in headers.items()})
        answer: HTTPResponse = connection.getresponse()
        return answer.status, answer.read().decode()


def test_the_sender_of_a_large_body_gets_to_read_the_refusal(console: int, token: str) -> None:
    for _attempt in range(5):
        status, text = post(console, "/api/v1/certificates", authorization=f"Bearer {token}")
        assert (status, json.loads(text)["code"]) == (413, "request.too-large")


def test_so_does_one_that_is_not_known(console: int) -> None:
    for _attempt in range(5):
        status, text = post(console, "/api/v1/certificates", authorization="Bearer nobody")
        assert (status, json.loads(text)["status"]) == (status, status)
        assert status in {401, 403}


def test_a_form_is_refused_in_words(console: int) -> None:
    form = b"username=alice&password=" + b"x" * 10_000_000
    kind = "application/x-www-form-urlencoded"
    status, text = post(console, "/sign-in/", form, content_type=kind, cookie="csrftoken=" + "a" * 32)
    assert status == 400
    assert "too large" in text
