"""The pages of deployment jobs: which there are, and what came of each listener that one is for."""

from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from alerts.models import Contact
from cloudapi.cas.contacts import OBJECT_TYPE as CONTACT
from cloudapi.cas.deploying import job_by_id
from cloudapi.deployment import DeploymentJob, DeploymentTarget
from cloudapi.numbers import objects_with
from console.tables import keyset_page
from console.templatetags.console import pill

Status = DeploymentJob.Status
_COLOURS = {
    Status.EDITING: "grey",
    Status.PENDING: "blue",
    Status.SCHEDULING: "blue",
    Status.PROCESSING: "blue",
    Status.SUCCESS: "green",
    Status.ERROR: "red",
}


def _jobs() -> QuerySet[DeploymentJob]:
    failed = Count("targets", filter=Q(targets__status=DeploymentTarget.Status.ERROR))
    return DeploymentJob.objects.annotate(target_count=Count("targets"), failed_count=failed)


def _pill(status: str, word: str) -> str:
    return pill(_COLOURS[Status(status)], word)


@require_safe
def deployment_job_list(request: HttpRequest) -> HttpResponse:
    """List deployment jobs, newest first."""
    page = keyset_page(_jobs(), ("-id",), request.GET.get("cursor", ""))
    rows = [(job, _pill(job.status, job.get_status_display())) for job in page]
    return render(request, "cloudapi/deployment_job_list.html", {"page": page, "rows": rows})


@require_safe
def deployment_job_detail(request: HttpRequest, job_id: int) -> HttpResponse:
    """Show a deployment job and what came of each of its listeners."""
    job = job_by_id(job_id)
    targets = job.targets.select_related("binding__listener__load_balancer", "binding__certificate", "certificate")
    context = {
        "job": job,
        "state": _pill(job.status, job.get_status_display()),
        "certificates": job.certificates.order_by("name", "pk"),
        "contacts": Contact.objects.filter(pk__in=objects_with(CONTACT, job.contacts).values()),
        "results": [(target, _pill(target.status, target.get_status_display())) for target in targets],
        "is_open": job.status in {Status.PENDING, Status.SCHEDULING, Status.PROCESSING},
    }
    return render(request, "cloudapi/deployment_job_detail.html", context)
