"""The last answer, for errors that nothing else has taken: a page, or a problem for a client of the REST API."""

import sys
from http import HTTPStatus

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from lbadmin.api import problem


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer 503 when it is the database that does not answer, else 500; Django has logged the error."""
    is_database = isinstance(sys.exc_info()[1], (OperationalError, InterfaceError))
    status = HTTPStatus.SERVICE_UNAVAILABLE if is_database else HTTPStatus.INTERNAL_SERVER_ERROR
    if request.path.startswith("/api/"):
        return _problem(status)
    return HttpResponse(render_to_string(f"{status.value}.html"), status=status)


def _problem(status: HTTPStatus) -> HttpResponse:
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        detail = _("The database does not answer, so nothing was read or saved.")
        return problem(status, "database.unavailable", detail, way_out=_("Try again when /readyz answers 200."))
    detail = _("Something broke on our side. Nothing was saved half-way.")
    return problem(status, "server.error", detail, way_out=_("The console's log has the cause."))
