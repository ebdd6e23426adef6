"""The pages of deployment jobs."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from cloudapi.cas.deploying import JobFields, create_job, submit_job
from cloudapi.deployment import DeploymentJob
from events.actor import Actor
from listeners.models import Binding, Listener
from tests.factories import make_listener, make_server_certificate

pytestmark = pytest.mark.django_db


@pytest.fixture
def listeners() -> list[Listener]:
    return [make_listener(certificate_id=make_server_certificate(name).pk) for name in ("shop.test", "other.test")]


@pytest.fixture
def job(admin_user: User, listeners: list[Listener]) -> DeploymentJob:
    """Return a job of two listeners, one of which no certificate of the job fits."""
    actor = Actor(name=admin_user.get_username(), via="cloud", user_id=admin_user.pk)
    slots = [Binding.objects.get(listener=each).pk for each in listeners]
    new = make_server_certificate("shop.test")
    return submit_job(actor, create_job(actor, JobFields("<b>spring</b>", [new], slots)).pk)


def test_a_job_is_listed_with_what_failed(admin_client: Client, job: DeploymentJob) -> None:
    text = admin_client.get(reverse("deployment-job-list")).content.decode()
    assert "&lt;b&gt;spring&lt;/b&gt;" in text
    assert "pill-red" in text
    assert reverse("deployment-job-detail", args=[job.pk]) in text


def test_a_job_shows_what_came_of_each_listener(
    admin_client: Client, job: DeploymentJob, listeners: list[Listener]
) -> None:
    text = admin_client.get(reverse("deployment-job-detail", args=[job.pk])).content.decode()
    for listener in listeners:
        assert reverse("listener-certificates", args=[listener.pk]) in text
    failed = job.targets.get(status="error")
    assert failed.problem.partition(" ")[0] in text
    assert (text.count("pill-green"), text.count("pill-red")) == (1, 2)  # the slots, and the job itself


def test_a_slot_that_is_gone_is_said_to_be(admin_client: Client, job: DeploymentJob, listeners: list[Listener]) -> None:
    Binding.objects.filter(listener=listeners[0]).delete()
    text = admin_client.get(reverse("deployment-job-detail", args=[job.pk])).content.decode()
    assert "no longer there" in text


def test_the_list_takes_as_many_queries_for_many_jobs(
    admin_client: Client, job: DeploymentJob, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(5):
        DeploymentJob.objects.create(name=str(number), created_by="x")
    with django_assert_max_num_queries(12):
        admin_client.get(reverse("deployment-job-list"))


@pytest.mark.parametrize("name", ["deployment-job-list", "deployment-job-detail"])
def test_pages_are_for_those_who_are_signed_in(client: Client, name: str) -> None:
    address = reverse(name, args=[1] if name.endswith("detail") else [])
    assert client.get(address).status_code == 302
    assert client.post(address).status_code in {302, 403, 405}


def test_a_job_that_is_not_there_is_not_found(admin_client: Client) -> None:
    assert admin_client.get(reverse("deployment-job-detail", args=[404])).status_code == 404
    assert admin_client.get("/deployment-jobs/9223372036854775808/").status_code == 404
    assert "No deployment job yet" in admin_client.get(reverse("deployment-job-list")).content.decode()
