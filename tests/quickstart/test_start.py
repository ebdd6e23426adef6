"""Starts that are refused, each by the name of the setting that is wrong. (All that is wrong: test_environment.py.)"""

import socket
from pathlib import Path

import pytest

from tests.quickstart.running import quick_start


def test_wrong_setting_is_refused_by_name_without_a_traceback(tmp_path: Path) -> None:
    with quick_start(tmp_path, EMAIL_URL="foo") as run:
        assert run.run_to_end() == 2
        assert run.output.startswith("lbadmin does not start. EMAIL_URL: ")
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
