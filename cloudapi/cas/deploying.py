"""Deployment jobs: certificates take the place of others on listeners, each where its names fit, now or later."""

import datetime as dt
import logging
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from certificates.models import Certificate, Kind
from cloudapi.cas.placing import fitting, put
from cloudapi.cas.resources import names_of_slot, slots
from cloudapi.deployment import DeploymentJob, DeploymentTarget
from console.errors import ConflictError, DomainError, InvalidInputError, NotFoundError
from events.actor import Actor
from events.feed import recording

Status = DeploymentJob.Status
MOST_TARGETS = 200
LONGEST_NAME = 200
# Whoever began a job and did not end it within this time has died; the slots that are left are done by another.
LOST_AFTER = dt.timedelta(minutes=5)
WAITING = (Status.EDITING, Status.PENDING, Status.SCHEDULING)

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class JobFields:
    """What a client says of a job; None leaves a job's as it is."""

    name: str | None = None
    certificates: Sequence[Certificate] | None = None
    slots: Sequence[int] | None = None
    contacts: Sequence[int] | None = None
    scheduled_at: dt.datetime | None = None


def create_job(actor: Actor, fields: JobFields, job_type: str = "user") -> DeploymentJob:
    """Store a job, which does nothing until it is submitted; raise DomainError for what it cannot be about."""
    with recording(actor) as changes:
        job = DeploymentJob.objects.create(job_type=job_type, created_by=actor.name, user_id=actor.user_id)
        _change(job, fields)
        changes.record("deployment_job.created", job, f"Created deployment job “{job.name}”")
    return job


def update_job(actor: Actor, job_id: int, fields: JobFields) -> DeploymentJob:
    """Change a job that has not begun."""
    with recording(actor) as changes:
        job = _waiting(job_id)
        _change(job, fields)
        changes.record("deployment_job.updated", job, f"Changed deployment job “{job.name}”")
    return job


def delete_job(actor: Actor, job_id: int) -> None:
    """Delete a job; what it deployed stays deployed."""
    with recording(actor) as changes:
        job = job_by_id(job_id)
        if job.status == Status.PROCESSING:
            raise _wrong_status(job)
        changes.record("deployment_job.deleted", job, f"Deleted deployment job “{job.name}”")
        job.delete()


def submit_job(actor: Actor, job_id: int) -> DeploymentJob:
    """Run a job that has not begun, or have it run at its time."""
    now = timezone.now()
    with recording(actor) as changes:
        job = _waiting(job_id)
        is_later = job.scheduled_at is not None and job.scheduled_at > now
        job.status = Status.SCHEDULING if is_later else Status.PENDING
        job.save(update_fields=["status", "updated_at"])
        changes.record("deployment_job.submitted", job, f"Submitted deployment job “{job.name}”")
    return job if is_later else run_job(job_id, now)


def withdraw_job(actor: Actor, job_id: int) -> DeploymentJob:
    """Take back a job that has not begun, so that it can be changed."""
    with recording(actor) as changes:
        job = _waiting(job_id)
        job.status = Status.EDITING
        job.save(update_fields=["status", "updated_at"])
        changes.record("deployment_job.withdrawn", job, f"Withdrew deployment job “{job.name}”")
    return job


def due_jobs(now: dt.datetime) -> QuerySet[DeploymentJob]:
    """Return the jobs whose time has come, and those that nobody has ended."""
    is_due = Q(status=Status.PENDING) | Q(status=Status.SCHEDULING, scheduled_at__lte=now)
    is_lost = Q(status=Status.PROCESSING, started_at__lte=now - LOST_AFTER)
    return DeploymentJob.objects.filter(is_due | is_lost)


def run_job(job_id: int, now: dt.datetime) -> DeploymentJob:
    """Deploy to every slot that is left of a due job; one that fails stops no other."""
    if due_jobs(now).filter(pk=job_id).update(status=Status.PROCESSING, started_at=now) == 0:
        return job_by_id(job_id)
    job = job_by_id(job_id)
    actor = Actor(name=job.created_by, via="cloud", user_id=job.user_id)
    for target in job.targets.filter(status=DeploymentTarget.Status.PENDING):
        _run_target(actor, job, target)
    failed = job.targets.exclude(status=DeploymentTarget.Status.SUCCESS).exists()
    job.status, job.ended_at = Status.ERROR if failed else Status.SUCCESS, timezone.now()
    job.save(update_fields=["status", "ended_at", "updated_at"])
    return job


def job_by_id(job_id: int) -> DeploymentJob:
    """Return a job; raise NotFoundError."""
    job = DeploymentJob.objects.select_related("user").filter(pk=job_id).first()
    if job is None:
        raise NotFoundError(
            _("There is no deployment job %(id)s.") % {"id": job_id},
            "deployment-job.not-found",
            way_out=_("It may have been deleted; look it up in the list."),
        )
    return job


def _run_target(actor: Actor, job: DeploymentJob, target: DeploymentTarget) -> None:
    try:
        with transaction.atomic():
            target.certificate = _deployed(actor, job, target)
        target.status, target.problem = DeploymentTarget.Status.SUCCESS, ""
    except DomainError as error:
        logger.warning("deployment job %s, slot %s: %s", job.pk, target.slot, error)
        target.status, target.problem = DeploymentTarget.Status.ERROR, str(error)[:500]
    target.save(update_fields=["certificate", "status", "problem"])


def _deployed(actor: Actor, job: DeploymentJob, target: DeploymentTarget) -> Certificate:
    """Put the certificate that fits into the slot and return it."""
    if job.user is None or not job.user.is_active:
        raise ConflictError(_("Whoever made this job may do nothing here any more."), "deployment-job.user")
    binding = slots().filter(pk=target.slot).first()
    if binding is None:
        raise NotFoundError(
            _("The listener has no certificate in slot %(id)s any more.") % {"id": target.slot}, "binding.not-found"
        )
    certificate = fitting(binding, _candidates(job))
    if certificate is None:
        raise ConflictError(
            _("None of the certificates is for %(names)s.") % {"names": ", ".join(names_of_slot(binding)[:10])},
            "deployment-job.none-fits",
            way_out=_("Give a certificate that has one of these names."),
        )
    put(actor, binding, certificate)
    return certificate


def _candidates(job: DeploymentJob) -> list[Certificate]:
    found = job.certificates.select_related("current_version").prefetch_related("current_version__names")
    return list(found)


def _change(job: DeploymentJob, fields: JobFields) -> None:
    if fields.name is not None:
        job.name = _checked_name(fields.name)
    if fields.contacts is not None:
        job.contacts = list(fields.contacts)
    if fields.scheduled_at is not None:
        job.scheduled_at = fields.scheduled_at
    job.save()
    if fields.certificates is not None:
        job.certificates.set(_checked_certificates(fields.certificates))
    if fields.slots is not None:
        _set_targets(job, fields.slots)
    _match(job)


def _set_targets(job: DeploymentJob, wanted: Sequence[int]) -> None:
    found = {binding.pk: binding for binding in slots().filter(pk__in=wanted)}
    for slot in wanted:
        if slot not in found:
            raise NotFoundError(
                _("There is no resource %(id)s to deploy to.") % {"id": slot},
                "deployment-job.no-resource",
                way_out=_("Look up the resources that there are."),
            )
    if not 0 < len(found) <= MOST_TARGETS:
        raise _invalid(_("A job is for 1 to %(limit)s resources.") % {"limit": MOST_TARGETS}, "ResourceIds")
    job.targets.all().delete()
    DeploymentTarget.objects.bulk_create(
        DeploymentTarget(job=job, slot=slot, binding=found[slot], product=found[slot].listener.load_balancer.product)
        for slot in dict.fromkeys(wanted)
    )


def _match(job: DeploymentJob) -> None:
    """Note which certificate would go where, as things are now."""
    candidates = _candidates(job)
    found = {binding.pk: binding for binding in slots().filter(pk__in=job.targets.values("slot"))}
    for target in job.targets.all():
        binding = found.get(target.slot)
        target.certificate = fitting(binding, candidates) if binding else None
        target.save(update_fields=["certificate"])


def _checked_name(text: str) -> str:
    name = " ".join(text.split())
    if not 0 < len(name) <= LONGEST_NAME or not name.isprintable():
        raise _invalid(_("A job's name has 1 to %(limit)s characters.") % {"limit": LONGEST_NAME}, "Name")
    return name


def _checked_certificates(certificates: Sequence[Certificate]) -> Sequence[Certificate]:
    for certificate in certificates:
        if certificate.kind != Kind.SERVER:
            raise _invalid(
                _("“%(name)s” is of the kind “%(kind)s”; only certificates of servers are deployed.")
                % {"name": certificate.name, "kind": certificate.get_kind_display()},
                "CertIds",
            )
    if not certificates:
        raise _invalid(_("A job needs at least one certificate."), "CertIds")
    return certificates


def _waiting(job_id: int) -> DeploymentJob:
    job = job_by_id(job_id)
    if job.status not in WAITING:
        raise _wrong_status(job)
    return job


def _wrong_status(job: DeploymentJob) -> ConflictError:
    return ConflictError(
        _("Deployment job “%(name)s” is %(status)s.") % {"name": job.name, "status": job.get_status_display().lower()},
        "deployment-job.status",
        way_out=_("Create another job."),
    )


def _invalid(message: str, field: str) -> InvalidInputError:
    return InvalidInputError(message, "deployment-job.invalid", field=field)
