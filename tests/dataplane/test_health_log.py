"""Reading why health checks fail from the file that the engine appends to."""

import json
from pathlib import Path

import pytest

from dataplane import health_log
from dataplane.health_log import FailedCheck, HealthLog

PLACE = ("lsn-1", "192.0.2.1", 80)


def line(kind: str = "ACTIVE", status: int = 503, cluster: str = "lsn-1") -> bytes:
    address = {"socket_address": {"address": "192.0.2.1", "port_value": 80}}
    event = {"failure_type": kind, "http_status_code": status}
    return json.dumps({"cluster_name": cluster, "host": address, "health_check_failure_event": event}).encode() + b"\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "health.log"


def append(file: Path, data: bytes) -> None:
    with file.open("ab") as opened:
        opened.write(data)


def test_the_last_failure_of_a_server_counts_and_a_half_line_waits(file: Path) -> None:
    log = HealthLog(file)
    assert log.read() == {}
    append(file, line() + line("NETWORK", 0)[:20])
    assert log.read() == {PLACE: FailedCheck(was_answered=True, http_status=503)}
    append(file, line("NETWORK", 0)[20:])
    assert log.read() == {PLACE: FailedCheck(was_answered=False)}


@pytest.mark.parametrize("garbage", [b"\xff\n", b"[]\n", b"{}\n", b'"text"\n', b'{"health_check_failure_event": 1}\n'])
def test_what_is_no_failure_is_passed_over(file: Path, garbage: bytes) -> None:
    append(file, garbage + line())
    assert set(HealthLog(file).read()) == {PLACE}


def test_a_large_file_is_emptied_and_read_on(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health_log, "LARGEST_BYTES", 1000)
    log = HealthLog(file)
    append(file, line() * 10)
    assert set(log.read()) == {PLACE}
    assert file.stat().st_size == 0
    append(file, line("NETWORK", 0))
    assert not log.read()[PLACE].was_answered


def test_servers_of_clusters_that_are_gone_are_forgotten(file: Path) -> None:
    log = HealthLog(file)
    append(file, line() + line(cluster="lsn-2"))
    log.read()
    log.keep_only({"lsn-2"})
    assert {place[0] for place in log.failed} == {"lsn-2"}
