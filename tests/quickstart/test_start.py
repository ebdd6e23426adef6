"""The first start, later starts, and starts that are refused."""

import re
import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.quickstart.running import QuickStart, environment_of, quick_start

PASSWORD = "correct horse battery"


def _sign_in(run: QuickStart, password: str) -> int:
    with httpx.Client(base_url=f"http://127.0.0.1:{run.console_port}", follow_redirects=True) as client:
        page = client.get("/")
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page.text)
        assert token
        form = {"csrfmiddlewaretoken": token[1], "username": "admin", "password": password}
        client.post(page.url, data=form)
        return client.get("/", follow_redirects=False).status_code


def test_first_start_prints_a_password_once_and_serves_the_sample(tmp_path: Path) -> None:
    with quick_start(tmp_path, from_nothing=True) as run:
        run.is_measured = True
        run.start()
        printed = re.search(r"^  Password  (\S{20}) ", run.output, re.MULTILINE)
        assert printed
        assert _sign_in(run, printed[1]) == 200
        assert _sign_in(run, "not this one") == 302
        assert "TCPSSL listener" in run.get_sample().text
        assert f"curl --cacert {run.data_dir}/sample/ca.pem https://localhost:{run.sample_port}/" in run.output
        assert run.stop() == 0

        run.start()
        assert printed[1] not in run.output
        assert "Password  as you set it" in run.output
        assert run.is_serving()
        assert run.stop() == 0
        assert run.processes() == {}
        assert run.sockets() == []


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[QuickStart]:
    """A quick start with a given password and no sample; the tests that share it leave it as it is."""
    directory = tmp_path_factory.mktemp("running")
    with quick_start(directory, LBADMIN_ADMIN_PASSWORD=PASSWORD, LBADMIN_SAMPLE="0") as run:
        run.start()
        yield run


def test_given_password_is_taken_and_kept_from_the_processes_that_stay(running: QuickStart) -> None:
    assert PASSWORD not in running.output
    assert _sign_in(running, PASSWORD) == 200
    for pid in running.processes():
        if pid != running.pid:
            assert PASSWORD.encode() not in environment_of(pid)
    assert not (running.data_dir / "sample").exists()
    assert running.child("sample") == 0


def test_taken_sample_port_is_said_and_the_start_goes_on(tmp_path: Path) -> None:
    with quick_start(tmp_path) as run, socket.create_server(("127.0.0.1", run.sample_port)):
        run.start()
        assert f"not made: port {run.sample_port} of 127.0.0.1 is held by another process" in run.output
        assert run.stop() == 0


def test_second_start_on_the_same_data_directory_is_refused(running: QuickStart, tmp_path: Path) -> None:
    second = QuickStart(tmp_path, **{**running.settings, "LBADMIN_BIND": "127.0.0.1:1"})
    assert second.run_to_end() == 1
    assert f"lbadmin already runs on {running.data_dir} (process {running.pid})" in second.output
    assert running.is_console_ready()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("EMAIL_URL", "foo"),
        ("LBADMIN_BIND", "nowhere"),
        ("LBADMIN_DRAIN_SECONDS", "soon"),
        ("LBADMIN_ENCRYPTION_KEYS", "short"),
    ],
)
def test_wrong_setting_is_refused_by_name_without_a_traceback(name: str, value: str, tmp_path: Path) -> None:
    with quick_start(tmp_path, from_nothing=False, **{name: value}) as run:
        assert run.run_to_end() == 2
        assert run.output.startswith(f"lbadmin does not start. {name}: ")
        assert run.output.count("\n") == 1


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("REDIS_URL", "redis://127.0.0.1:1"),
        ("DATABASE_URL", "postgresql://lbadmin@127.0.0.1:1/lbadmin"),
        ("LBADMIN_ADMIN_PASSWORD", "password"),
    ],
)
def test_setting_that_leads_nowhere_is_refused_by_name(name: str, value: str, tmp_path: Path) -> None:
    with quick_start(tmp_path, from_nothing=False, **{name: value}) as run:
        assert run.run_to_end() == 1
        assert f"\nlbadmin does not start. {name}: " in f"\n{run.output}"
        assert "Traceback" not in run.output
        assert run.processes() == {}
        assert run.sockets() == []


def test_taken_console_port_is_refused_by_name(tmp_path: Path) -> None:
    with quick_start(tmp_path) as run, socket.create_server(("127.0.0.1", run.console_port)):
        assert run.run_to_end() == 1
        assert f"LBADMIN_BIND: the console cannot listen on 127.0.0.1:{run.console_port}" in run.output
