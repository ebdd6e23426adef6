"""REST: jobs, which requests with long work become for whoever prefers that."""

from collections.abc import Sequence
from typing import Annotated, Literal

from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from ninja import Field, Query, Router

from access.actors import user_of
from access.jobs import rows
from access.jobs.answers import RETRY_AFTER, JobAnswerOut, JobOut, job_out, jobs_out
from access.models import ApiToken, Job
from access.rest import PageOut, PageQuery
from console.tables import keyset_page

router = Router(tags=["jobs"])


class JobsQuery(PageQuery):
    """Which jobs are wanted."""

    state: Literal["", "open", "succeeded", "failed", "cancelled"] = Field(
        "", description="`open` are those that are queued, running or stopping."
    )


@router.get("/jobs", response=PageOut[JobOut], operation_id="listJobs")
def list_jobs(request: HttpRequest, wanted: Annotated[JobsQuery, Query()]) -> dict[str, object]:
    """List your jobs, or as an administrator everybody's, newest first; a token sees those in its areas."""
    found = rows.jobs_of(*_asking(request))
    if wanted.state:
        found = found.filter(state=wanted.state)
    page = keyset_page(found, rows.ORDER, wanted.cursor, wanted.limit)
    return {"items": jobs_out(page.items), "next_cursor": page.next_cursor}


@router.get("/jobs/{job_id}", response=JobOut, operation_id="getJob")
def get_job(request: HttpRequest, response: HttpResponse, job_id: str) -> dict[str, object]:
    """Show how far a job is; `Retry-After` says when to ask again while it is not over."""
    user, scopes = _asking(request)
    row = rows.job_by_id(user, job_id, scopes)
    if row.state == Job.State.OPEN:
        response["Retry-After"] = RETRY_AFTER
    return job_out(row)


@router.get("/jobs/{job_id}/answer", response=JobAnswerOut, operation_id="getJobAnswer")
def get_answer(request: HttpRequest, job_id: str) -> dict[str, object]:
    """Show what the request was answered, as it would have been without a job."""
    user, scopes = _asking(request)
    row = rows.job_by_id(user, job_id, scopes)
    return {"status": row.status, "body": rows.answer_of(row)}


@router.post("/jobs/{job_id}/cancel", response=JobOut, operation_id="cancelJob")
def cancel_job(request: HttpRequest, job_id: str) -> dict[str, object]:
    """Have a job not be done, or stop at its next step with nothing done; refused when it is over."""
    user, scopes = _asking(request)
    return job_out(rows.cancel_job(user, job_id, scopes))


def _asking(request: HttpRequest) -> tuple[User, Sequence[str]]:
    """Return who asks, and the scopes of the token that does."""
    token = getattr(request, "auth", None)
    return user_of(request), token.scopes if isinstance(token, ApiToken) else ()  # type: ignore[return-value]
