"""How jobs are told by REST, and the answer to a request that became one."""

import re
from collections.abc import Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Any, Literal

from django.http import HttpRequest, HttpResponse
from ninja import Field, Schema

from access.actors import user_of
from access.jobs.live import live_jobs
from access.jobs.rows import answer_of, ask_for_job
from access.models import Job

PREFER = "Prefer"
RETRY_AFTER = "1"  # seconds
_ASYNC = re.compile(r"(?:^|,)\s*respond-async\s*(?:$|[,;])", re.IGNORECASE)


class ProgressOut(Schema):
    """How far a job is."""

    step: str = Field(description="`read`, `make-keys`, `sign`, `store` or `apply`; empty before the first.")
    done: int
    total: int = Field(description="Of this step; 0 where it is not known.")


class JobOut(Schema):
    """Work that a worker does."""

    id: str
    operation: str = Field(description="The `operationId` of the request.")
    user: str
    state: Literal["queued", "running", "stopping", "succeeded", "failed", "cancelled"]
    progress: ProgressOut
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    status: int | None = Field(description="With which the request was answered, once it is.")
    answer_url: str | None = Field(description="Where the answer is, once there is one.")
    problem: dict[str, Any] | None = Field(description="Why it failed: what the request was answered, as a problem.")


class JobAnswerOut(Schema):
    """What the request of a job was answered."""

    status: int
    body: Any


def jobs_out(rows: Sequence[Job]) -> list[dict[str, object]]:
    """Return jobs as they are told, with what their workers say of them now."""
    live = live_jobs([row.pk for row in rows if row.state == Job.State.OPEN])
    told = []
    for row in rows:
        now = live.get(row.pk)
        state = row.state
        if state == Job.State.OPEN:
            state = "queued" if now is None else ("stopping" if now.is_stopping else "running")
        progress = now or row
        told.append(
            {
                **{name: getattr(row, name) for name in ("id", "operation", "created_at", "finished_at", "status")},
                "user": row.user.get_username(),
                "state": state,
                "progress": {name: getattr(progress, name) for name in ("step", "done", "total")},
                "started_at": progress.started_at,
                "answer_url": f"/api/v1/jobs/{row.pk}/answer" if row.status else None,
                "problem": answer_of(row) if row.state == Job.State.FAILED else None,
            }
        )
    return told


def job_out(row: Job) -> dict[str, object]:
    """Return one job as it is told."""
    return jobs_out([row])[0]


def prefers_job(request: HttpRequest) -> bool:
    """Tell whether a request prefers to be answered at once, before its work is done (RFC 7240)."""
    return bool(_ASYNC.search(request.headers.get(PREFER, "")))


def accepted_job(request: HttpRequest, operation: str) -> HttpResponse:
    """Have a worker do a request that was found right; return the answer that names its job."""
    row = ask_for_job(user_of(request), operation, request.get_full_path(), request.body)  # type: ignore[arg-type]
    content = JobOut.model_validate(job_out(row)).model_dump_json()
    headers = {"Location": f"/api/v1/jobs/{row.pk}", "Preference-Applied": "respond-async", "Retry-After": RETRY_AFTER}
    return HttpResponse(content, status=HTTPStatus.ACCEPTED, headers=headers, content_type="application/json")
