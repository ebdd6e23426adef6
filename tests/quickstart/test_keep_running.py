"""Processes that die are started again, and traffic does not notice what it need not."""

import os
import signal
from pathlib import Path

from tests.quickstart.running import COMMANDS, QuickStart, quick_start
from tests.waiting import wait_until


def _kill(run: QuickStart, name: str) -> None:
    """Kill a child and wait for its successor."""
    killed = run.child(name)
    assert killed
    os.kill(killed, signal.SIGKILL)
    wait_until(lambda: run.child(name) not in {0, killed}, 90)
    assert f"{name} was killed by SIGKILL; starting it again in 0.5 s" in run.output


def test_each_process_that_is_killed_is_started_again_and_said(tmp_path: Path) -> None:
    with quick_start(tmp_path) as run:
        run.is_measured = True
        run.start()
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
        assert run.stop() == 0


def test_killed_quick_start_leaves_envoy_serving_and_the_next_start_adopts_it(tmp_path: Path) -> None:
    with quick_start(tmp_path) as run:
        run.start()
        engine = run.engine()
        assert run.stop(signal.SIGKILL) == -signal.SIGKILL
        wait_until(lambda: list(run.processes()) == [engine], 90)

        run.start()
        assert run.engine() == engine
        assert run.is_serving()
        assert run.stop() == 0
        assert run.processes() == {}
