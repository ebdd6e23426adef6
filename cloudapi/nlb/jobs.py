"""Jobs of NLB."""

from cloudapi.jobs import is_done, job_of
from cloudapi.nlb.product import NLB
from cloudapi.operations import Answer, Call
from cloudapi.wire.fields import text


@NLB.read("GetJobStatus", text("JobId", required=True))
def get_job_status(call: Call) -> Answer:
    """Tell whether every node has taken what a write changed."""
    job = job_of("Nlb", call.given["JobId"])
    if job is None:
        raise call.error("ResourceNotFound.JobId", "There is no such job, or it is older than a day.", 404)
    return {"Status": "Succeeded" if is_done(job) else "processing"}
