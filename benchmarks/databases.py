"""Measure on SQLite, then on PostgreSQL: each in a process of its own, with an installation of its own."""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable

from tests.postgresql import postgresql_cluster

Lines = list[list[str]]


def measured(
    module: str, about: str | None, size: tuple[str, int], measure: Callable[[str, int], None]
) -> Lines | None:
    """Return the lines that ``measure`` prints on each database, by column; None in the process that measures.

    ``size`` is the name of the option that says how much there is to be, and its default.
    """
    parser = argparse.ArgumentParser(description=about)
    option, default = size
    parser.add_argument(f"--{option}", type=int, default=default, dest="size")
    parser.add_argument("--one", metavar="DATABASE", help="measure on the database of this environment")
    options = parser.parse_args()
    if options.one:
        measure(options.one, options.size)
        return None
    arguments = (module, f"--{option}", str(options.size))
    lines = _measured_apart("SQLite", *arguments)
    with postgresql_cluster() as url:
        return lines + _measured_apart("PostgreSQL", *arguments, DATABASE_URL=url)


def _measured_apart(database: str, *arguments: str, **environment: str) -> Lines:
    command = (sys.executable, "-m", *arguments, "--one", database)
    with tempfile.TemporaryDirectory() as data_dir:
        given = {**os.environ, "LBADMIN_DATA_DIR": data_dir, **environment}
        done = subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE, env=given)
    return [line.split("\t") for line in done.stdout.splitlines()]


def tell(*columns: str) -> None:
    """Print one line for the process that publishes."""
    print("\t".join(columns), flush=True)


def peak_megabytes() -> float:
    """Return the most memory that this process has held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
