"""Pages of the certificates of Classic Load Balancers: adding them to regions, and domain extensions."""

import pytest
from django.test import Client
from django.urls import reverse

from certificates.models import Certificate, Kind
from listeners import limits, services
from listeners.models import Listener, Quota, RegionalCertificate
from tests import factories
from tests.certs import make_ca, make_leaf, rsa_key
from tests.factories import OPERATOR
from tests.listeners.pages import opened

pytestmark = pytest.mark.django_db
ADD = "regional-certificate-add"


def _rsa(*names: str) -> Certificate:
    return factories.store_certificate(make_leaf(*names, key=rsa_key()))


def _regions(certificate: Certificate) -> list[str]:
    return sorted(RegionalCertificate.objects.filter(certificate=certificate).values_list("region", flat=True))


@pytest.fixture
def listener() -> Listener:
    """Return an HTTPS listener of a Classic Load Balancer."""
    balancer = factories.make_load_balancer(product="CLB")
    certificate = _rsa("www.test")
    services.add_regional_certificate(OPERATOR, certificate.pk, regions=[balancer.region])
    return services.create_listener(
        OPERATOR,
        load_balancer_id=balancer.pk,
        port=443,
        server_group_id=factories.make_server_group(protocol="HTTP").pk,
        certificate_id=certificate.pk,
    )


def test_a_certificate_of_the_repository_is_added_to_several_regions(admin_client: Client) -> None:
    certificate, unfit = _rsa("www.test"), factories.make_server_certificate("ecdsa.test")
    page = admin_client.get(reverse(ADD))
    assert "View sample" in page.text
    assert [row.pk for row in page.context["pickers"]["regional_certificate_id"].found] == [certificate.pk]
    sent = {"source": "repository", "kind": "server", "regions": ["cn-hangzhou"], "other_region": "eu-central-1"}
    assert admin_client.post(reverse(ADD), sent).status_code == 422
    refused = admin_client.post(reverse(ADD), {**sent, "regional_certificate_id": unfit.pk})
    assert "a Classic Load Balancer serves RSA keys only" in refused.text
    admin_client.post(reverse(ADD), {**sent, "regional_certificate_id": certificate.pk})
    assert _regions(certificate) == ["cn-hangzhou", "eu-central-1"]
    assert certificate.name in admin_client.get(reverse("regional-certificate-list"), {"region": "eu-central-1"}).text


def test_a_third_partys_certificate_is_uploaded_and_leads_back_to_where_it_was_asked_for(admin_client: Client) -> None:
    issued = make_leaf("party.test", key=rsa_key())
    back = "/instances/x/listeners/create/d/certificate/?as=certificate_id"
    sent = {"source": "third-party", "kind": "server", "name": "party", "regions": ["cn-hangzhou"], "next": back}
    pem = {"certificate_pem": issued.chain_pem.decode(), "private_key_pem": issued.key_pem.decode()}
    answer = admin_client.post(reverse(ADD), {**sent, **pem})
    certificate = Certificate.objects.get(name="party")
    assert answer["Location"] == f"{back}&imported={certificate.pk}"
    assert _regions(certificate) == ["cn-hangzhou"]


def test_a_third_partys_ca_certificate_needs_no_key(admin_client: Client) -> None:
    sent = {"source": "third-party", "kind": "ca", "name": "clients", "regions": ["cn-hangzhou"]}
    admin_client.post(reverse(ADD), {**sent, "certificate_pem": make_ca("Clients").pem.decode()})
    assert RegionalCertificate.objects.get().certificate.kind == Kind.CA


def test_an_upload_without_a_region_is_refused_and_stores_nothing(admin_client: Client) -> None:
    issued = make_leaf("party.test", key=rsa_key())
    pem = {"certificate_pem": issued.chain_pem.decode(), "private_key_pem": issued.key_pem.decode()}
    answer = admin_client.post(reverse(ADD), {"source": "third-party", "kind": "server", "name": "party", **pem})
    assert answer.status_code == 422
    assert "No region is chosen" in answer.context["form"].errors["regions"][0]
    assert not Certificate.objects.filter(name="party").exists()
    assert issued.key_pem.decode() not in answer.text


def test_the_limit_of_a_region_is_shown_and_kept(admin_client: Client) -> None:
    Quota.objects.filter(name=limits.REGIONAL_CERTIFICATES).update(limit=1)
    services.add_regional_certificate(OPERATOR, _rsa("a.test").pk, regions=["cn-hangzhou"])
    assert "1/1 server" in admin_client.get(reverse("regional-certificate-list")).text
    sent = {"source": "repository", "kind": "server", "regions": ["cn-hangzhou"]}
    refused = admin_client.post(reverse(ADD), {**sent, "regional_certificate_id": _rsa("b.test").pk})
    assert "1 are allowed" in refused.context["form"].errors["regions"][0]


def test_a_certificate_in_use_stays_in_its_region(admin_client: Client, listener: Listener) -> None:
    row = RegionalCertificate.objects.get()
    url = reverse("regional-certificate-remove", args=[row.region, row.certificate_id])
    assert admin_client.get(url).status_code == 200
    assert admin_client.post(url).status_code == 409
    services.delete_listener(OPERATOR, listener.pk)
    assert admin_client.post(url)["Location"] == reverse("regional-certificate-list")
    assert not RegionalCertificate.objects.exists()


def test_a_domain_extension_is_added_changed_and_deleted(admin_client: Client, listener: Listener) -> None:
    first, second = _rsa("*.apps.test"), _rsa("web.apps.test")
    for certificate in (first, second):
        services.add_regional_certificate(OPERATOR, certificate.pk, regions=[listener.load_balancer.region])
    add = reverse("domain-extension-add", args=[listener.pk])
    page = admin_client.get(add)
    refused = admin_client.post(add, {"domain": "other.test", "certificate_id": first.pk, **opened(page)})
    assert "is not for other.test" in refused.text
    admin_client.post(add, {"domain": "web.apps.test", "certificate_id": first.pk, **opened(page)})
    binding = listener.bindings.get(domain="web.apps.test")
    assert binding.certificate == first
    tab = admin_client.get(reverse("listener-certificates", args=[listener.pk])).text
    assert "1/3 used on this listener" in tab
    change = reverse("domain-extension-change", args=[listener.pk])
    page = admin_client.get(change, {"domain": "web.apps.test"})
    admin_client.post(change, {"domain": "web.apps.test", "certificate_id": second.pk, **opened(page)})
    binding.refresh_from_db()
    assert binding.certificate == second
    remove = reverse("domain-extension-remove", args=[listener.pk])
    page = admin_client.get(remove, {"domains": "web.apps.test"})
    admin_client.post(remove, {"domains": "web.apps.test", **opened(page)})
    assert not listener.bindings.exclude(domain="").exists()
