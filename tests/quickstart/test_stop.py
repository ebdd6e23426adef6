"""In a terminal: what is said there, and the stop, which leaves nothing behind whoever asks for it."""

import os
import pty
import socket
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from lbadmin.environment import BASE_DIR
from tests.quickstart.running import QuickStart, command_line, environment_of, quick_start, sign_in
from tests.waiting import wait_until

PASSWORD = "correct horse battery"


def test_signal_before_ready_stops_the_start(tmp_path: Path) -> None:
    with quick_start(tmp_path) as run:
        run.launch()
        wait_until(lambda: run.child("redis"))
        assert run.stop() == 0
        assert run.processes() == {}
        assert run.sockets() == []


def _spawn_in_terminal(run: QuickStart, command: list[str]) -> tuple[int, int]:
    """Run a command as the leader of a new terminal's session; return its process id and the terminal."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(BASE_DIR)
        os.execvpe(command[0], command, run.environment)
    return pid, terminal


def _read_until(terminal: int, text: bytes, seconds: float) -> bytes:
    """Read the terminal until ``text`` was seen or it was closed."""
    seen = b""
    end = time.monotonic() + seconds
    while text not in seen:
        assert time.monotonic() < end, seen.decode(errors="replace")
        try:
            seen += os.read(terminal, 65_536)
        except OSError:  # EIO: the last process has closed its side
            return seen
    return seen


@dataclass
class Session:
    """A quick start in a terminal, under a shell that would say so if it were interrupted itself."""

    run: QuickStart
    shell: int
    terminal: int
    seen: bytes


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    """A session with a password that is given and the sample's port taken; the last of its tests ends it."""
    directory = tmp_path_factory.mktemp("terminal")
    with quick_start(directory, LBADMIN_ADMIN_PASSWORD=PASSWORD) as run:
        run.is_measured = True
        with socket.create_server(("127.0.0.1", run.sample_port)):
            script = f"trap 'echo interrupted' INT; {sys.executable} -m lbadmin.quickstart; echo status=$?"
            shell, terminal = _spawn_in_terminal(run, ["sh", "-c", script])
            yield Session(run, shell, terminal, _read_until(terminal, b"\nReady", 180))


def test_given_password_is_taken_and_kept_from_the_processes_that_stay(session: Session) -> None:
    assert PASSWORD.encode() not in session.seen
    assert sign_in(session.run, PASSWORD) == 200
    staying = [pid for pid in session.run.processes() if "lbadmin.quickstart" not in command_line(pid)]
    assert len(staying) > 4
    assert [pid for pid in staying if PASSWORD.encode() in environment_of(pid)] == []


def test_taken_sample_port_is_said_and_the_start_goes_on(session: Session) -> None:
    taken = f"not made: port {session.run.sample_port} of 127.0.0.1 is held by another process"
    assert taken.encode() in session.seen
    assert not (session.run.data_dir / "sample" / "sample.json").exists()
    assert not any("backend.py" in line for line in session.run.processes().values())


def test_ctrl_c_reaches_the_quick_start_alone_and_its_parent_sees_0(session: Session) -> None:
    assert b"\x1b[36mconsole" in session.seen
    os.write(session.terminal, b"\x03")
    seen = _read_until(session.terminal, b"status=", 90) + _read_until(session.terminal, b"never", 90)
    os.close(session.terminal)
    assert os.waitpid(session.shell, 0)[1] == 0
    assert b"interrupted" not in seen
    assert b"status=0" in seen
    assert session.run.processes() == {}


@pytest.mark.conformance
def test_closed_terminal_stops_everything_though_make_waits(tmp_path: Path) -> None:
    with quick_start(tmp_path, LBADMIN_SAMPLE="0") as run:
        # Like make, this parent leads the session, gets the hang-up, and waits for its child all the same.
        script = f"trap : HUP; {sys.executable} -m lbadmin.quickstart; exit 3"
        pid, terminal = _spawn_in_terminal(run, ["sh", "-c", script])
        _read_until(terminal, b"\nReady", 180)
        os.close(terminal)
        wait_until(lambda: os.waitpid(pid, os.WNOHANG)[0], 90)
        assert run.processes() == {}
        assert run.sockets() == []
