"""Whether the console lives, and whether it can work: for load balancers, supervisors and scripts."""

import logging
from http import HTTPStatus

import redis
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.db.migrations.exceptions import BadMigrationError, InconsistentMigrationHistory, NodeNotFoundError
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from events.wake import redis_client

logger = logging.getLogger(__name__)

OK = "ok"


@login_not_required
@require_safe
@never_cache
def healthz(request: HttpRequest) -> JsonResponse:
    """Answer 200 while the process can answer at all."""
    return JsonResponse({"status": OK})


@login_not_required
@require_safe
@never_cache
def readyz(request: HttpRequest) -> JsonResponse:
    """Answer 200 when everything that pages need is there, else 503; the body says what is not."""
    checks = {"database": _database(), "redis": _redis()}
    checks["migrations"] = _migrations() if checks["database"] == OK else "unknown"
    is_ready = all(answer == OK for answer in checks.values())
    status = HTTPStatus.OK if is_ready else HTTPStatus.SERVICE_UNAVAILABLE
    return JsonResponse({"status": "ready" if is_ready else "not ready", "checks": checks}, status=status)


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as error:
        logger.warning("not ready: the database does not answer: %s", error)
        return "unreachable"
    return OK


def _redis() -> str:
    try:
        redis_client().ping()
    except redis.RedisError as error:
        logger.warning("not ready: Redis does not answer: %s", error)
        return "unreachable"
    return OK


def _migrations() -> str:
    try:
        executor = MigrationExecutor(connection)
        missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except (DatabaseError, BadMigrationError, InconsistentMigrationHistory, NodeNotFoundError) as error:
        logger.warning("not ready: the migrations cannot be read: %s", error)
        return "unknown"
    if missing:
        logger.warning("not ready: %d migrations are not applied; run manage.py migrate", len(missing))
        return f"{len(missing)} not applied"
    return OK
