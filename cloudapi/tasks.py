"""What beat asks for. Twice, late or never again harms nothing: the rows know what is due."""

import logging

from celery import shared_task
from django.utils import timezone

from cloudapi.cas.deploying import due_jobs, run_job
from cloudapi.jobs import LIFETIME, settle_jobs
from cloudapi.models import Job, TokenAnswer, UsedNonce

logger = logging.getLogger(__name__)


@shared_task(acks_late=False)  # type: ignore[untyped-decorator]  # Celery has no types
def run_due_deployments() -> None:
    """Run the deployment jobs whose time has come, and go on with those that nobody has ended."""
    now = timezone.now()
    for job_id in due_jobs(now).order_by("pk").values_list("pk", flat=True):
        job = run_job(job_id, now)
        logger.info("deployment job %s: %s", job_id, job.status)


@shared_task(acks_late=False)  # type: ignore[untyped-decorator]
def settle_open_jobs() -> None:
    """End the jobs of writes whose outcome is known, so that nobody has to ask at the right moment."""
    settle_jobs()


@shared_task(acks_late=False)  # type: ignore[untyped-decorator]
def forget_answers() -> None:
    """Delete nonces, answers under a ClientToken and jobs that nobody can ask for any more."""
    now = timezone.now()
    UsedNonce.objects.filter(until__lte=now).delete()
    TokenAnswer.objects.filter(until__lte=now).delete()
    Job.objects.filter(created_at__lte=now - LIFETIME).delete()
