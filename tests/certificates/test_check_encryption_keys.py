"""Keys that do not open what is stored are found before anything starts with them."""

import io
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.db import OperationalError, connection
from pytest_django import Settings

from certificates.checks import check_encryption_keys
from certificates.keys import seal
from listeners.models import TicketKey
from tests.certificates.repository import import_leaf
from tests.certs import make_leaf

pytestmark = pytest.mark.django_db
OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()
WRONG = "LBADMIN_ENCRYPTION_KEYS: none of these keys opens"


def problems() -> list[str]:
    return [str(found.msg) for found in check_encryption_keys(databases=["default"])]


def test_keys_that_open_what_is_stored_are_accepted(settings: Settings) -> None:
    assert problems() == []
    settings.ENCRYPTION_KEYS = (OLD,)
    import_leaf()
    settings.ENCRYPTION_KEYS = (NEW, OLD)
    assert problems() == []


def test_keys_that_open_nothing_are_refused_by_name(settings: Settings) -> None:
    import_leaf()
    settings.ENCRYPTION_KEYS = (NEW,)
    assert problems() == [f"{WRONG} what is sealed in the database (certificates.SealedKey.token)."]


def test_a_key_taken_away_before_all_was_resealed_is_missed(settings: Settings) -> None:
    settings.ENCRYPTION_KEYS = (OLD,)
    import_leaf(make_leaf("old.example.test"))
    settings.ENCRYPTION_KEYS = (NEW, OLD)
    import_leaf(make_leaf("new.example.test"))
    settings.ENCRYPTION_KEYS = (NEW,)
    assert len(problems()) == 1


def test_secrets_of_other_apps_count_too(settings: Settings) -> None:
    TicketKey.objects.create(epoch=1, token=seal(b"ticket"))
    settings.ENCRYPTION_KEYS = (NEW,)
    assert "listeners.TicketKey.token" in problems()[0]


@pytest.mark.parametrize("command", ["migrate", "check", "runlistener"])
def test_commands_that_start_lbadmin_refuse_them(command: str, settings: Settings) -> None:
    every: dict[str, dict[str, Any]] = {"migrate": {"skip_checks": False}, "check": {"databases": ["default"]}}
    import_leaf()
    settings.ENCRYPTION_KEYS = (NEW,)
    with pytest.raises(SystemCheckError, match=WRONG):
        call_command(command, stderr=io.StringIO(), **every.get(command, {}))


def test_an_absent_database_is_not_blamed_on_the_keys() -> None:
    def refuse(*_arguments: object) -> None:
        raise OperationalError("away")

    with connection.execute_wrapper(refuse):
        assert problems() == []


@pytest.mark.parametrize(
    "change", ["RENAME TO certificates_away", "RENAME COLUMN token TO away"], ids=["table", "column"]
)
def test_what_the_database_does_not_have_yet_is_passed_over(settings: Settings, change: str) -> None:
    import_leaf()
    settings.ENCRYPTION_KEYS = (NEW,)
    assert problems()
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE certificates_sealedkey {change}")
    assert problems() == []
