"""The systemd units: systemd itself finds nothing wrong with them."""

import subprocess
from pathlib import Path

import pytest

from lbadmin.environment import BASE_DIR

DEPLOY = BASE_DIR / "deploy"


def test_systemd_accepts_the_units(tmp_path: Path) -> None:
    for unit in [*DEPLOY.glob("*.service"), *DEPLOY.glob("*.target")]:
        # The unit's program, user and group need not exist on the machine that runs the tests.
        text = unit.read_text().replace("/opt/lbadmin/.venv/bin/", "/usr/bin/env ")
        (tmp_path / unit.name).write_text(text.replace("=lbadmin\n", "=root\n"))
    units = sorted(str(path) for path in tmp_path.iterdir())
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *units], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("unit", sorted(DEPLOY.glob("*.service")), ids=lambda path: path.stem)
def test_each_unit_is_confined(unit: Path) -> None:
    text = unit.read_text()
    for line in ("NoNewPrivileges=yes", "ProtectSystem=strict", "User=lbadmin"):
        assert f"\n{line}\n" in text
    assert "\nSystemCallFilter=@system-service" in text


@pytest.mark.parametrize("unit", sorted(DEPLOY.glob("*.service")), ids=lambda path: path.stem)
def test_systemd_never_gives_up_on_a_unit(unit: Path) -> None:
    assert "\nStartLimitIntervalSec=0\n" in unit.read_text().partition("[Service]")[0]


def test_the_engine_may_ask_for_all_that_it_needs() -> None:
    """It is killed at its start when mincore(2) is filtered out, which @system-service does not have."""
    assert "\nSystemCallFilter=@system-service mincore\n" in (DEPLOY / "lbadmin-node.service").read_text()


def test_the_nodes_envoy_outlives_a_node_that_is_killed() -> None:
    assert "\nKillMode=process\n" in (DEPLOY / "lbadmin-node.service").read_text()
