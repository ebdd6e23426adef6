"""Secrets at rest: the one place that seals and opens them (MultiFernet), whichever app keeps them."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.apps import apps
from django.conf import settings
from django.db import connection
from django.db.models import Manager, QuerySet
from django.utils.translation import gettext as _

from console.errors import ConflictError
from console.progress import SEAL, tell

BATCH = 500
_sealed_fields: dict[tuple[str, str], None] = {}


@lru_cache(maxsize=4)
def _fernet(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


def seal(secret: bytes) -> bytes:
    """Return ``secret`` sealed with the first of ``LBADMIN_ENCRYPTION_KEYS``."""
    return _fernet(tuple(settings.ENCRYPTION_KEYS)).encrypt(secret)


def unseal(token: bytes | memoryview) -> bytes:
    """Return what was sealed with any of the keys; raise ConflictError when none opens it."""
    try:
        return _fernet(tuple(settings.ENCRYPTION_KEYS)).decrypt(bytes(token))
    except InvalidToken:
        raise ConflictError(
            _("A stored secret opens with none of the keys in LBADMIN_ENCRYPTION_KEYS."),
            "secret.sealed",
            way_out=_("Add the key that was in use when it was stored, after the first, and restart."),
        ) from None


def register_sealed_field(model: str, field: str) -> None:
    """Have ``rotatekeys`` reseal a binary column of another app; called in ``ready()`` (``"alerts.Channel"``)."""
    _sealed_fields[model, field] = None


def closed_columns() -> list[str]:
    """Return the registered columns whose first or last row opens with none of the keys, as a wrong key leaves them.

    Columns that the database does not have yet are passed over.
    """
    return [f"{model}.{field}" for model, field in _sealed_fields if not _opens(model, field)]


def _opens(model: str, field: str) -> bool:
    sealed = apps.get_model(model)
    if not _has_column(sealed._meta.db_table, field):  # noqa: SLF001 - Django documents it
        return True
    tokens = sealed.objects.exclude(**{field: None}).order_by("pk").values_list(field, flat=True)
    try:
        for token in (tokens.first(), tokens.last()):
            unseal(token or seal(b""))
    except ConflictError:
        return False
    return True


def _has_column(table: str, field: str) -> bool:
    with connection.cursor() as cursor:
        if table not in connection.introspection.table_names(cursor):
            return False
        return field in {column.name for column in connection.introspection.get_table_description(cursor, table)}


@dataclass(frozen=True, slots=True)
class Resealed:
    """What became of one column: rows sealed again just now, and rows that the first key had sealed already."""

    column: str
    count: int
    already: int


def sealed_columns() -> list[tuple[str, str]]:
    """Return every registered column as (model, field)."""
    return list(_sealed_fields)


def rotate_keys(columns: Collection[tuple[str, str]] | None = None) -> Iterator[Resealed]:
    """Reseal every registered column with the first key, some rows at a time, while everything goes on.

    Rows that the first key has sealed are passed over, so a rotation that was interrupted goes on where it ended. A
    row that changes meanwhile is left alone: whoever wrote it used the first key already. Raises ConflictError for a
    row that no key opens, naming it; what was resealed before stays so.
    """
    for model, field in sealed_columns() if columns is None else columns:
        yield _rotate_column(model, field)


def _rotate_column(model: str, field: str) -> Resealed:
    count = already = 0
    total = _rows(model, field).count()
    for batch in _batches(model, field):
        tell(SEAL, min(count + already, total), total)
        for key, token in batch:
            if _is_sealed_by_first(bytes(token)):
                already += 1
            else:
                resealed = seal(_opened(model, key, bytes(token)))
                count += _rows(model, field).filter(pk=key, **{field: token}).update(**{field: resealed})
    tell(SEAL, total, total)
    return Resealed(f"{model}.{field}", count, already)


def _rows(model: str, field: str) -> QuerySet[Any]:
    manager: Manager[Any] = apps.get_model(model)._default_manager  # noqa: SLF001 - Django documents it
    return manager.exclude(**{field: None}).order_by("pk")


def _batches(model: str, field: str) -> Iterator[list[tuple[Any, bytes]]]:
    """Yield rows by their keys, so that neither memory nor a transaction grows with their number."""
    rows, last = _rows(model, field), None
    while batch := list((rows.filter(pk__gt=last) if last is not None else rows).values_list("pk", field)[:BATCH]):
        yield batch
        last = batch[-1][0]


def _is_sealed_by_first(token: bytes) -> bool:
    try:
        _fernet(tuple(settings.ENCRYPTION_KEYS[:1])).decrypt(token)
    except InvalidToken:
        return False
    return True


def _opened(model: str, key: Any, token: bytes) -> bytes:
    try:
        return unseal(token)
    except ConflictError as error:
        raise ConflictError(
            _("A secret of %(model)s %(key)s opens with none of the keys in LBADMIN_ENCRYPTION_KEYS.")
            % {"model": model, "key": key},
            error.code,
            way_out=error.way_out,
        ) from None
