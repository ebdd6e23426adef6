"""The REST API: one router an app, one shape of error (RFC 9457 problem+json)."""

import json
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from ninja.errors import AuthenticationError, HttpError, ValidationError

from access.api import router as access_router
from access.auth import BearerToken, SignedIn
from access.jobs.api import router as jobs_router
from access.jobs.running import who_asked
from access.operations import equip
from access.rates import TooManyRequestsError
from access.repeating import AnsweredError
from access.rest import CleanParser
from alerts.api import router as alerts_router
from authorities.api import router as authorities_router
from certificates.api import router as certificates_router
from console.errors import DomainError
from dashboard.api import router as dashboard_router
from lbadmin.description import DescribedApi
from lbadmin.documentation import Documentation
from listeners.api import router as listeners_router
from manifests.api import router as manifests_router
from renewals.api import router as renewals_router
from watchlist.api import router as watchlist_router

api = DescribedApi(
    title="lbadmin",
    version="1",
    description="Everything that the console can do. Errors are application/problem+json (RFC 9457).",
    urls_namespace="api",
    parser=CleanParser(),
    auth=[who_asked, BearerToken(), SignedIn()],
    docs=Documentation(),
    docs_url="/docs",
    openapi_url="/openapi.json",
)
equip(api)
api.add_router("", access_router)
api.add_router("", jobs_router)
api.add_router("", certificates_router)
api.add_router("", watchlist_router)
api.add_router("", authorities_router)
api.add_router("", renewals_router)
api.add_router("", listeners_router)
api.add_router("", alerts_router)
api.add_router("", dashboard_router)
api.add_router("", manifests_router)


def problem(status: int, code: str, detail: str, **more: Any) -> HttpResponse:
    """Return an answer of RFC 9457; ``more`` are its further members, empty ones left out."""
    body = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "code": code, "detail": detail}
    return HttpResponse(
        json.dumps({**body, **{key: value for key, value in more.items() if value}}),
        status=status,
        content_type="application/problem+json",
    )


@api.exception_handler(DomainError)
def answer_domain_error(request: HttpRequest, error: DomainError) -> HttpResponse:
    """Answer what a service refused, with the field at fault and the way out."""
    parts = [{"field": part.field, "message": part.message} for part in error.parts]
    answer = problem(error.status, error.code, error.message, field=error.field, way_out=error.way_out, errors=parts)
    if isinstance(error, TooManyRequestsError):
        answer["Retry-After"] = str(error.retry_after)
    return answer


@api.exception_handler(AnsweredError)
def answer_again(request: HttpRequest, error: AnsweredError) -> HttpResponse:
    """Answer what the same request was answered before."""
    return error.answer


@api.exception_handler(ValidationError)
def answer_invalid_request(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """Answer a request that does not fit the schema, without repeating its values: they may be secret."""
    problems = [{"field": _field_of(e["loc"]), "message": e["msg"]} for e in error.errors]
    first = problems[0]
    detail = f"{first['field']}: {first['message']}" if first["field"] else first["message"]
    way_out = "/api/v1/docs shows what each field takes."
    return problem(422, "request.invalid", detail, field=first["field"], way_out=way_out, errors=problems)


def _field_of(place: Sequence[str | int]) -> str:
    """Return a field as the client spells it; a body's come after ``body`` and the name of our parameter."""
    spelt = place[2:] if place[0] == "body" else place[1:]
    return ".".join(str(part) for part in spelt)


@csrf_exempt  # it does nothing that could be forged
@login_not_required
def no_such_address(request: HttpRequest) -> HttpResponse:
    """Answer an address of the API that is none."""
    return problem(
        404, "request.no-such-address", f"There is no {request.path[:200]}.", way_out="See /api/v1/openapi.json."
    )


@api.exception_handler(AuthenticationError)
def answer_unauthenticated(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    """Say how to authenticate."""
    answer = problem(
        401,
        "request.unauthenticated",
        "The request has no valid bearer token.",
        way_out="Send “Authorization: Bearer TOKEN”; manage.py createtoken USER makes a token.",
    )
    answer["WWW-Authenticate"] = "Bearer"
    return answer


@api.exception_handler(RequestDataTooBig)
def answer_too_large(request: HttpRequest, error: RequestDataTooBig) -> HttpResponse:
    """Answer a body that was not even read."""
    limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    return problem(
        413,
        "request.too-large",
        f"The request has more than {limit} bytes and was not read.",
        way_out="Send less at once; a certificate with its chain and key needs a hundredth of that.",
    )


@api.exception_handler(HttpError)
def answer_http_error(request: HttpRequest, error: HttpError) -> HttpResponse:
    """Answer what the framework refused, such as a body that is not JSON."""
    way_out = "Send JSON of the kind that /api/v1/docs shows."
    return problem(error.status_code, "request.refused", str(error), way_out=way_out)
