"""Long requests that a worker does: asked for, done once, told, stopped, and forgotten."""

import datetime as dt
import json
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import DjangoCaptureOnCommitCallbacks

from access.jobs.live import Pulse, ask_to_stop
from access.jobs.rows import MOST_OPEN, forget_jobs
from access.jobs.running import MOST_ATTEMPTS, run_job, run_open
from access.models import Job
from access.tokens import make_token
from certificates.models import Certificate
from console import progress
from events.actor import COMMAND
from listeners.models import ServerGroup
from tests.certs import make_ca

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_server")]

IMPORT = "/api/v1/certificates/import"
APPLY = "/api/v1/manifests/apply"
MANIFEST = {"manifest": {"version": 1, "server_groups": [{"name": "web"}, {"name": "api"}]}}


def send(client: Client, address: str, body: Any = None, **headers: str) -> Any:
    named = {"Prefer": "respond-async", **{name.replace("_", "-"): value for name, value in headers.items()}}
    return client.generic("POST", address, json.dumps(body or {}), "application/json", headers=named)


@pytest.fixture
def job_id(admin_client: Client) -> str:
    """Return a job that applies a manifest."""
    return str(send(admin_client, APPLY, MANIFEST).json()["id"])


def shown(client: Client, job_id: str) -> Any:
    return client.get(f"/api/v1/jobs/{job_id}").json()


def test_a_long_request_is_accepted_then_done_and_answered_as_itself(admin_client: Client) -> None:
    body = {"text": make_ca("Clients").pem.decode()}
    accepted = send(admin_client, IMPORT, body)
    told = accepted.json()
    assert (accepted.status_code, accepted["Preference-Applied"]) == (202, "respond-async")
    assert (told["state"], told["operation"]) == ("queued", "importCertificates")
    assert not Certificate.objects.exists()
    (row,) = run_open()
    assert (row.state, row.sealed_body) == (Job.State.SUCCEEDED, None)
    after = admin_client.get(accepted["Location"]).json()
    assert (after["state"], after["progress"]) == ("succeeded", {"step": "store", "done": 1, "total": 1})
    answer = admin_client.get(after["answer_url"]).json()
    assert answer["status"] == 201
    assert answer["body"]["items"][0]["id"] == Certificate.objects.get().pk
    assert list(run_open()) == []


def test_without_the_preference_it_is_done_at_once(admin_client: Client) -> None:
    assert send(admin_client, APPLY, MANIFEST, Prefer="return=minimal").status_code == 200
    assert not Job.objects.exists()


def test_what_cannot_be_right_is_refused_before_it_is_a_job(admin_client: Client) -> None:
    assert send(admin_client, APPLY, {"manifest": {"version": 9}}).status_code == 422
    assert not Job.objects.exists()


def test_a_job_that_is_refused_says_why_and_does_nothing(admin_client: Client) -> None:
    groups = [{"name": "web"}, {"name": "web2", "ca_certificate": "nobody", "protocol": "HTTPS"}]
    told = send(admin_client, APPLY, {"manifest": {"version": 1, "server_groups": groups}}).json()
    list(run_open())
    after = shown(admin_client, told["id"])
    assert (after["state"], after["status"], after["problem"]["code"]) == (
        "failed",
        404,
        "manifest.certificate-not-found",
    )
    assert not ServerGroup.objects.exists()


def test_the_same_key_names_the_same_job(admin_client: Client) -> None:
    first, again = (send(admin_client, APPLY, MANIFEST, Idempotency_Key="a") for _each in range(2))
    assert (first.json()["id"], again["Location"]) == (again.json()["id"], first["Location"])
    assert Job.objects.count() == 1


def test_a_dry_run_can_be_a_job(admin_client: Client) -> None:
    told = send(admin_client, f"{APPLY}?dry_run=true", MANIFEST).json()
    list(run_open())
    assert len(admin_client.get(f"/api/v1/jobs/{told['id']}/answer").json()["body"]["changes"]) == 2
    assert not ServerGroup.objects.exists()


def test_a_job_under_way_tells_how_far_it_is_and_nobody_begins_it_again(admin_client: Client, job_id: str) -> None:
    with Pulse(job_id) as pulse:
        pulse.hear("apply", 1, 2)
        pulse._beat()  # noqa: SLF001 - not to wait for it
        told = shown(admin_client, job_id)
        assert (told["state"], told["progress"]) == ("running", {"step": "apply", "done": 1, "total": 2})
        assert list(run_open()) == []
    assert shown(admin_client, job_id)["state"] == "queued"  # as after a worker that was killed
    assert [row.state for row in run_open()] == [Job.State.SUCCEEDED]


def test_a_job_that_waits_is_cancelled_at_once(admin_client: Client, job_id: str) -> None:
    assert send(admin_client, f"/api/v1/jobs/{job_id}/cancel").json()["state"] == "cancelled"
    assert list(run_open()) == []
    again = send(admin_client, f"/api/v1/jobs/{job_id}/cancel")
    assert (again.status_code, again.json()["code"]) == (409, "job.over")
    assert admin_client.get(f"/api/v1/jobs/{job_id}/answer").json()["code"] == "job.unanswered"


def test_a_job_under_way_stops_at_its_next_step_with_nothing_done(
    admin_client: Client, job_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def stop(pulse: Pulse, step: str, done: int, total: int) -> None:
        asked.append(send(admin_client, f"/api/v1/jobs/{job_id}/cancel").json()["state"])
        pulse._beat()  # noqa: SLF001
        pulse.check()

    monkeypatch.setattr(Pulse, "hear", stop)
    assert [row.state for row in run_open()] == [Job.State.CANCELLED]
    assert asked == ["stopping"]
    assert not ServerGroup.objects.exists()


def test_a_wish_to_stop_is_heard_by_nobody_else(job_id: str) -> None:
    ask_to_stop("job-another")
    assert [row.state for row in run_open()] == [Job.State.SUCCEEDED]


def test_a_job_that_always_takes_its_worker_down_is_given_up(job_id: str) -> None:
    Job.objects.update(attempts=MOST_ATTEMPTS)
    row = run_job(job_id)
    assert row is not None
    assert (row.state, row.status) == (Job.State.FAILED, 500)


def test_a_job_of_somebody_who_may_no_longer_is_refused(admin_client: Client, admin_user: User, job_id: str) -> None:
    User.objects.update(is_active=False)
    assert [(row.state, row.status) for row in run_open()] == [(Job.State.FAILED, 401)]
    assert not ServerGroup.objects.exists()


def test_jobs_are_seen_by_who_asked_within_the_scopes(client: Client, admin_client: Client, job_id: str) -> None:
    other = User.objects.create_user("other")
    for user, scopes, status in (
        (other, ["read"], 404),
        (User.objects.get(username="admin"), ["certificates:write"], 404),
        (User.objects.get(username="admin"), ["load-balancing:read"], 200),
    ):
        token = make_token(COMMAND, user, scopes=scopes).token
        asked = {"Authorization": f"Bearer {token}"}
        assert client.get(f"/api/v1/jobs/{job_id}", headers=asked).status_code == status
        assert len(client.get("/api/v1/jobs?state=open", headers=asked).json()["items"]) == (status == 200)
        assert client.post(f"/api/v1/jobs/{job_id}/cancel", headers=asked).status_code == 404


def test_one_user_has_only_so_many_open_jobs(admin_client: Client, admin_user: User) -> None:
    now = dt.datetime.now(dt.UTC)
    Job.objects.bulk_create([Job(user=admin_user, created_at=now) for _each in range(MOST_OPEN)])
    assert send(admin_client, APPLY, MANIFEST).json()["code"] == "job.too-many"


def test_jobs_are_forgotten_a_week_after_their_end(job_id: str) -> None:
    list(run_open())
    with time_machine.travel(dt.datetime.now(dt.UTC) + dt.timedelta(days=6)):
        assert forget_jobs() == 0
    with time_machine.travel(dt.datetime.now(dt.UTC) + dt.timedelta(days=8)):
        assert forget_jobs() == 1


def test_a_worker_is_asked_once_the_job_is_stored(
    admin_client: Client,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    asked: list[str] = []
    monkeypatch.setattr("access.jobs.rows.ask_for", lambda task, **_options: asked.append(task))
    with django_capture_on_commit_callbacks(execute=True):
        send(admin_client, APPLY, MANIFEST)
    assert asked == ["access.tasks.run_open_jobs"]


def test_every_step_of_the_work_is_told() -> None:
    heard: list[tuple[str, int, int]] = []
    with progress.listening(lambda *told: heard.append(told)):
        assert list(progress.tracked("ab", progress.STORE)) == ["a", "b"]
    list(progress.tracked("c", progress.STORE))
    assert heard == [("store", 0, 2), ("store", 1, 2), ("store", 2, 2)]
