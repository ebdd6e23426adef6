"""Checks of an installation before it starts (``manage.py check --database default``; ``migrate`` runs them too)."""

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Error
from django.db import DEFAULT_DB_ALIAS, InterfaceError, OperationalError
from django.utils.translation import gettext as _

from certificates.keys import closed_columns


def check_encryption_keys(*, databases: Sequence[str] | None = None, **_options: Any) -> list[CheckMessage]:
    """Find stored secrets that the encryption keys do not open: a database restored without its keys, for one.

    While the database does not answer nothing is found; whoever needs it says so.
    """
    if DEFAULT_DB_ALIAS not in (databases or ()):
        return []
    try:
        closed = closed_columns()
    except (OperationalError, InterfaceError):
        return []
    return [_error(closed)] if closed else []


def _error(closed: Sequence[str]) -> Error:
    return Error(
        _("LBADMIN_ENCRYPTION_KEYS: none of these keys opens what is sealed in the database (%(columns)s).")
        % {"columns": ", ".join(closed)},
        hint=_("Put back the keys that were in use with this database. Nothing was changed."),
        id="certificates.E001",
    )
