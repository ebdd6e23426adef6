"""Jobs of NLB."""

from cloudapi.jobs import job_of
from cloudapi.models import Job
from cloudapi.nlb.product import NLB
from cloudapi.operations import Answer, Call
from cloudapi.wire.fields import text


@NLB.read("GetJobStatus", text("JobId", required=True))
def get_job_status(call: Call) -> Answer:
    """Tell whether the nodes have taken what a write changed, or will not."""
    job = job_of("Nlb", call.given["JobId"])
    if job is None:
        raise call.error("ResourceNotFound.JobId", "There is no such job, or it is older than a day.", 404)
    return {"Status": "processing" if job.status == Job.Status.PROCESSING else job.status}
