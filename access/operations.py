"""What every REST operation can do beside its own work: be tried, be sent again, be asked for news, be limited.

One decorator of the whole API. Operations that reach other hosts, or hand out a key, are named here: what they do
cannot be taken back, so they can neither be tried nor repeated from memory. So are those whose work can be long: a
worker does it as a job for whoever prefers that.
"""

import hashlib
import inspect
from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import NinjaAPI
from ninja.operation import Operation

from access.jobs.answers import PREFER, accepted_job, prefers_job
from access.parameters import Parameters, parameters_of
from access.rates import tell_rate
from access.repeating import HEADER, claim, key_of, remember
from access.request_counts import Rate
from access.rest import is_known
from access.scopes import is_question
from console.errors import InvalidInputError

Run = Callable[..., HttpResponse]

DRY_RUN = "dry_run"
OUTWARD = frozenset(
    {
        "addRevocationList",
        "checkWatchedAddress",
        "createAcmeAccount",
        "deleteAcmeAccount",
        "exportCertificateKey",
        "fetchRevocationList",
        "resendDelivery",
        "runScan",
        "testChannel",
        "updateAcmeAccount",
        "uploadRevocationList",
    }
)
LONG = frozenset(
    {
        "applyManifest",
        "importCertificates",
        "inspectCertificates",
        "issueCertificates",
        "labelCertificates",
        "planManifest",
        "publishRevocationList",
    }
)
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_DONE = range(200, 300)


def equip(api: NinjaAPI) -> None:
    """Give every operation of ``api`` what is said above; called once, before its routers are added."""
    api.add_decorator(_within, mode="view")
    api.add_decorator(_before_work, mode="operation")


class _Call:
    """One request on its way through an operation."""

    def __init__(self, operation_id: str, parameters: Parameters) -> None:
        self.operation_id = operation_id
        self.parameters = parameters
        self.outward = operation_id in OUTWARD
        self.answer: Any = None  # the row that a repeated request will find
        self.looked_at_revision = False


def _within(run: Run) -> Run:
    operation: Operation = inspect.unwrap(run).__self__
    name = operation.operation_id or ""
    is_write = not _SAFE & set(operation.methods)
    outward = name in OUTWARD
    _describe(operation, is_write=is_write, outward=outward)
    parameters = parameters_of(operation, *([DRY_RUN] if is_write else []))

    @wraps(run)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        call = request.rest_call = _Call(name, parameters)  # type: ignore[attr-defined]
        if not is_write:
            response = _with_news(request, run(request, *args, **kwargs))
        elif outward or _is_plain(request):
            response = run(request, *args, **kwargs)
        else:
            response = _in_one_transaction(request, call, lambda: run(request, *args, **kwargs))
        rate: Rate | None = getattr(request, "rate", None)
        if rate is not None:
            tell_rate(rate, response)
        return response

    return answer


def _is_plain(request: HttpRequest) -> bool:
    """Tell whether a write asks for nothing but itself."""
    return DRY_RUN not in request.GET and not {HEADER, "If-Match"} & set(request.headers)


def _in_one_transaction(request: HttpRequest, call: _Call, run: Callable[[], HttpResponse]) -> HttpResponse:
    with transaction.atomic():
        response = run()
        if response.status_code not in _DONE:
            transaction.set_rollback(True)
        elif request.GET.get(DRY_RUN) == "true" and response.status_code != HTTPStatus.ACCEPTED:
            transaction.set_rollback(True)
            response["Dry-Run"] = "true"
        elif call.answer is not None:
            remember(call.answer, response)
    return response


def _before_work(work: Callable[..., Any]) -> Callable[..., Any]:
    """Run when the caller is known and the request fits its schema, just before the work."""

    @wraps(work)
    def run(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        call: _Call = request.rest_call  # type: ignore[attr-defined]
        call.parameters.refuse_others(request.GET)
        if request.method in _SAFE:
            return work(request, *args, **kwargs)
        _refuse_other_spelling(request)
        key = key_of(request)
        is_dry = request.GET.get(DRY_RUN) == "true"
        if call.outward and (key or is_dry):
            raise _refused_outward(DRY_RUN if is_dry else HEADER)
        if key and not is_dry:
            call.answer = claim(request, key)
        if call.operation_id in LONG and prefers_job(request):
            return accepted_job(request, call.operation_id)
        result = work(request, *args, **kwargs)
        if not call.outward and not call.looked_at_revision:
            _refuse_unread_condition(request)
        return result

    return run


def _refuse_other_spelling(request: HttpRequest) -> None:
    """Refuse any other spelling, so that nobody who wants a dry run gets a wet one."""
    if request.GET.get(DRY_RUN, "false") not in {"true", "false"}:
        raise InvalidInputError(
            _("dry_run cannot be “%(value)s”.") % {"value": request.GET[DRY_RUN][:40]},
            "request.dry-run-invalid",
            field=DRY_RUN,
            way_out=_("Send dry_run=true, or leave it out."),
        )


def _refused_outward(name: str) -> InvalidInputError:
    return InvalidInputError(
        _("This reaches out of lbadmin and cannot be taken back, so it takes no %(name)s.") % {"name": name},
        "request.not-repeatable",
        field=name,
        way_out=_("Leave it out."),
    )


def _refuse_unread_condition(request: HttpRequest) -> None:
    """Refuse a condition that the work did not look at; the transaction around it takes the work back."""
    if request.headers.get("If-Match", "*").strip() != "*":
        raise InvalidInputError(
            _("What this writes has no revision, so it takes no If-Match."),
            "request.if-match-not-applicable",
            field="If-Match",
            way_out=_("Leave it out."),
        )


def _with_news(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Answer 304 to whoever has this answer already; what has no ETag of its own gets one of its content."""
    if response.status_code != HTTPStatus.OK or not hasattr(response, "content"):
        return response
    if "ETag" in response:  # a revision: what the nodes observe changes without it
        return response
    tag = hashlib.sha256(response.content).hexdigest()[:32]
    if is_known(request, tag):
        return HttpResponse(status=HTTPStatus.NOT_MODIFIED, headers={"ETag": f'W/"{tag}"'})
    response["ETag"] = f'W/"{tag}"'
    return response


def _describe(operation: Operation, *, is_write: bool, outward: bool) -> None:
    """Tell the description of the API which headers and parameters an operation takes."""
    parameters: list[dict[str, Any]] = []
    if not is_write:
        parameters.append(_parameter("If-None-Match", "The weak ETag of a known answer: 304 while it is the same."))
    elif not outward:
        parameters.append(_DRY_RUN)
        parameters.append(_parameter(HEADER, "A fresh text: the same request with it is done once, within 24 hours."))
    if is_write and "{" in operation.path and not is_question(operation.path):
        parameters.append(_parameter("If-Match", "The ETag of the object as it was read: 412 if it changed since."))
    if operation.operation_id in LONG:
        parameters.append(_parameter(PREFER, "`respond-async`: a worker does it, and the answer is its job (202)."))
    extra = dict(operation.openapi_extra or {})
    operation.openapi_extra = {**extra, "parameters": [*extra.get("parameters", []), *parameters]}


def _parameter(name: str, description: str) -> dict[str, Any]:
    return {"in": "header", "name": name, "required": False, "description": description, "schema": {"type": "string"}}


_DRY_RUN: dict[str, Any] = {
    "in": "query",
    "name": DRY_RUN,
    "required": False,
    "description": "Check the request and answer as if it was done, but leave everything as it is.",
    "schema": {"type": "boolean", "default": False},
}
