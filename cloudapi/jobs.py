"""Jobs: a write is stored when it is answered; its job goes on until every node has taken the change."""

import datetime as dt
import uuid
from collections.abc import Sequence

from django.db.models import QuerySet
from django.utils import timezone

from cloudapi.models import Job
from cloudapi.operations import Call
from events.feed import newest_change_id
from listeners.models import NodeStatus
from listeners.states import NODE_LIFETIME

LIFETIME = dt.timedelta(hours=24)


def open_job(call: Call, resource_id: str, at: dt.datetime) -> str:
    """Store the job of a write, in its transaction; return its JobId."""
    kind = call.operation.job
    if kind is None:
        raise ValueError(f"{call.operation.name} has no job")
    row = Job.objects.create(
        product=call.operation.product.name,
        action=call.operation.name,
        resource_type=kind.resource_type,
        resource_id=resource_id[:64],
        operate_type=kind.operate_type,
        change_id=newest_change_id(),
        created_at=at,
    )
    return str(row.pk)


def job_of(product: str, job_id: str) -> Job | None:
    """Return a job of a product."""
    return job_rows(product, [job_id]).first()


def job_rows(product: str, job_ids: Sequence[str]) -> QuerySet[Job]:
    """Return the named jobs of a product, or all of them where none is named."""
    rows = Job.objects.filter(product=product)
    return rows.filter(pk__in=[known for known in map(_uuid, job_ids) if known]) if job_ids else rows


def is_done(job: Job) -> bool:
    """Tell whether every node that is there now has taken the job's change."""
    live = NodeStatus.objects.filter(seen_at__gte=timezone.now() - NODE_LIFETIME)
    return not live.filter(change_cursor__lt=job.change_id).exists()


def _uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
