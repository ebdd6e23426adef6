"""Pages of jobs: which there are, how far one is, and stopping it."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from access.jobs import rows
from access.jobs.answers import job_out, jobs_out
from access.models import Job
from console.errors import ConflictError
from console.tables import keyset_page
from console.terminal import STEP_WORDS

OPERATION_WORDS = {
    "applyManifest": gettext_lazy("Apply a manifest"),
    "importCertificates": gettext_lazy("Import certificates"),
    "inspectCertificates": gettext_lazy("Inspect files of certificates"),
    "issueCertificates": gettext_lazy("Issue certificates from a table"),
    "labelCertificates": gettext_lazy("Label certificates"),
    "planManifest": gettext_lazy("Plan a manifest"),
    "publishRevocationList": gettext_lazy("Publish a revocation list"),
}
STATE_WORDS = {
    "queued": ("grey", gettext_lazy("Queued")),
    "running": ("blue", gettext_lazy("Running")),
    "stopping": ("yellow", gettext_lazy("Stopping")),
    "succeeded": ("green", gettext_lazy("Succeeded")),
    "failed": ("red", gettext_lazy("Failed")),
    "cancelled": ("grey", gettext_lazy("Cancelled")),
}


@require_safe
def job_list(request: HttpRequest) -> HttpResponse:
    """List the jobs that one may see, newest first."""
    found = rows.jobs_of(request.user)  # type: ignore[arg-type]  # signed in
    state = request.GET.get("state", "")
    if state in Job.State.values:
        found = found.filter(state=state)
    page = keyset_page(found, rows.ORDER, request.GET.get("cursor", ""))
    context = {
        "page": page,
        "jobs": [_shown(told) for told in jobs_out(page.items)],
        "states": Job.State.choices,
        "state": state,
    }
    return render(request, "access/job_list.html", context)


@require_safe
def job_detail(request: HttpRequest, job_id: str) -> HttpResponse:
    """Show how far a job is, or what became of it."""
    row = rows.job_by_id(request.user, job_id)  # type: ignore[arg-type]  # signed in
    context = {"job": _shown(job_out(row)), "is_open": row.state == Job.State.OPEN}
    return render(request, "access/job_detail.html", context)


@require_POST
def job_cancel(request: HttpRequest, job_id: str) -> HttpResponse:
    """Have a job not be done, or stop."""
    try:
        row = rows.cancel_job(request.user, job_id)  # type: ignore[arg-type]  # signed in
    except ConflictError as error:
        messages.info(request, str(error))
    else:
        is_over = row.state == Job.State.CANCELLED
        messages.success(
            request, _("The job is cancelled; nothing was done.") if is_over else _("The job stops at its next step.")
        )
    return redirect("job-detail", job_id)


def _shown(told: dict[str, object]) -> dict[str, object]:
    """Return a job as pages show it, with words for its codes."""
    colour, word = STATE_WORDS[str(told["state"])]
    progress: dict[str, object] = told["progress"]  # type: ignore[assignment]  # as job_out makes it
    step = STEP_WORDS.get(str(progress["step"]), "")
    title = OPERATION_WORDS.get(str(told["operation"]), told["operation"])
    return {**told, "title": title, "colour": colour, "word": word, "step": step}
