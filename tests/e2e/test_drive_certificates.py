"""The certificate services by the cloud's clients over the console, and what clients of listeners then get."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
from alibabacloud_cas20200407 import models as cas_models
from alibabacloud_cas20200407.client import Client as CasClient
from alibabacloud_cas20200630 import models as pca_models
from alibabacloud_cas20200630.client import Client as PcaClient
from alibabacloud_tea_openapi.models import Config
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from cloudapi.identifiers import certificate_id
from cloudapi.tasks import run_due_deployments
from listeners.models import Listener
from listeners.tls_policies import WIZARD_POLICY
from tests.certs import Issued, make_leaf
from tests.e2e.clients import refusal, round_trip, served
from tests.e2e.conftest import Backend
from tests.e2e.console import console_running
from tests.e2e.site import Site, serve
from tests.waiting import wait_until

CODE = "a long code of 32 bytes"
SUBJECT = {"organization": "Shop Ltd", "organization_unit": "Web", "locality": "Hangzhou", "state": "Zhejiang"}


@pytest.fixture(scope="module")
def config(site: Site) -> Iterator[Config]:
    with console_running(site) as found:
        yield found


@pytest.fixture(scope="module")
def cas(config: Config) -> CasClient:
    return CasClient(config)


@pytest.fixture(scope="module")
def pca(config: Config) -> PcaClient:
    return PcaClient(config)


@pytest.fixture(scope="module")
def authority(pca: PcaClient) -> str:
    """The identifier of an authority below a root."""
    root = pca.create_root_cacertificate(
        pca_models.CreateRootCACertificateRequest(common_name="Root", algorithm="ECC_256", years=10, **SUBJECT)
    ).body.identifier
    request = pca_models.CreateSubCACertificateRequest(
        parent_identifier=root, common_name="Clients", algorithm="ECC_256", years=5, **SUBJECT
    )
    return str(pca.create_sub_cacertificate(request).body.identifier)


def holder(pca: PcaClient, authority: str, name: str) -> tuple[str, Issued]:
    """Return a client certificate's identifier, and what its holder takes away of it."""
    request = pca_models.CreateClientCertificateRequest(
        parent_identifier=authority, common_name=name, days=30, immediately=2
    )
    made = pca.create_client_certificate(request).body
    secret = pca_models.DescribeCertificatePrivateKeyRequest(identifier=made.identifier, encrypted_code=CODE)
    pem = pca.describe_certificate_private_key(secret).body.encrypted_data
    key = serialization.load_pem_private_key(pem.encode(), CODE.encode())
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    above = x509.load_pem_x509_certificates(made.certificate_chain.encode())
    leaf = x509.load_pem_x509_certificate(made.x_509certificate.encode())
    return made.identifier, Issued(leaf, key, tuple(above))


def test_clients_of_the_authority_are_let_in_until_they_are_revoked(
    pca: PcaClient, authority: str, backend: Backend
) -> None:
    (_, alice), (mallory_id, mallory) = holder(pca, authority, "alice"), holder(pca, authority, "mallory")
    request = pca_models.CreateServerCertificateRequest(
        parent_identifier=authority, common_name="www.shop.test", algorithm="ECC_256", days=30, immediately=1
    )
    server = pca.create_server_certificate(request).body
    listener = serve(
        backend.port,
        security_policy=WIZARD_POLICY,
        certificate_id=certificate_id(server.identifier),
        mutual_authentication=True,
        ca_certificate_id=certificate_id(authority),
    )
    presented = served(listener.port, "www.shop.test", client=alice)
    assert presented == Issued(x509.load_pem_x509_certificate(server.x_509certificate.encode()), alice.key).sha256
    assert round_trip(listener.port, client=mallory)
    assert "CERTIFICATE_REQUIRED" in refusal(listener.port)
    pca.create_revoke_client_certificate(pca_models.CreateRevokeClientCertificateRequest(identifier=mallory_id))
    wait_until(lambda: "REVOKED" in refusal(listener.port, client=mallory))
    assert round_trip(listener.port, client=alice)


def upload(cas: CasClient, issued: Issued, name: str) -> int:
    request = cas_models.UploadUserCertificateRequest(
        name=name, cert=issued.chain_pem.decode(), key=issued.key_pem.decode()
    )
    return int(cas.upload_user_certificate(request).body.cert_id)


def deploy(cas: CasClient, number: int, listener: Listener, **more: Any) -> int:
    """Make and submit a job for the one slot of a listener."""
    found = cas_models.ListCloudResourcesRequest(keyword=listener.pk)
    (resource,) = cas.list_cloud_resources(found).body.data
    request = cas_models.CreateDeploymentJobRequest(
        name="renew", job_type="user", cert_ids=str(number), resource_ids=str(resource.id), **more
    )
    job = cas.create_deployment_job(request).body.job_id
    cas.update_deployment_job_status(cas_models.UpdateDeploymentJobStatusRequest(job_id=job, status="pending"))
    return int(job)


def status(cas: CasClient, job: int) -> str:
    return str(cas.describe_deployment_job(cas_models.DescribeDeploymentJobRequest(job_id=job)).body.status)


def test_deployed_certificate_is_served_at_once_and_a_scheduled_one_at_its_time(
    cas: CasClient, backend: Backend
) -> None:
    first, second, third = (make_leaf("www.shop.test") for _ in range(3))
    numbers = [upload(cas, issued, f"shop {place}") for place, issued in enumerate((first, second, third))]
    detail = cas.get_user_certificate_detail(cas_models.GetUserCertificateDetailRequest(cert_id=numbers[0])).body
    listener = serve(backend.port, certificate_id=certificate_id(detail.cert_identifier))
    assert served(listener.port, "www.shop.test") == first.sha256
    assert status(cas, deploy(cas, numbers[1], listener)) == "success"
    wait_until(lambda: served(listener.port, "www.shop.test") == second.sha256)
    job = deploy(cas, numbers[2], listener, schedule_time=int(time.time() * 1000) + 2000)
    assert status(cas, job) == "scheduling"

    def has_run() -> bool:
        run_due_deployments()
        return served(listener.port, "www.shop.test") == third.sha256

    wait_until(has_run)
    assert status(cas, job) == "success"
