"""What every test may ask for."""

import json
from collections.abc import Iterator

import pytest
from django.db import connection
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from pytest_django import Settings

from events.wake import redis_client
from tests.postgresql import postgresql_cluster
from tests.redis import redis_process

# A busy machine is no failure: nothing here asserts how long something takes. What passed once passes again;
# `make conformance` searches at random, and longer.
LENIENT = hypothesis_settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis_settings.register_profile("gate", LENIENT, derandomize=True)
hypothesis_settings.register_profile("campaign", LENIENT, max_examples=2_000, print_blob=True)
hypothesis_settings.load_profile("gate")


# What needs a database that other connections see; pytest-django empties it after each such test.
TRANSACTIONAL = frozenset({"live_server", "transactional_db", "django_db_serialized_rollback"})
DEFAULT_PERMISSIONS = ("add_", "change_", "delete_", "view_")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give every transactional test the rows that migrations made, such as the quotas."""
    restoring = pytest.mark.django_db(transaction=True, serialized_rollback=True)
    for item in items:
        marker = item.get_closest_marker("django_db")
        is_marked = marker is not None and marker.kwargs.get("transaction", False)
        if is_marked or TRANSACTIONAL & set(getattr(item, "fixturenames", ())):
            item.add_marker(restoring, append=False)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None) -> None:
    """Leave Django's own permissions, which nothing here asks for, out of the rows that every such test gets back."""
    if not hasattr(connection, "_test_serialized_contents"):
        return  # no test of this run is transactional
    rows = json.loads(connection._test_serialized_contents)  # noqa: SLF001
    kept = [row for row in rows if not row["fields"].get("codename", "").startswith(DEFAULT_PERMISSIONS)]
    connection._test_serialized_contents = json.dumps(kept)  # noqa: SLF001


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
