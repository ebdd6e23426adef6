"""SQLite databases in files, for tests whose processes share one."""

import fcntl
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.transaction import atomic
from django.db.utils import load_backend

from lbadmin.values import database_settings


@contextmanager
def database(path: Path) -> Iterator[None]:
    """Let this process work on the database in ``path``, with real commits, until the block ends."""
    with _opened({**connections["default"].settings_dict, "NAME": str(path)}):
        yield


@contextmanager
def database_at(url: str) -> Iterator[None]:
    """Let this process work on the database that ``url`` names, with real commits, until the block ends."""
    with _opened({**connections["default"].settings_dict, **database_settings(url), "OPTIONS": {}}):
        yield


@contextmanager
def _opened(options: dict[str, Any]) -> Iterator[None]:
    usual = connections["default"]
    opened = load_backend(options["ENGINE"]).DatabaseWrapper(options, "default")
    connections["default"] = opened
    try:
        yield
    finally:
        opened.close()
        connections["default"] = usual


def copy_database(template: Path, path: Path) -> None:
    """Copy a database whole, what is still in its log included."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with closing(sqlite3.connect(template)) as source, closing(sqlite3.connect(path)) as target:
        source.backup(target)


def load_database(path: Path, opened: sqlite3.Connection) -> None:
    """Make the database of a connection what the one in ``path`` is."""
    with closing(sqlite3.connect(path)) as source:
        source.backup(opened)


def copy_rows(path: Path, opened: BaseDatabaseWrapper) -> None:
    """Copy every row of the database in ``path``, which nobody writes, into the same tables of another, now empty."""
    with opened.cursor() as cursor:
        cursor.execute("ATTACH DATABASE %s AS migrated", [f"{path.as_uri()}?immutable=1"])
        try:
            with atomic(opened.alias):
                cursor.execute(
                    "SELECT name FROM migrated.sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%%'"
                )
                for (table,) in cursor.fetchall():
                    cursor.execute(f'INSERT OR IGNORE INTO main."{table}" SELECT * FROM migrated."{table}"')
        finally:
            cursor.execute("DETACH DATABASE migrated")


@contextmanager
def exclusively(path: Path) -> Iterator[None]:
    """Keep all other processes out of the block that lock the same file."""
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
