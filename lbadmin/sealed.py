"""Whether a database holds what some key has sealed: asked before a key is made up that would open none of it.

Django cannot be asked: its settings need the key first.
"""

import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

CONNECT_SECONDS = 5
# Tables and columns of what ``certificates.keys`` seals.
SEALED_COLUMNS = (
    ("certificates_sealedkey", "token"),
    ("certificates_requestkey", "token"),
    ("certificates_drop", "token"),
    ("certificates_replacement", "token"),
    ("authorities_responder", "key"),
    ("renewals_acmeaccount", "key"),
    ("renewals_acmeaccount", "eab_key"),
    ("renewals_renewal", "order_key"),
    ("renewals_pendingchallenge", "key"),
    ("listeners_ticketkey", "token"),
    ("alerts_channel", "sealed_secret"),
    ("alerts_channel", "sealed_previous_secret"),
    ("alerts_channel", "sealed_target"),
    ("alerts_heartbeat", "sealed_url"),
    ("access_accesskey", "sealed_secret"),
    ("access_job", "sealed_answer"),
    ("access_job", "sealed_body"),
    ("access_rememberedanswer", "sealed_body"),
)


def sealed_columns_in(database: Mapping[str, Any]) -> list[str]:
    """Return the columns ("table.column") that hold sealed rows in a database (Django's settings of it).

    A database that does not answer, or that has no tables yet, holds none: whoever needs it says what is wrong.
    """
    is_file = database["ENGINE"].endswith("sqlite3")
    return _in_file(Path(database["NAME"])) if is_file else _in_server(database)


def _in_file(path: Path) -> list[str]:
    if not path.is_file() or path.stat().st_size == 0:
        return []
    try:
        with closing(sqlite3.connect(path)) as connection:
            return _found(connection.execute, sqlite3.Error)
    except sqlite3.Error:
        return []


def _in_server(database: Mapping[str, Any]) -> list[str]:
    import psycopg  # noqa: PLC0415  # an installation on SQLite never loads it

    given = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
    parameters: dict[str, Any] = {name: database.get(key) or None for name, key in given.items()}
    ssl = {name: value for name, value in database.get("OPTIONS", {}).items() if name.startswith("ssl")}
    try:
        with psycopg.connect(autocommit=True, connect_timeout=CONNECT_SECONDS, **parameters, **ssl) as connection:
            return _found(connection.execute, psycopg.Error)
    except psycopg.Error:
        return []


def _found(execute: Callable[[Any], Any], error: type[Exception]) -> list[str]:
    def has_rows(table: str, column: str) -> bool:
        try:
            rows = execute(f"SELECT 1 FROM {table} WHERE {column} IS NOT NULL LIMIT 1")  # noqa: S608 - names from above
            return rows.fetchone() is not None
        except error:  # a table or column that an older database does not have
            return False

    return [f"{table}.{column}" for table, column in SEALED_COLUMNS if has_rows(table, column)]
