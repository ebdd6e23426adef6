"""Pages of jobs."""

import json
from http import HTTPStatus

import pytest
from django.contrib.auth.models import User
from django.test import Client

from access.jobs.live import Pulse
from access.jobs.running import run_open
from access.models import Job

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_server")]


@pytest.fixture
def job_id(admin_client: Client) -> str:
    """Return a job whose manifest names a certificate that is not there."""
    groups = [{"name": "web", "protocol": "HTTPS", "ca_certificate": "nobody"}]
    body = json.dumps({"manifest": {"version": 1, "server_groups": groups}})
    headers = {"Prefer": "respond-async"}
    told = admin_client.post("/api/v1/manifests/apply", body, "application/json", headers=headers)
    return str(told.json()["id"])


def test_a_job_is_followed_until_it_says_why_it_failed(admin_client: Client, job_id: str) -> None:
    address = f"/jobs/{job_id}/"
    with Pulse(job_id) as pulse:
        pulse.hear("apply", 3, 4)
        pulse._beat()  # noqa: SLF001 - not to wait for it
        page = admin_client.get(address).text
    assert "Running" in page
    assert "Applying 3/4" in page
    assert "every 2s" in page
    list(run_open())
    page = admin_client.get(address).text
    assert "There is no certificate “nobody”." in page
    assert "every 2s" not in page
    assert "Failed" in admin_client.get("/jobs/?state=failed").text
    assert "No job is in this state" in admin_client.get("/jobs/?state=cancelled").text


def test_a_job_that_waits_is_cancelled_once(admin_client: Client, job_id: str) -> None:
    said = [admin_client.post(f"/jobs/{job_id}/cancel/", follow=True).text for _each in range(2)]
    assert "nothing was done" in said[0]
    assert "The job is over" in said[1]
    assert Job.objects.get().state == Job.State.CANCELLED


def test_jobs_of_others_are_not_there(client: Client, job_id: str) -> None:
    client.force_login(User.objects.create_user("other"))
    assert "No jobs yet" in client.get("/jobs/").text
    assert client.get(f"/jobs/{job_id}/").status_code == HTTPStatus.NOT_FOUND
    assert client.post(f"/jobs/{job_id}/cancel/").status_code == HTTPStatus.NOT_FOUND
    assert client.get(f"/jobs/{job_id}/cancel/").status_code == HTTPStatus.METHOD_NOT_ALLOWED
    client.logout()
    assert client.get("/jobs/")["Location"].startswith("/sign-in/")
