"""Jobs as rows: ask for one, look at those one may see, cancel one, forget those that are long over."""

import datetime as dt
import json
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

import redis
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from access.jobs.live import ask_to_stop, live_jobs
from access.models import Job
from access.scopes import AREA_NAMES, READ, WRITE, area_of, covers
from console.errors import ConflictError, DomainError, NotFoundError
from console.ids import is_id
from console.sealing import seal, unseal
from events.work import ask_for

RUN_TASK = "access.tasks.run_open_jobs"
SWEEP_SECONDS = 10
MOST_OPEN = 20  # of one user; each holds a body of megabytes
KEPT = dt.timedelta(days=7)  # once it is over
ORDER = ("-created_at", "id")


class NotStoppableError(DomainError):
    """Say that a job could not be told to stop."""

    status = HTTPStatus.SERVICE_UNAVAILABLE


def ask_for_job(user: User, operation: str, address: str, body: bytes) -> Job:
    """Store a request that was found right, to be done by a worker. Raises ConflictError for one too many."""
    with transaction.atomic():
        if Job.objects.filter(user=user, state=Job.State.OPEN).count() >= MOST_OPEN:
            raise ConflictError(
                _("“%(user)s” has %(most)s jobs that are not over.") % {"user": user.username, "most": MOST_OPEN},
                "job.too-many",
                way_out=_("Wait until one is over, or cancel one."),
            )
        row = Job.objects.create(
            user=user,
            operation=operation,
            area=area_of(address),
            address=address,
            language=translation.get_language() or "en",
            sealed_body=seal(body),
            created_at=timezone.now(),
        )
        transaction.on_commit(wake_worker)
    return row


def wake_worker() -> None:
    """Ask for a worker now; without Redis its next sweep finds the same rows."""
    ask_for(RUN_TASK, expires_seconds=SWEEP_SECONDS)


def jobs_of(user: User, scopes: Sequence[str] = (), level: str = READ) -> QuerySet[Job]:
    """Return the jobs that ``user`` may see: the own ones, an administrator all; a token those in its areas."""
    rows = Job.objects.select_related("user").defer("sealed_body", "sealed_answer")
    if not user.is_superuser:
        rows = rows.filter(user=user)
    return rows.filter(area__in=[area for area in AREA_NAMES if covers(scopes, f"{area}:{level}")])


def job_by_id(user: User, job_id: str, scopes: Sequence[str] = (), level: str = READ) -> Job:
    """Return one of the jobs that ``user`` may see; raise NotFoundError."""
    row = jobs_of(user, scopes, level).filter(pk=job_id).first() if is_id(job_id) else None
    if row is None:
        raise NotFoundError(
            _("There is no job “%(id)s”.") % {"id": job_id[:64]},
            "job.not-found",
            way_out=_("It may have been over for more than %(days)s days; look it up in the list.")
            % {"days": KEPT.days},
        )
    return row


def answer_of(row: Job) -> Any:
    """Return what a job that was done, or refused, was answered. Raises ConflictError before."""
    if row.sealed_answer is None:
        raise ConflictError(
            _("The job has no answer: it is not over, or was cancelled."),
            "job.unanswered",
            way_out=_("Look at its state."),
        )
    return json.loads(unseal(row.sealed_answer))


def cancel_job(user: User, job_id: str, scopes: Sequence[str] = ()) -> Job:
    """Have an open job not be done: at once, or where it is under way at its next step, with nothing done.

    Raises ConflictError when it is over.
    """
    row = job_by_id(user, job_id, scopes, WRITE)
    if not live_jobs([job_id]) and _cancelled(job_id):
        return job_by_id(user, job_id, scopes, WRITE)
    if row.state != Job.State.OPEN:
        raise ConflictError(
            _("The job is over: %(state)s.") % {"state": row.get_state_display()},
            "job.over",
            way_out=_("Look at what it was answered; there is nothing left to stop."),
        )
    try:
        ask_to_stop(job_id)
    except redis.RedisError:
        raise NotStoppableError(
            _("The worker cannot be told to stop: Redis does not answer."), "job.not-stoppable", way_out=_("Try again.")
        ) from None
    return row


def _cancelled(job_id: str) -> bool:
    """Cancel a job that nobody does; tell whether that was so."""
    with transaction.atomic():
        row = locked_open(job_id)
        if row is not None:
            end_job(row, Job.State.CANCELLED)
    return row is not None


def locked_open(job_id: str) -> Job | None:
    """Return an open job for this transaction alone; None when it is over, or another transaction has it."""
    rows = Job.objects.select_related("user").filter(pk=job_id, state=Job.State.OPEN)
    if connection.features.has_select_for_update_skip_locked:
        rows = rows.select_for_update(skip_locked=True, of=("self",))
    return rows.first()


def end_job(row: Job, state: Job.State, answer: HttpResponse | None = None) -> None:
    """Store what became of a job; from now on its request is gone."""
    row.state, row.sealed_body = state, None
    if answer is not None:
        row.status, row.sealed_answer = answer.status_code, seal(answer.content)
    row.finished_at = timezone.now()
    row.save(
        update_fields=[
            *("state", "status", "sealed_body", "sealed_answer", "finished_at"),
            *("started_at", "step", "done", "total"),
        ]
    )


def forget_jobs() -> int:
    """Delete the jobs that have been over for long; return how many."""
    return Job.objects.filter(finished_at__lte=timezone.now() - KEPT).delete()[0]
