"""Run every part of lbadmin until Ctrl-C, SIGTERM or the end of the terminal."""

import asyncio
import os
import sys

from django.core.exceptions import ImproperlyConfigured

from lbadmin.environment import Environment, read_environment
from lbadmin.quickstart.engines import end_engines
from lbadmin.quickstart.errors import StartError
from lbadmin.quickstart.locks import children_lock, exclusive_lock
from lbadmin.quickstart.start import run
from lbadmin.quickstart.terminal import own_foreground, print_plain, say

WRONG_SETTING = 2
NOT_STARTED = 1


def main() -> int:
    """Return 0 after an orderly stop, 2 when a setting is wrong, 1 when something else is in the way."""
    os.umask(0o077)
    try:
        environment = read_environment()
    except ImproperlyConfigured as error:
        print_plain(f"lbadmin does not start. {error}")
        return WRONG_SETTING
    try:
        _run_alone(environment)
    except StartError as error:
        print_plain(f"lbadmin does not start. {error}")
        return NOT_STARTED
    return 0


def _run_alone(environment: Environment) -> None:
    environment.runtime_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (
        own_foreground() as terminal,
        exclusive_lock(environment.runtime_dir / "quickstart.lock", environment.data_dir),
        children_lock(environment.runtime_dir / "children.lock") as lock,
    ):
        try:
            asyncio.run(run(environment, lock, terminal))
        finally:
            end_engines(environment.data_dir, environment.runtime_dir)
            say("stopped")


if __name__ == "__main__":
    sys.exit(main())
