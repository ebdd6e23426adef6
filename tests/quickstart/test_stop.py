"""The stop: nothing is left behind, whoever asks for it."""

import os
import pty
import socket
import ssl
import sys
import time
from pathlib import Path

from lbadmin.environment import BASE_DIR
from tests.quickstart.running import QuickStart, quick_start
from tests.waiting import wait_until


def test_signal_before_ready_stops_the_start(tmp_path: Path) -> None:
    with quick_start(tmp_path) as run:
        run.launch()
        wait_until(lambda: run.child("redis"))
        assert run.stop() == 0
        assert run.processes() == {}
        assert run.sockets() == []


def test_open_connection_is_given_time_and_then_cut_and_nothing_is_left_behind(tmp_path: Path) -> None:
    with quick_start(tmp_path) as run:
        run.start()
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


def test_ctrl_c_reaches_the_quick_start_alone_and_its_parent_sees_0(tmp_path: Path) -> None:
    with quick_start(tmp_path, LBADMIN_SAMPLE="0") as run:
        run.is_measured = True
        script = f"trap 'echo interrupted' INT; {sys.executable} -m lbadmin.quickstart; echo status=$?"
        pid, terminal = _spawn_in_terminal(run, ["sh", "-c", script])
        seen = _read_until(terminal, b"\nReady", 180)
        assert b"\x1b[36mconsole" in seen
        os.write(terminal, b"\x03")
        seen = _read_until(terminal, b"status=", 90) + _read_until(terminal, b"never", 90)
        os.close(terminal)
        assert os.waitpid(pid, 0)[1] == 0
        assert b"interrupted" not in seen
        assert run.processes() == {}


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
