"""What every test may ask for."""

import json
import math
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from pytest_django import Settings
from pytest_django.plugin import DjangoDbBlocker

from alerts import context
from events.wake import redis_client
from tests.databases import copy_database, copy_rows, database, exclusively, load_database
from tests.environment import MIGRATED
from tests.postgresql import TEMPLATE, postgresql_cluster
from tests.redis import redis_process

# A busy machine is no failure: nothing here asserts how long something takes. What passed once passes again;
# `make conformance` searches at random, and longer.
LENIENT = hypothesis_settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis_settings.register_profile("gate", LENIENT, derandomize=True)
hypothesis_settings.register_profile("campaign", LENIENT, max_examples=2_000, print_blob=True)
hypothesis_settings.load_profile("gate")


# What needs a database that other connections see; pytest-django empties it after each such test.
TRANSACTIONAL = frozenset({"live_server", "transactional_db", "django_db_serialized_rollback"})
# What takes longest comes first, so that only short tests are left when the workers run out of them.
LONGEST = ("quickstart/", "conformance/", "alerts/test_kill_sender.py", "e2e/")
HERE = Path(__file__).parent
DEFAULT_PERMISSIONS = ("add_", "change_", "delete_", "view_")


def _path(item: pytest.Item) -> str:
    return item.path.relative_to(HERE).as_posix()


def _is_transactional(item: pytest.Item) -> bool:
    marker = item.get_closest_marker("django_db")
    is_marked = marker is not None and marker.kwargs.get("transaction", False)
    return is_marked or bool(TRANSACTIONAL & set(getattr(item, "fixturenames", ())))


def _needs_database(item: pytest.Item) -> bool:
    """Tell whether a test uses the database of the run."""
    return item.get_closest_marker("django_db") is not None or bool(
        (TRANSACTIONAL | {"db"}) & set(getattr(item, "fixturenames", ()))
    )


def _place(item: pytest.Item) -> int:
    """Return where the test belongs; pytest-django orders those that use the database itself."""
    if _needs_database(item):
        return len(LONGEST)
    return next((place for place, start in enumerate(LONGEST) if _path(item).startswith(start)), len(LONGEST))


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> Iterator[None]:
    """Give every transactional test the rows that migrations made, such as the quotas, and order the tests.

    On another database than the usual one run only those that use it.
    """
    restoring = pytest.mark.django_db(transaction=True, serialized_rollback=True)
    for item in items:
        if _is_transactional(item):
            item.add_marker(restoring, append=False)
    if connection.vendor != "sqlite":
        others = [item for item in items if not _needs_database(item)]
        config.hook.pytest_deselected(items=others)
        items[:] = [item for item in items if _needs_database(item)]
    yield
    items.sort(key=_place)


@pytest.fixture(scope="session", autouse=True)
def _scan_was_looked_at() -> None:
    """Have no page look whether the scan runs: which page does so depends on the time, and they count queries."""
    context.SECONDS_KEPT = math.inf
    context.keep("")


@pytest.fixture(scope="session")
def empty_database(django_db_blocker: DjangoDbBlocker) -> Path:
    """Return a migrated SQLite database in a file, to be copied; one worker makes it for all."""
    with exclusively(MIGRATED.with_suffix(".lock")):
        if not MIGRATED.exists():
            made = MIGRATED.with_suffix(".making")
            with django_db_blocker.unblock(), database(made):
                call_command("migrate", verbosity=0)
            copy_database(made, MIGRATED)
    return MIGRATED


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings: None) -> None:
    """Let no worker migrate a database of its own where there is one to copy."""
    options = connection.settings_dict["TEST"]
    options["TEMPLATE"] = os.environ.get(TEMPLATE)
    options["MIGRATE"] = connection.vendor != "sqlite" and not options["TEMPLATE"]


@pytest.fixture(scope="session")
def django_db_setup(request: pytest.FixtureRequest, django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    """Copy the migrated database, and see to it that transactional tests get its rows back without much ado."""
    with django_db_blocker.unblock():
        if connection.vendor == "sqlite":
            load_database(migrated := request.getfixturevalue("empty_database"), connection.connection)
            # Those of the browser have a connection of their own, and get their rows back as Django does it.
            connection.creation.deserialize_db_from_string = lambda data: copy_rows(migrated, connection)  # type: ignore[method-assign]
        if hasattr(connection, "_test_serialized_contents"):  # some tests of this run are transactional
            _leave_out_permissions()


def _leave_out_permissions() -> None:
    """Take the many rows that Django makes by itself, and no test asks for, out of those that tests get back."""
    rows = json.loads(connection.creation.serialize_db_to_string())
    kept = [row for row in rows if not row["fields"].get("codename", "").startswith(DEFAULT_PERMISSIONS)]
    connection._test_serialized_contents = json.dumps(kept)  # type: ignore[attr-defined]  # noqa: SLF001


@pytest.fixture(autouse=True)
def fast_settings(settings: Settings) -> None:
    """Leave out what only production needs: hashed static files and slow password hashes."""
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """Run one Redis for the session."""
    with redis_process() as url:
        yield url


@pytest.fixture
def redis_server(redis_url: str, settings: Settings) -> Iterator[str]:
    """Use a real Redis in this test, on a unix socket; yield its URL."""
    settings.REDIS_URL = redis_url
    redis_client.cache_clear()
    yield redis_url
    redis_client().close()
    redis_client.cache_clear()


@pytest.fixture(scope="session")
def postgresql_url() -> Iterator[str]:
    """Run one real PostgreSQL cluster for the session; yield the URL of its database."""
    with postgresql_cluster() as url:
        yield url
