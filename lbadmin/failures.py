"""The last answer, for errors that nothing else has taken: a page, or a problem for a client of the REST API."""

import logging
import sys
from http import HTTPStatus

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from lbadmin.api import problem

logger = logging.getLogger(__name__)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer 503 when it is the database that does not answer, else 500; Django has logged the error."""
    is_database = isinstance(sys.exc_info()[1], (OperationalError, InterfaceError))
    status = HTTPStatus.SERVICE_UNAVAILABLE if is_database else HTTPStatus.INTERNAL_SERVER_ERROR
    if request.path.startswith("/api/"):
        return _problem(status)
    return HttpResponse(_page(request, status), status=status)


def _page(request: HttpRequest, status: HTTPStatus) -> str:
    """Return the page, within the console's frame where that can still be made."""
    template = f"{status.value}.html"
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        return render_to_string(template)
    try:
        return render_to_string(template, request=request)
    except Exception:  # the edge of an answer: what broke the page may break the frame around this one too
        logger.exception("the frame of the error page broke too")
        return render_to_string(template)


def _problem(status: HTTPStatus) -> HttpResponse:
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        detail = _("The database does not answer, so nothing was read or saved.")
        return problem(status, "database.unavailable", detail, way_out=_("Try again when /readyz answers 200."))
    detail = _("Something broke on our side. Nothing was saved half-way.")
    return problem(status, "server.error", detail, way_out=_("The console's log has the cause."))
