"""One installation from its first start to its last stop, real in every process.

A start takes seconds of every processor, so the tests share the installation: each finds it serving, and whatever one
has stopped is started again for the next.
"""

import os
import re
import signal
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.quickstart.running import COMMANDS, QuickStart, quick_start, sign_in
from tests.waiting import wait_until

MADE_UP = re.compile(r"^  Password  (\S{20}) ", re.MULTILINE)


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[QuickStart]:
    """An installation that begins from nothing."""
    with quick_start(tmp_path_factory.mktemp("life"), from_nothing=True) as run:
        run.is_measured = True
        yield run


@pytest.fixture
def run(installation: QuickStart) -> QuickStart:
    """The installation, serving."""
    if not installation.is_running():
        installation.start()
    return installation


def test_first_start_prints_a_password_and_serves_the_sample(run: QuickStart) -> None:
    printed = MADE_UP.search(run.output)
    assert printed
    assert sign_in(run, printed[1]) == 200
    assert sign_in(run, "not this one") == 302
    assert "TCPSSL listener" in run.get_sample().text
    assert f"curl --cacert {run.data_dir}/sample/ca.pem https://localhost:{run.sample_port}/" in run.output


def test_second_start_on_the_same_data_directory_is_refused(run: QuickStart, tmp_path: Path) -> None:
    second = QuickStart(tmp_path, **{**run.settings, "LBADMIN_BIND": "127.0.0.1:1"})
    assert second.run_to_end() == 1
    assert f"lbadmin already runs on {run.data_dir} (process {run.pid})" in second.output
    assert run.is_console_ready()


def _kill(run: QuickStart, name: str) -> None:
    """Kill a child and wait for its successor."""
    killed = run.child(name)
    assert killed
    os.kill(killed, signal.SIGKILL)
    wait_until(lambda: run.child(name) not in {0, killed}, 90)
    assert f"{name} was killed by SIGKILL; starting it again in 0.5 s" in run.output


def test_each_process_that_is_killed_is_started_again_and_said(run: QuickStart) -> None:
    engine = run.engine()
    assert engine
    for name in COMMANDS:
        _kill(run, name)
    wait_until(run.is_console_ready, 90)
    wait_until(run.is_serving, 90)
    assert run.engine() == engine

    os.kill(engine, signal.SIGKILL)
    wait_until(lambda: run.engine() not in {0, engine}, 90)
    wait_until(run.is_serving, 90)


def test_killed_quick_start_leaves_envoy_serving_and_the_next_start_adopts_it_and_prints_no_password(
    run: QuickStart,
) -> None:
    engine = run.engine()
    assert run.stop(signal.SIGKILL) == -signal.SIGKILL
    wait_until(lambda: list(run.processes()) == [engine], 90)

    run.start()
    assert run.engine() == engine
    assert run.is_serving()
    assert "Password  as you set it" in run.output
    assert not MADE_UP.search(run.output)


def test_open_connection_is_given_time_and_then_cut_and_nothing_is_left_behind(run: QuickStart) -> None:
    assert len(run.processes()) > 6
    context = ssl.create_default_context(cafile=str(run.data_dir / "sample" / "ca.pem"))
    with (
        socket.create_connection(("127.0.0.1", run.sample_port)) as plain,
        context.wrap_socket(plain, server_hostname="localhost") as connection,
    ):
        assert run.process
        run.process.terminate()
        wait_until(lambda: "stopping" in run.output)
        connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert connection.recv(4096).startswith(b"HTTP/1.1 200")
        assert run.process.wait(90) == 0
    assert run.processes() == {}
    assert run.sockets() == []
    assert run.output.rstrip().endswith("stopped")
