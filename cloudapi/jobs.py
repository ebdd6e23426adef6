"""Jobs: a write is stored when it is answered; its job goes on until the nodes have taken the change, or will not."""

import datetime as dt
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Q, QuerySet
from django.utils import timezone

from cloudapi.models import Job
from cloudapi.operations import Call
from events.feed import newest_change_id
from events.models import Change
from listeners import selectors
from listeners.models import Listener, NodeStatus
from listeners.states import NODE_LIFETIME, State

LIFETIME = dt.timedelta(hours=24)
# Nodes follow within a second; what they have not taken by then, they do not take without somebody's help.
PATIENCE = dt.timedelta(minutes=1)
REFUSED, LATE = "OperationFailed", "SystemBusy"
_TAKEN = (State.RUNNING, State.STOPPED)


@dataclass(frozen=True, slots=True)
class _Outcome:
    """How a job is; the code says why it failed."""

    status: Job.Status
    code: str = ""
    message: str = ""


_PROCESSING, _SUCCEEDED = _Outcome(Job.Status.PROCESSING), _Outcome(Job.Status.SUCCEEDED)


def open_job(call: Call, resource_id: str, after_change_id: int, at: dt.datetime) -> str:
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
        after_change_id=after_change_id,
        change_id=newest_change_id(),
        created_at=at,
    )
    return str(row.pk)


def job_of(product: str, job_id: str) -> Job | None:
    """Return a job of a product as it is now."""
    return next(iter(settled(job_rows(product, [job_id]))), None)


def job_rows(product: str, job_ids: Sequence[str]) -> QuerySet[Job]:
    """Return the named jobs of a product, or all of them where none is named."""
    rows = Job.objects.filter(product=product)
    return rows.filter(pk__in=[known for known in map(_uuid, job_ids) if known]) if job_ids else rows


def settled(jobs: Iterable[Job]) -> list[Job]:
    """Return jobs as they are now. What has ended once stays so, whatever later changes do."""
    now = timezone.now()
    found = list(jobs)
    for job in found:
        if job.status == Job.Status.PROCESSING:
            _settle(job, now)
    return found


def settle_jobs() -> int:
    """End the jobs that are over though nobody asks for them; return how many are not."""
    open_jobs = settled(Job.objects.filter(status=Job.Status.PROCESSING))
    return sum(job.status == Job.Status.PROCESSING for job in open_jobs)


def _settle(job: Job, now: dt.datetime) -> None:
    outcome = _outcome(job, now)
    if outcome.status == Job.Status.PROCESSING:
        return
    job.status, job.error_code, job.error_message, job.ended_at = outcome.status, outcome.code, outcome.message, now
    open_one = Job.objects.filter(pk=job.pk, status=Job.Status.PROCESSING)
    open_one.update(status=job.status, error_code=job.error_code, error_message=job.error_message, ended_at=now)


def _outcome(job: Job, now: dt.datetime) -> _Outcome:
    live = NodeStatus.objects.filter(seen_at__gte=now - NODE_LIFETIME).exclude(problem=NodeStatus.STOPPED)
    cursors = dict(live.values_list("node", "change_cursor"))
    late = now - job.created_at >= PATIENCE
    behind = sorted(node for node, cursor in cursors.items() if cursor < job.change_id)
    if behind:
        return _late(f"{', '.join(behind)} has not followed the change.") if late else _PROCESSING
    # What the nodes say of listeners is stored before how far they have followed.
    open_ones = [each for each in _listeners_of(job) if each.state not in _TAKEN] if cursors else []
    refused = [each for each in open_ones if each.state == State.REJECTED]
    if refused:
        return _Outcome(Job.Status.FAILED, REFUSED, _words(refused[0]))
    if open_ones:
        return _late(_words(open_ones[0])) if late else _PROCESSING
    return _SUCCEEDED


def _late(message: str) -> _Outcome:
    return _Outcome(Job.Status.FAILED, LATE, f"Stored, and not in force {PATIENCE.seconds} seconds later: {message}")


def _words(listener: Listener) -> str:
    problems = [problem["message"] for status in listener.live_statuses for problem in status.told_problems]
    return f"Listener {listener.pk} is {listener.state}. {' '.join(dict.fromkeys(problems))}".strip()


def _listeners_of(job: Job) -> QuerySet[Listener]:
    """Return the listeners that a job's write changed, themselves or by what they use; those that are left of them."""
    changes = Change.objects.filter(id__gt=job.after_change_id, id__lte=job.change_id)
    ids: dict[str, set[str]] = {}
    for object_type, object_id in changes.values_list("object_type", "object_id"):
        ids.setdefault(object_type, set()).add(object_id)
    groups = ids.get("server_group", set())
    touched = (
        Q(pk__in=ids.get("listener", ()))
        | Q(load_balancer__in=ids.get("load_balancer", ()))
        | Q(server_group__in=groups)
        | Q(security_policy__in=ids.get("security_policy", ()))
        | Q(rules__server_groups__server_group__in=groups)
    )
    return selectors.listener_rows().filter(pk__in=Listener.objects.filter(touched).values("pk"))


def _uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
