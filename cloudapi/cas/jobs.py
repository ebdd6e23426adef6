"""Deployment jobs by their operations."""

import datetime as dt
import json
from collections import Counter
from typing import Any

from django.db.models import QuerySet

from alerts.models import Contact
from certificates.models import Certificate
from cloudapi import certificate_words as words
from cloudapi.cas import deploying
from cloudapi.cas.contacts import OBJECT_TYPE as CONTACT
from cloudapi.cas.product import CAS
from cloudapi.cas.resources import ACCOUNT, PRODUCTS
from cloudapi.certificate_rows import certificate_named
from cloudapi.deployment import DeploymentJob, DeploymentTarget
from cloudapi.identifiers import cert_id, certificate_id, rows_for
from cloudapi.numbered_pages import page_of, paging, renamed_total
from cloudapi.numbers import objects_with
from cloudapi.operations import Answer, Call
from cloudapi.wire.fields import integer, text

JOB_ID = integer("JobId", 1, required=True)
CODES = {
    **{f"deployment-job.invalid@{name}": f"400 InvalidParameter.{name}" for name in ("Name", "CertIds", "ResourceIds")},
    "deployment-job.status": "400 OperationDenied.StatusNotSupport",
    "certificate.not-found": "404 NotFound",
}
TYPES = ("user", "cloud")
STATUSES = tuple(DeploymentJob.Status.values)
LACKS = "contacts are kept and shown, and are told of nothing"
LARGEST_SECONDS = 100_000_000_000  # a later moment is given in milliseconds, as the console of the cloud does
LATEST_SECONDS = 253_402_300_799
LONGEST_LIST = 4000
INSTANCE = "cas-deploy-"


@CAS.write(
    "CreateDeploymentJob",
    text("Name", required=True, high=200),
    text("JobType", choices=TYPES, default="user"),
    text("CertIds", required=True, high=LONGEST_LIST),
    text("ResourceIds", required=True, high=LONGEST_LIST),
    text("ContactIds", high=LONGEST_LIST),
    integer("ScheduleTime", 0),
    lacks=LACKS,
    codes=CODES,
)
def create(call: Call) -> Answer:
    """Make a job; it does nothing until its status is set to pending."""
    job = deploying.create_job(call.actor, _fields(call), call.given["JobType"])
    return {"JobId": job.pk}


@CAS.write(
    "UpdateDeploymentJob",
    JOB_ID,
    text("Name", high=200),
    *(text(name, high=LONGEST_LIST) for name in ("CertIds", "ResourceIds", "ContactIds")),
    integer("ScheduleTime", 0),
    lacks=LACKS,
    codes=CODES,
)
def update(call: Call) -> None:
    """Change a job that has not begun."""
    deploying.update_job(call.actor, call.given["JobId"], _fields(call))


@CAS.write(
    "UpdateDeploymentJobStatus",
    JOB_ID,
    text("Status", choices=("pending", "scheduling", "editing"), default="pending"),
    codes=CODES,
)
def update_status(call: Call) -> Answer:
    """Submit a job, which then runs at once or at its time; or take it back."""
    move = deploying.withdraw_job if call.given["Status"] == "editing" else deploying.submit_job
    job = move(call.actor, call.given["JobId"])
    return {"Data": {"JobId": job.pk, "Status": job.status}}


@CAS.write("DeleteDeploymentJob", JOB_ID, codes=CODES)
def delete(call: Call) -> None:
    """Delete a job; what it deployed stays deployed."""
    deploying.delete_job(call.actor, call.given["JobId"])


@CAS.read("DescribeDeploymentJob", JOB_ID, codes=CODES, lacks=LACKS)
def show(call: Call) -> Answer:
    """Show a job."""
    job = _jobs().filter(pk=deploying.job_by_id(call.given["JobId"]).pk).get()
    config = {"certIds": _cert_ids(job), "resourceIds": [target.slot for target in job.targets.all()]}
    return {**_facts(job), "Config": json.dumps(config), "CasContacts": _contacts(job)}


@CAS.read("DescribeDeploymentJobStatus", JOB_ID, codes=CODES)
def show_status(call: Call) -> Answer:
    """Count what came of a job's resources."""
    job = _jobs().filter(pk=deploying.job_by_id(call.given["JobId"]).pk).get()
    targets = list(job.targets.all())
    of_status = Counter(target.status for target in targets)
    succeeded = of_status[DeploymentTarget.Status.SUCCESS]
    return {
        "ResourceCount": len(targets),
        "WorkerCount": len(targets),
        "MatchWorkerCount": sum(target.certificate_id is not None for target in targets),
        "SuccessCount": succeeded,
        "FailedCount": of_status[DeploymentTarget.Status.ERROR],
        "CertCount": len(job.certificates.all()),
        "UseCount": succeeded,
        "CostCount": succeeded,
        **dict.fromkeys(("BuyCount", "RollbackCount", "RollbackSuccessCount", "RollbackFailedCount"), 0),
        "ProductWorkerCount": [
            {"ProductName": PRODUCTS[product], "Count": count}
            for product, count in sorted(Counter(target.product for target in targets).items())
        ],
    }


@CAS.read(
    "ListDeploymentJob",
    text("JobType", choices=(*TYPES, "trustee")),
    text("Status", choices=STATUSES),
    text("CertId", high=64),
    text("InstanceId", high=64),
    *paging(50),
)
def list_jobs(call: Call) -> Answer:
    """List the jobs, newest first."""
    page, facts = page_of(call, _wanted(call))
    return {**renamed_total(facts), "Data": [_facts(job) for job in page]}


def _jobs() -> QuerySet[DeploymentJob]:
    return DeploymentJob.objects.prefetch_related("targets", "certificates__current_version__names")


def _wanted(call: Call) -> QuerySet[DeploymentJob]:
    given, found = call.given, _jobs()
    if kind := given.get("JobType"):
        found = found.filter(job_type=kind)
    if status := given.get("Status"):
        found = found.filter(status=status)
    if identifier := given.get("CertId"):
        found = found.filter(certificates=certificate_id(identifier))
    if instance := given.get("InstanceId"):
        number = instance.removeprefix(INSTANCE)
        found = found.filter(pk=int(number)) if number.isascii() and number.isdecimal() else found.none()
    return found


def _fields(call: Call) -> deploying.JobFields:
    given = call.given
    return deploying.JobFields(
        name=given.get("Name"),
        certificates=_certificates(given["CertIds"]) if given.get("CertIds") else None,
        slots=_whole_numbers(call, "ResourceIds") if given.get("ResourceIds") else None,
        contacts=_contact_numbers(call) if given.get("ContactIds") else None,
        scheduled_at=_moment(call, given["ScheduleTime"]) if given.get("ScheduleTime") else None,
    )


def _certificates(text: str) -> list[Certificate]:
    return [certificate_named(identifier) for identifier in words.listed(text)]


def _whole_numbers(call: Call, name: str) -> list[int]:
    parts = words.listed(call.given[name])
    longest = len(str(2**63)) - 1
    if not all(part.isascii() and part.isdecimal() and len(part) < longest for part in parts):
        raise call.error(f"InvalidParameter.{name}", f"{name} has whole numbers with commas between them.")
    return [int(part) for part in parts]


def _contact_numbers(call: Call) -> list[int]:
    numbers = _whole_numbers(call, "ContactIds")
    known = objects_with(CONTACT, numbers)
    there = set(Contact.objects.filter(pk__in=known.values()).values_list("pk", flat=True))
    for number in numbers:
        if known.get(number) not in there:
            raise call.error("NotFound", f"There is no contact {number}; ListContact has those that there are.", 404)
    return numbers


def _moment(call: Call, number: int) -> dt.datetime:
    seconds = number / 1000 if number > LARGEST_SECONDS else number
    if seconds > LATEST_SECONDS:
        raise call.error("InvalidParameter.ScheduleTime", "ScheduleTime is a Unix time.")
    return dt.datetime.fromtimestamp(seconds, dt.UTC)


def _cert_ids(job: DeploymentJob) -> list[int]:
    numbers = rows_for(certificate.pk for certificate in job.certificates.all())
    return [cert_id(row) for row in numbers.values()]


def _contacts(job: DeploymentJob) -> list[dict[str, str]]:
    known = objects_with(CONTACT, job.contacts)
    found = Contact.objects.in_bulk(known.values())
    return [
        {"Id": str(number), "Name": found[pk].name, "Email": found[pk].email, "Mobile": ""}
        for number, pk in known.items()
        if pk in found
    ]


def _facts(job: DeploymentJob) -> dict[str, Any]:
    versions = [each.current_version for each in job.certificates.all() if each.current_version]
    names = dict.fromkeys(name.value for version in versions for name in version.names.all())
    products = dict.fromkeys(PRODUCTS[target.product] for target in job.targets.all())
    return {
        "Id": job.pk,
        "InstanceId": f"{INSTANCE}{job.pk}",
        "Name": job.name,
        "JobType": job.job_type,
        "Status": job.status,
        "CertType": "upload",
        "CertDomain": words.joined(names),
        "ProductName": words.joined(products),
        "UserId": ACCOUNT,
        "Del": 0,
        "Rollback": 0,
        "ScheduleTime": words.milliseconds_text(job.scheduled_at),
        "StartTime": words.milliseconds_text(job.started_at),
        "EndTime": words.milliseconds_text(job.ended_at),
        "GmtCreate": words.milliseconds_text(job.created_at),
        "GmtModified": words.milliseconds_text(job.updated_at),
    }
