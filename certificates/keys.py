"""Private keys and other secrets at rest: the one place that seals and opens them (MultiFernet)."""

from collections.abc import Iterator
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.apps import apps
from django.conf import settings
from django.db import connection
from django.utils.translation import gettext as _

from console.errors import ConflictError, NotFoundError

BATCH = 500
_sealed_fields: dict[tuple[str, str], None] = {("certificates.SealedKey", "token"): None}


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


def open_private_key(version_id: int) -> bytes:
    """Return a version's private key, PKCS#8 PEM; raise NotFoundError for a version without one."""
    # Looked up by name: other apps import this module before any model can be.
    sealed_keys = apps.get_model("certificates.SealedKey").objects
    token = sealed_keys.filter(version_id=version_id).values_list("token", flat=True).first()
    if token is None:
        raise NotFoundError(_("This certificate has no private key."), "certificate.no-key")
    return unseal(token)


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


def rotate_keys() -> Iterator[tuple[str, int]]:
    """Reseal every registered column with the first key; yield each column's name and how many rows it has.

    A row that changes meanwhile is left alone: whoever wrote it used the first key already.
    """
    for model, field in _sealed_fields:
        yield f"{model}.{field}", _rotate_column(model, field)


def _rotate_column(model: str, field: str) -> int:
    fernet = _fernet(tuple(settings.ENCRYPTION_KEYS))
    rows = apps.get_model(model).objects.exclude(**{field: None}).order_by("pk")
    count, last = 0, None
    while batch := list((rows.filter(pk__gt=last) if last is not None else rows).values_list("pk", field)[:BATCH]):
        for key, token in batch:
            resealed = _reseal(fernet, bytes(token))
            count += rows.filter(pk=key, **{field: token}).update(**{field: resealed})
        last = batch[-1][0]
    return count


def _reseal(fernet: MultiFernet, token: bytes) -> bytes:
    unseal(token)  # says which setting is wrong when it does not open
    return fernet.rotate(token)
