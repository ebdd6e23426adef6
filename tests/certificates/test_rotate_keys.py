"""Sealing secrets, and sealing them again with a new key."""

from io import StringIO

import pytest
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command
from pytest_django import Settings

from certificates.keys import open_private_key, register_sealed_field, seal, unseal
from certificates.models import SealedKey
from certificates.services import import_certificate
from console.errors import ConflictError, NotFoundError
from listeners.models import TicketKey
from tests.certificates.repository import ALICE, import_leaf
from tests.certs import make_ca, make_leaf

pytestmark = pytest.mark.django_db
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
    assert "certificates.SealedKey.token: 3\n" in rotate()
    settings.ENCRYPTION_KEYS = (NEW,)
    assert [open_private_key(version.pk) for version in versions] == [leaf.key_pem for leaf in leaves]


def test_columns_of_other_apps_are_resealed_too(settings: Settings) -> None:
    register_sealed_field("listeners.TicketKey", "token")
    settings.ENCRYPTION_KEYS = (OLD,)
    TicketKey.objects.create(epoch=1, token=seal(b"ticket"))
    settings.ENCRYPTION_KEYS = (NEW, OLD)
    assert "listeners.TicketKey.token: 1\n" in rotate()
    settings.ENCRYPTION_KEYS = (NEW,)
    assert unseal(TicketKey.objects.get().token) == b"ticket"


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
