"""Sealing secrets, and sealing them again with a new key."""

from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import BinaryField
from pytest_django import Settings

from certificates.keys import BATCH, open_private_key, rotate_keys, seal, sealed_columns, unseal
from certificates.models import SealedKey
from certificates.services import import_certificate
from console.errors import ConflictError, NotFoundError
from listeners.models import TicketKey
from tests.certificates.repository import ALICE, import_leaf
from tests.certs import make_ca, make_leaf

pytestmark = pytest.mark.django_db
# What anybody may read: revocation lists, as they are published.
PUBLIC = {("certificates.RevocationList", "der"), ("authorities.PublishedList", "der")}
OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()


def rotate() -> str:
    output = StringIO()
    call_command("rotatekeys", stdout=output)
    return output.getvalue()


def test_what_is_sealed_opens_and_shows_nothing() -> None:
    assert b"secret" not in seal(b"secret")
    assert unseal(seal(b"secret")) == unseal(memoryview(seal(b"secret"))) == b"secret"


def test_every_key_opens_and_the_first_seals(settings: Settings) -> None:
    settings.ENCRYPTION_KEYS = (OLD,)
    token = seal(b"secret")
    settings.ENCRYPTION_KEYS = (NEW, OLD)
    assert unseal(token) == b"secret"
    assert Fernet(NEW).decrypt(seal(b"secret")) == b"secret"


def test_without_its_key_a_secret_stays_closed_and_the_setting_is_named(settings: Settings) -> None:
    token = seal(b"secret")
    settings.ENCRYPTION_KEYS = (NEW,)
    with pytest.raises(ConflictError, match="LBADMIN_ENCRYPTION_KEYS"):
        unseal(token)


def test_after_rotation_the_old_key_is_not_needed(settings: Settings) -> None:
    settings.ENCRYPTION_KEYS = (OLD,)
    leaves = [make_leaf(f"{number}.example.test") for number in range(3)]
    versions = [import_leaf(leaf).version for leaf in leaves]
    settings.ENCRYPTION_KEYS = (NEW, OLD)
    assert "certificates.SealedKey.token: 3 resealed, 0 already were\n" in rotate()
    settings.ENCRYPTION_KEYS = (NEW,)
    assert [open_private_key(version.pk) for version in versions] == [leaf.key_pem for leaf in leaves]


def test_columns_of_other_apps_are_resealed_too(settings: Settings) -> None:
    settings.ENCRYPTION_KEYS = (OLD,)
    TicketKey.objects.create(epoch=1, token=seal(b"ticket"))
    settings.ENCRYPTION_KEYS = (NEW, OLD)
    assert "listeners.TicketKey.token: 1 resealed, 0 already were\n" in rotate()
    settings.ENCRYPTION_KEYS = (NEW,)
    assert unseal(TicketKey.objects.get().token) == b"ticket"


def test_an_interrupted_rotation_goes_on_where_it_ended(settings: Settings) -> None:
    settings.ENCRYPTION_KEYS = (OLD,)
    TicketKey.objects.bulk_create(TicketKey(epoch=epoch, token=seal(b"ticket")) for epoch in range(BATCH + 3))
    settings.ENCRYPTION_KEYS = (NEW, OLD)
    damaged = TicketKey.objects.get(epoch=BATCH + 1)
    whole, damaged.token = damaged.token, b"damaged"
    damaged.save()
    with pytest.raises(CommandError, match=rf"TicketKey {BATCH + 1} opens with none"):
        rotate()
    damaged.token = whole
    damaged.save()
    assert f"listeners.TicketKey.token: 2 resealed, {BATCH + 1} already were\n" in rotate()
    assert f"listeners.TicketKey.token: 0 resealed, {BATCH + 3} already were\n" in rotate()


def test_a_row_that_is_written_meanwhile_is_left_alone(settings: Settings) -> None:
    settings.ENCRYPTION_KEYS = (OLD,)
    ticket = TicketKey.objects.create(epoch=1, token=seal(b"before"))
    settings.ENCRYPTION_KEYS = (NEW, OLD)
    renewed = seal(b"after")

    def write_first(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        """Let another writer in, once, just before the resealed token is written."""
        if sql.startswith("UPDATE") and not written:
            written.append(sql)
            TicketKey.objects.filter(pk=ticket.pk).update(token=renewed)
        return execute(sql, *rest)

    written: list[str] = []
    with connection.execute_wrapper(write_first):
        (done,) = rotate_keys([("listeners.TicketKey", "token")])
    assert written
    assert (done.count, bytes(TicketKey.objects.get().token)) == (0, renewed)


def test_every_binary_column_is_sealed_or_known_to_be_public() -> None:
    columns = {
        (model._meta.label, field.name)  # noqa: SLF001 - Django documents it
        for model in apps.get_models()
        for field in model._meta.get_fields()  # noqa: SLF001
        if isinstance(field, BinaryField)
    }
    assert columns == set(sealed_columns()) | PUBLIC


def test_a_secret_that_no_key_opens_stops_the_rotation(settings: Settings) -> None:
    import_leaf()
    settings.ENCRYPTION_KEYS = (NEW,)
    before = bytes(SealedKey.objects.get().token)
    with pytest.raises(CommandError, match="LBADMIN_ENCRYPTION_KEYS"):
        rotate()
    assert bytes(SealedKey.objects.get().token) == before


def test_a_certificate_without_a_key_says_so() -> None:
    imported = import_certificate(ALICE, kind="ca", name="", certificate_pem=make_ca().pem)
    with pytest.raises(NotFoundError):
        open_private_key(imported.version.pk)
