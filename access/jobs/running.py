"""Do jobs: the request that was asked for, in one transaction with what it was answered.

So a job is done once. A worker that is killed leaves nothing behind but an open row, which the next sweep takes up.
"""

import io
import json
import logging
from collections.abc import Iterator
from http import HTTPStatus
from urllib.parse import urlsplit

from django.contrib.auth.models import AnonymousUser, User
from django.core.handlers.wsgi import WSGIRequest
from django.db import OperationalError, transaction
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.urls import resolve
from django.utils import translation

from access.jobs.live import Pulse, live_jobs
from access.jobs.rows import end_job, locked_open
from access.models import Job
from console.progress import StoppedError, listening
from console.sealing import unseal

MOST_ATTEMPTS = 5  # a job that takes its worker down with it is given up
_DONE = range(200, 300)

logger = logging.getLogger(__name__)


def who_asked(request: HttpRequest) -> User | None:
    """Return whose job a request is, as an authentication of the API; None for requests from outside."""
    return getattr(request, "job_user", None)


def run_open() -> Iterator[Job]:
    """Do what is open, oldest first, and yield what became of each."""
    done: set[str] = set()
    while job_id := _next(done):
        done.add(job_id)
        if row := run_job(job_id):
            yield row


def _next(done: set[str]) -> str:
    """Return an open job that nobody does."""
    rows = Job.objects.filter(state=Job.State.OPEN).exclude(pk__in=done)
    waiting = list(rows.order_by("created_at", "pk").values_list("pk", flat=True)[:100])
    live = live_jobs(waiting)
    return next((job_id for job_id in waiting if job_id not in live), "")


def run_job(job_id: str) -> Job | None:
    """Do a job and return what became of it; None when it is over, or somebody else does it."""
    if not Job.objects.filter(pk=job_id, state=Job.State.OPEN).update(attempts=F("attempts") + 1):
        return None
    with Pulse(job_id) as pulse:
        try:
            with transaction.atomic():
                row = locked_open(job_id)
                if row is None:
                    return None
                return _done(row, pulse)
        except StoppedError:
            return _ended(job_id, pulse, Job.State.CANCELLED)
        except OperationalError as error:  # of the database, not of the work: the next sweep tries again
            logger.warning("job %s could not be done now: %s", job_id, error)
            return None
        except Exception:  # the edge of a worker: the row says so, and the next job goes on
            logger.exception("job %s broke", job_id)
            return _ended(job_id, pulse, Job.State.FAILED, _broken())


def _done(row: Job, pulse: Pulse) -> Job:
    """Do the work of a row that this transaction has."""
    if row.attempts > MOST_ATTEMPTS:
        answer = _broken()
    else:
        with listening(pulse.hear), translation.override(row.language), transaction.atomic():
            answer = _answered(row)
            pulse.check()
            if answer.status_code not in _DONE:
                transaction.set_rollback(True)
    is_done = answer.status_code in _DONE
    _note(row, pulse)
    end_job(row, Job.State.SUCCEEDED if is_done else Job.State.FAILED, answer)
    return row


def _ended(job_id: str, pulse: Pulse, state: Job.State, answer: HttpResponse | None = None) -> Job | None:
    with transaction.atomic():
        row = locked_open(job_id)
        if row is not None:
            _note(row, pulse)
            end_job(row, state, answer)
    return row


def _note(row: Job, pulse: Pulse) -> None:
    live = pulse.live
    row.started_at, row.step, row.done, row.total = live.started_at, live.step, live.done, live.total


def _answered(row: Job) -> HttpResponse:
    """Return what the API answers to the request of a job."""
    request = _request_of(row)
    view, args, kwargs = resolve(request.path)
    answer: HttpResponse = view(request, *args, **kwargs)
    return answer


def _request_of(row: Job) -> WSGIRequest:
    body, address = unseal(row.sealed_body or b""), urlsplit(row.address)
    request = WSGIRequest(
        {
            "REQUEST_METHOD": "POST",
            "PATH_INFO": address.path,
            "QUERY_STRING": address.query,
            "CONTENT_TYPE": "application/json",
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.input": io.BytesIO(body),
        }
    )
    request.job_user = row.user if row.user.is_active else None  # type: ignore[attr-defined]
    request.user = row.user if row.user.is_active else AnonymousUser()
    return request


def _broken() -> HttpResponse:
    problem = {
        "type": "about:blank",
        "title": HTTPStatus.INTERNAL_SERVER_ERROR.phrase,
        "status": HTTPStatus.INTERNAL_SERVER_ERROR,
        "code": "job.broken",
        "detail": "The job broke and nothing was done; the worker's log says why.",
    }
    return HttpResponse(json.dumps(problem), status=HTTPStatus.INTERNAL_SERVER_ERROR)
