"""Logs of requests stay below a bounded size."""

import asyncio
import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import override_settings

from dataplane import request_logs
from dataplane.engine.errors import EngineError
from dataplane.engine.leases import Lease
from dataplane.engine.paths import lease_dir


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setattr(request_logs, "LOG_BYTES", 10)
    monkeypatch.setattr(request_logs, "CHECK_SECONDS", 0)
    with override_settings(DATA_DIR=tmp_path):
        request_logs.create_log_directory()
        yield request_logs.request_log_path("lsn-1")


def test_directory_is_for_this_user_alone(log: Path) -> None:
    assert log.parent.stat().st_mode & 0o077 == 0


def test_log_that_is_not_full_stays(log: Path) -> None:
    log.write_text("short")
    assert not request_logs.move_full_logs({"lsn-1"})
    assert log.read_text() == "short"


def test_full_log_is_moved_and_the_oldest_is_forgotten(log: Path) -> None:
    for number in range(1, request_logs.OLD_FILES + 3):
        log.write_text(f"{number} is more than ten")
        assert request_logs.move_full_logs({"lsn-1"})
    kept = sorted(log.parent.iterdir())
    assert [path.name for path in kept] == [f"lsn-1.log.{n}" for n in range(1, request_logs.OLD_FILES + 1)]
    assert kept[0].read_text().startswith(f"{request_logs.OLD_FILES + 2} ")


def test_full_log_of_another_nodes_listener_is_left_to_that_node(log: Path) -> None:
    log.write_text("more than ten bytes")
    assert not request_logs.move_full_logs({"lsn-2"})
    assert log.exists()


def test_files_without_a_request_for_long_go_whoever_wrote_them(log: Path) -> None:
    for name in ("lsn-1.log", "lsn-gone.log", "lsn-gone.log.1", "lsn-new.log"):
        (log.parent / name).write_text("a request")
    last = log.stat().st_mtime
    os.utime(log.parent / "lsn-new.log", (last + 9, last + 9))
    lease = Lease(lease_dir() / "lsn-1", "another node")
    assert lease.acquire()
    request_logs.forget_old_logs(last + request_logs.KEPT_SECONDS + 1)
    lease.release()
    assert sorted(path.name for path in log.parent.iterdir()) == ["lsn-1.log", "lsn-new.log"]


def test_engine_that_did_not_answer_is_asked_again(log: Path) -> None:
    answers = iter((EngineError("it starts"), asyncio.CancelledError()))

    async def reopen() -> None:
        raise next(answers)

    log.write_text("more than ten bytes")
    with contextlib.suppress(asyncio.CancelledError):
        asyncio.run(request_logs.rotate(lambda: {"lsn-1"}, reopen))
    assert next(answers, None) is None
    assert not log.exists()
