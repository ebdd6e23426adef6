"""Jobs of ALB."""

import datetime as dt
from typing import Any

from cloudapi.alb.product import ALB
from cloudapi.jobs import job_rows, settled
from cloudapi.lists import page, paging
from cloudapi.models import Job
from cloudapi.operations import Answer, Call
from cloudapi.wire.fields import integer, text, texts

_LATEST = 4_102_444_800_000  # 2100, in milliseconds


@ALB.read(
    "ListAsynJobs",
    texts("JobIds", most=10),
    text("ResourceType"),
    texts("ResourceIds", most=10),
    text("ApiName"),
    integer("BeginTime", 0, _LATEST),
    integer("EndTime", 0, _LATEST),
    *paging(),
)
def list_jobs(call: Call) -> Answer:
    """List jobs of the last day, newest first."""
    given = call.given
    rows = job_rows("Alb", given.get("JobIds", []))
    if given.get("ResourceType"):
        rows = rows.filter(resource_type=given["ResourceType"].lower())
    if given.get("ResourceIds"):
        rows = rows.filter(resource_id__in=given["ResourceIds"])
    if given.get("ApiName"):
        rows = rows.filter(action=given["ApiName"])
    if "BeginTime" in given:
        rows = rows.filter(created_at__gte=_moment(given["BeginTime"]))
    if "EndTime" in given:
        rows = rows.filter(created_at__lte=_moment(given["EndTime"]))
    found, told = page(call, rows, ("-created_at", "pk"))
    return {"Jobs": [_told(job) for job in settled(found)], **told}


def _moment(milliseconds: int) -> dt.datetime:
    return dt.datetime.fromtimestamp(milliseconds / 1000, dt.UTC)


def _told(job: Job) -> dict[str, Any]:
    return {
        "Id": str(job.pk),
        "ApiName": job.action,
        "ResourceId": job.resource_id,
        "ResourceType": job.resource_type,
        "OperateType": job.operate_type,
        "Status": job.status,
        "ErrorCode": job.error_code,
        "ErrorMessage": job.error_message,
        "CreateTime": _milliseconds(job.created_at),
        "ModifyTime": _milliseconds(job.ended_at or job.created_at),
    }


def _milliseconds(moment: dt.datetime) -> int:
    return int(moment.timestamp() * 1000)
