"""The two questions that a supervisor or a load balancer asks of the console."""

import redis
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from events.wake import redis_client


@require_safe
@login_not_required
@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """Answer 200 while this process answers at all."""
    return HttpResponse("ok\n", content_type="text/plain")


@require_safe
@login_not_required
@never_cache
def readyz(request: HttpRequest) -> HttpResponse:
    """Answer 200 when the database and Redis answer, else 503; say which of them does not."""
    found = {"database": _database_problem() or "ok", "redis": _redis_problem() or "ok"}
    is_ready = all(state == "ok" for state in found.values())
    return JsonResponse({"ready": is_ready, **found}, status=200 if is_ready else 503)


def _database_problem() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as error:
        return type(error).__name__  # its text may name the host and the user
    return ""


def _redis_problem() -> str:
    try:
        redis_client().ping()
    except redis.RedisError as error:
        return type(error).__name__
    return ""
