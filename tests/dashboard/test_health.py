"""What supervisors ask."""

import pytest
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client

from events.wake import redis_client

pytestmark = pytest.mark.django_db


def test_a_living_process_is_healthy_for_anybody(client: Client) -> None:
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


@pytest.mark.usefixtures("redis_server")
def test_ready_when_everything_answers(client: Client) -> None:
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json() == {"status": "ready", "checks": {"database": "ok", "redis": "ok", "migrations": "ok"}}


def test_not_ready_without_redis(client: Client) -> None:
    redis_client.cache_clear()
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["checks"]["redis"] == "unreachable"


@pytest.mark.usefixtures("redis_server")
def test_not_ready_before_every_migration_is_applied(client: Client) -> None:
    newest = MigrationRecorder.Migration.objects.filter(app="access").latest("name")
    newest.delete()
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["checks"]["migrations"] == "1 not applied"


@pytest.mark.parametrize("address", ["/healthz", "/readyz"])
def test_other_methods_are_refused(client: Client, address: str) -> None:
    assert client.post(address).status_code == 405
