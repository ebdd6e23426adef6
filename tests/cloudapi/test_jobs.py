"""Jobs of writes: they end when the nodes have taken the change, or will not take it."""

import datetime as dt

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from access.access_keys import NewAccessKey
from cloudapi.models import Job
from cloudapi.tasks import settle_open_jobs
from dataplane.observations import write_node, write_states
from dataplane.status import ENGINE_REFUSED, Observation, State
from listeners.models import Listener
from tests.cloudapi.signing import ask_v1, told
from tests.factories import group_of, make_listener

pytestmark = pytest.mark.django_db
NODE = "node-1"


def follow(cursor: int) -> None:
    """Say what a node says of itself."""
    now = timezone.now()
    write_node(NODE, pid=1, change_cursor=cursor, started_at=now)


def observe(listener: Listener, state: State, *reasons: str) -> None:
    """Say what a node says of a listener."""
    problems = tuple({"code": ENGINE_REFUSED, "parameters": {"reason": each}, "message": each} for each in reasons)
    write_states(NODE, [Observation(listener.pk, state, "v2", "v1", None, problems)])


def asked_to_change(client: Client, key: NewAccessKey, listener: Listener) -> Job:
    answer = ask_v1(client, key, Action="UpdateListenerAttribute", ListenerId=listener.pk, IdleTimeout="17")
    return Job.objects.get(pk=answer.json()["JobId"])


def status_of(client: Client, key: NewAccessKey, job: Job) -> str:
    return str(ask_v1(client, key, Action="GetJobStatus", JobId=str(job.pk)).json()["Status"])


def listed(client: Client, key: NewAccessKey, job: Job) -> dict[str, object]:
    """Return the job as ALB lists it."""
    Job.objects.filter(pk=job.pk).update(product="Alb")
    answer = ask_v1(client, key, Action="ListAsynJobs", Version="2020-06-16", **{"JobIds.1": str(job.pk)})
    return dict(answer.json()["Jobs"][0])


def test_job_goes_on_until_every_node_has_taken_its_change(client: Client, access_key: NewAccessKey) -> None:
    follow(0)
    listener = make_listener(protocol="TCP")
    job = asked_to_change(client, access_key, listener)
    assert status_of(client, access_key, job) == "processing"
    observe(listener, State.PENDING)
    follow(job.change_id)
    assert status_of(client, access_key, job) == "processing"
    observe(listener, State.RUNNING)
    assert status_of(client, access_key, job) == "Succeeded"


def test_job_of_what_the_engine_refuses_fails_with_its_words(client: Client, access_key: NewAccessKey) -> None:
    follow(0)
    listener = make_listener(protocol="TCP")
    job = asked_to_change(client, access_key, listener)
    observe(listener, State.REJECTED, "no such cipher")
    follow(job.change_id)
    assert status_of(client, access_key, job) == "Failed"
    told_of = listed(client, access_key, job)
    assert (told_of["Status"], told_of["ErrorCode"]) == ("Failed", "OperationFailed")
    assert "no such cipher" in str(told_of["ErrorMessage"])
    assert int(str(told_of["ModifyTime"])) >= int(str(told_of["CreateTime"]))


def test_job_that_no_node_takes_in_time_fails(client: Client, access_key: NewAccessKey) -> None:
    follow(0)
    job = asked_to_change(client, access_key, make_listener(protocol="TCP"))
    with time_machine.travel(timezone.now() + dt.timedelta(minutes=2), tick=False):
        follow(0)
        settle_open_jobs()
        told_of = listed(client, access_key, job)
    assert (told_of["Status"], told_of["ErrorCode"]) == ("Failed", "SystemBusy")
    assert NODE in str(told_of["ErrorMessage"])


def test_what_has_ended_stays_so(client: Client, access_key: NewAccessKey) -> None:
    listener = make_listener(protocol="TCP")
    job = asked_to_change(client, access_key, listener)
    observe(listener, State.RUNNING)
    follow(job.change_id)
    assert status_of(client, access_key, job) == "Succeeded"
    observe(listener, State.REJECTED, "a later change")
    assert status_of(client, access_key, job) == "Succeeded"


def test_change_of_a_server_group_waits_for_the_listeners_that_use_it(client: Client, access_key: NewAccessKey) -> None:
    listener = make_listener(protocol="TCP")
    make_listener(protocol="TCP")  # another group's, which nobody serves
    ask = {"Action": "UpdateServerGroupAttribute", "ServerGroupId": group_of(listener).pk, "Scheduler": "Wlc"}
    job = Job.objects.get(pk=ask_v1(client, access_key, **ask).json()["JobId"])
    observe(listener, State.PENDING)
    follow(job.change_id)
    assert status_of(client, access_key, job) == "processing"
    observe(listener, State.RUNNING)
    assert status_of(client, access_key, job) == "Succeeded"


def test_job_of_another_product_is_not_found(client: Client, access_key: NewAccessKey) -> None:
    job = asked_to_change(client, access_key, make_listener(protocol="TCP"))
    Job.objects.update(product="Alb")
    ask = {"Action": "GetJobStatus", "JobId": str(job.pk)}
    assert told(ask_v1(client, access_key, **ask)) == (404, "ResourceNotFound.JobId")


def test_products_without_dry_runs_refuse_them(client: Client, access_key: NewAccessKey) -> None:
    ask = {"Action": "ListCsr", "Version": "2020-04-07", "DryRun": "true"}
    assert told(ask_v1(client, access_key, **ask))[0] == 400
    assert told(ask_v1(client, access_key, **{**ask, "DryRun": "false"})) == (200, "")
