"""Deployment jobs by the official client of the certificate service."""

import datetime as dt
from typing import Any

import pytest
from alibabacloud_cas20200407 import models
from alibabacloud_cas20200407.client import Client
from django.contrib.auth.models import User
from django.utils import timezone

from alerts.models import Contact
from certificates.models import Certificate
from cloudapi.deployment import DeploymentJob
from cloudapi.identifiers import cert_id, rows_for
from cloudapi.tasks import run_due_deployments
from listeners import services
from listeners.models import Binding, Listener
from tests.certs import make_leaf, rsa_key
from tests.cloudapi.clients import refusal
from tests.factories import OPERATOR, make_listener, make_server_certificate, store_certificate

pytestmark = pytest.mark.django_db


@pytest.fixture
def listener() -> Listener:
    """A listener with a default and an additional certificate."""
    made = make_listener(certificate_id=make_server_certificate("default.test").pk)
    additional = make_server_certificate("shop.test", "www.shop.test").pk
    services.add_additional_certificates(OPERATOR, made.pk, certificate_ids=[additional])
    return made


def number(certificate: Certificate) -> int:
    return cert_id(rows_for([certificate.pk])[certificate.pk])


def slot(listener: Listener, role: str = "additional") -> Binding:
    return listener.bindings.get(role=role)


def create(cas: Client, certificates: list[Certificate], slots: list[Binding], **more: Any) -> int:
    given = {
        "name": "renew",
        "job_type": "user",
        "cert_ids": ",".join(str(number(each)) for each in certificates),
        "resource_ids": ",".join(str(each.pk) for each in slots),
        **more,
    }
    return int(cas.create_deployment_job(models.CreateDeploymentJobRequest(**given)).body.job_id)


def submit(cas: Client, job_id: int, status: str = "pending") -> None:
    cas.update_deployment_job_status(models.UpdateDeploymentJobStatusRequest(job_id=job_id, status=status))


def shown(cas: Client, job_id: int) -> Any:
    return cas.describe_deployment_job(models.DescribeDeploymentJobRequest(job_id=job_id)).body


def counts(cas: Client, job_id: int) -> Any:
    return cas.describe_deployment_job_status(models.DescribeDeploymentJobStatusRequest(job_id=job_id)).body


def test_resources_are_the_slots_of_listeners(cas: Client, listener: Listener) -> None:
    make_listener(protocol="TCP")
    body = cas.list_cloud_resources(models.ListCloudResourcesRequest(cloud_product="NLB")).body
    default, additional = body.data
    assert (body.total, default.default_resource, additional.default_resource) == (2, 1, 0)
    assert (additional.id, additional.domain) == (slot(listener).pk, "shop.test,www.shop.test")
    assert (additional.listener_id, additional.listener_port) == (listener.pk, str(listener.port))
    assert (additional.instance_id, additional.cloud_product) == (listener.load_balancer_id, "NLB")
    assert additional.cert_id == number(slot(listener).certificate)
    found = models.ListCloudResourcesRequest(cert_ids=[additional.cert_id], keyword="www.shop")
    assert [row.id for row in cas.list_cloud_resources(found).body.data] == [additional.id]
    for nothing in ({"cloud_name": "Tencent"}, {"cloud_product": "CDN"}, {"keyword": "absent"}, {"cert_ids": [1]}):
        assert cas.list_cloud_resources(models.ListCloudResourcesRequest(**nothing)).body.total == 0


def test_job_waits_until_it_is_submitted_and_then_puts_each_certificate_where_its_names_are(
    cas: Client, listener: Listener
) -> None:
    for_default, for_shop = make_server_certificate("default.test"), make_server_certificate("*.shop.test", "shop.test")
    Contact.objects.create(name="Alice", email="alice@example.test", created_by="test")
    (contact,) = cas.list_contact(models.ListContactRequest()).body.contact_list
    slots = [slot(listener, "default"), slot(listener)]
    job = create(cas, [for_shop, for_default], slots, contact_ids=str(contact.contact_id))
    assert (shown(cas, job).status, slot(listener).certificate) != ("editing", for_shop)
    assert counts(cas, job).match_worker_count == 2
    submit(cas, job)
    done = shown(cas, job)
    assert (done.status, done.product_name, done.cas_contacts[0].email) == ("success", "NLB", "alice@example.test")
    assert int(done.end_time) >= int(done.start_time) > 0
    assert (slot(listener, "default").certificate, slot(listener).certificate) == (for_default, for_shop)
    assert [binding.pk for binding in slots] == [slot(listener, "default").pk, slot(listener).pk]
    told = counts(cas, job)
    assert (told.success_count, told.failed_count, told.cert_count) == (2, 0, 2)
    assert [(row.product_name, row.count) for row in told.product_worker_count] == [("NLB", 2)]
    assert refusal(submit, cas, job) == "OperationDenied.StatusNotSupport"


def test_certificate_for_other_names_is_not_deployed_and_the_others_are(cas: Client, listener: Listener) -> None:
    for_shop = make_server_certificate("shop.test")
    job = create(cas, [for_shop], [slot(listener, "default"), slot(listener)])
    submit(cas, job)
    assert shown(cas, job).status == "error"
    assert (counts(cas, job).success_count, counts(cas, job).failed_count) == (1, 1)
    assert slot(listener).certificate == for_shop
    problem = DeploymentJob.objects.get(pk=job).targets.get(status="error").problem
    assert "default.test" in problem


def test_domain_extension_of_a_classic_load_balancer_follows_in_its_region(cas: Client) -> None:
    old, new = (store_certificate(make_leaf("*.shop.test", key=rsa_key(2048, count))) for count in (1, 2))
    listener = make_listener(product="CLB", protocol="HTTPS")
    services.add_regional_certificate(OPERATOR, old.pk, regions=[listener.load_balancer.region])
    extension = services.DomainExtension("www.shop.test", old.pk)
    services.add_domain_extensions(OPERATOR, listener.pk, extensions=[extension])
    job = create(cas, [new], [slot(listener)])
    submit(cas, job)
    assert (shown(cas, job).status, shown(cas, job).product_name) == ("success", "SLB")
    assert (slot(listener).certificate, slot(listener).domain) == (new, "www.shop.test")


def test_scheduled_job_runs_when_its_time_has_come(cas: Client, listener: Listener) -> None:
    new, before = make_server_certificate("shop.test"), slot(listener).certificate
    later = timezone.now() + dt.timedelta(hours=1)
    job = create(cas, [new], [slot(listener)], schedule_time=int(later.timestamp() * 1000))
    submit(cas, job)
    run_due_deployments()
    assert (shown(cas, job).status, slot(listener).certificate) == ("scheduling", before)
    assert shown(cas, job).schedule_time == str(int(later.timestamp() * 1000))
    submit(cas, job, "editing")
    DeploymentJob.objects.update(scheduled_at=timezone.now() - dt.timedelta(seconds=1))
    run_due_deployments()
    assert shown(cas, job).status == "editing"
    DeploymentJob.objects.update(status="scheduling")
    run_due_deployments()
    assert (shown(cas, job).status, slot(listener).certificate) == ("success", new)


def test_job_whose_worker_died_is_ended_by_another(cas: Client, listener: Listener) -> None:
    new = make_server_certificate("shop.test")
    job = create(cas, [new], [slot(listener)])
    DeploymentJob.objects.update(status="processing", started_at=timezone.now())
    run_due_deployments()
    assert shown(cas, job).status == "processing"
    DeploymentJob.objects.update(started_at=timezone.now() - dt.timedelta(hours=1))
    run_due_deployments()
    assert (shown(cas, job).status, slot(listener).certificate) == ("success", new)


def test_job_of_somebody_who_left_does_nothing(cas: Client, listener: Listener) -> None:
    before = slot(listener).certificate
    job = create(cas, [make_server_certificate("shop.test")], [slot(listener)])
    DeploymentJob.objects.update(status="pending")
    User.objects.update(is_active=False)
    run_due_deployments()
    assert DeploymentJob.objects.get(pk=job).status == "error"
    assert slot(listener).certificate == before


def test_jobs_are_listed_changed_and_deleted(cas: Client, listener: Listener) -> None:
    new = make_server_certificate("shop.test")
    first, second = create(cas, [new], [slot(listener)]), create(cas, [new], [slot(listener)], name="other")
    change = models.UpdateDeploymentJobRequest(
        job_id=first, name="renamed", resource_ids=str(slot(listener, "default").pk)
    )
    cas.update_deployment_job(change)
    assert (shown(cas, first).name, shown(cas, first).cert_domain) == ("renamed", "shop.test")
    assert counts(cas, first).match_worker_count == 0

    def ids(**given: Any) -> list[int]:
        return [row.id for row in cas.list_deployment_job(models.ListDeploymentJobRequest(**given)).body.data]

    assert ids() == [second, first]
    assert (ids(show_size=1, current_page=2), ids(status="success")) == ([first], [])
    assert ids(cert_id=number(new), job_type="user", status="editing") == [second, first]
    assert (ids(instance_id=shown(cas, first).instance_id), ids(instance_id="x")) == ([first], [])
    submit(cas, second)
    late = models.UpdateDeploymentJobRequest(job_id=second, name="late")
    assert refusal(cas.update_deployment_job, late) == "OperationDenied.StatusNotSupport"
    cas.delete_deployment_job(models.DeleteDeploymentJobRequest(job_id=second))
    assert refusal(shown, cas, second) == "NotFound"


REFUSED_JOB: list[tuple[dict[str, Any], str]] = [
    ({"name": " "}, "InvalidParameter.Name"),
    ({"name": None}, "MissingParameter"),
    ({"cert_ids": "9999"}, "NotFound"),
    ({"cert_ids": ","}, "InvalidParameter.CertIds"),
    ({"resource_ids": "1,x"}, "InvalidParameter.ResourceIds"),
    ({"resource_ids": "999999"}, "NotFound"),
    ({"resource_ids": "9" * 30}, "InvalidParameter.ResourceIds"),
    ({"contact_ids": "7"}, "NotFound"),
    ({"schedule_time": -1}, "InvalidParameter.ScheduleTime"),
    ({"schedule_time": 2**62}, "InvalidParameter.ScheduleTime"),
    ({"job_type": "nobody"}, "InvalidParameter.JobType"),
]


def test_wrong_job_is_refused_by_its_code(cas: Client, listener: Listener) -> None:
    for changed, code in REFUSED_JOB:
        assert refusal(create, cas, [slot(listener).certificate], [slot(listener)], **changed) == code, changed
    assert not DeploymentJob.objects.exists()


def test_deploying_a_ca_certificate_is_refused_by_its_kind(cas: Client, listener: Listener) -> None:
    authority = store_certificate(make_leaf("x.test"), name="leaf")
    Certificate.objects.filter(pk=authority.pk).update(kind="client")
    assert refusal(create, cas, [authority], [slot(listener)]) == "InvalidParameter.CertIds"
