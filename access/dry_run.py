"""Try a write by REST: it is done, answered as if, and taken back."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import Router

from console.errors import InvalidInputError

PARAMETER = "dry_run"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_DESCRIPTION = "Check the request and answer as if it was done, but leave everything as it is."
_OPENAPI = {
    "parameters": [
        {
            "in": "query",
            "name": PARAMETER,
            "required": False,
            "schema": {"type": "boolean", "default": False, "description": _DESCRIPTION},
        }
    ]
}


def offer_dry_run(router: Router) -> Router:
    """Let every write of ``router`` be tried with ``?dry_run=true``; return it.

    Only for writes that touch nothing but the database: what they tell other processes is told at a commit.
    """
    for path in router.path_operations.values():
        for operation in path.operations:
            if not _SAFE & set(operation.methods):
                operation.openapi_extra = {**(operation.openapi_extra or {}), **_OPENAPI}
    router.add_decorator(_taken_back, mode="view")
    router.add_decorator(_understood, mode="operation")
    return router


def _taken_back(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    @wraps(view)
    def run(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method in _SAFE or request.GET.get(PARAMETER) != "true":
            return view(request, *args, **kwargs)
        with transaction.atomic():
            response = view(request, *args, **kwargs)
            transaction.set_rollback(True)
        response["Dry-Run"] = "true"
        return response

    return run


def _understood(operation: Callable[..., Any]) -> Callable[..., Any]:
    """Refuse any other spelling, so that nobody who wants a dry run gets a wet one."""

    @wraps(operation)
    def run(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if request.GET.get(PARAMETER, "false") not in {"true", "false"}:
            raise InvalidInputError(
                _("dry_run cannot be “%(value)s”.") % {"value": request.GET[PARAMETER][:40]},
                "request.dry-run-invalid",
                field=PARAMETER,
                way_out=_("Send dry_run=true, or leave it out."),
            )
        return operation(request, *args, **kwargs)

    return run
