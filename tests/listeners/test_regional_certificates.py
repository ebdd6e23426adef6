"""Certificates of Classic Load Balancers: added region by region, and of RSA alone."""

import pytest

from certificates.models import Certificate, Kind
from certificates.services import replace_certificate
from console.errors import ConflictError, DomainError, InvalidInputError, NotFoundError
from listeners import selectors, services
from listeners.limits import set_quota
from listeners.models import RegionalCertificate
from listeners.services import Upload
from tests import factories
from tests.certs import make_ca, make_leaf, rsa_key
from tests.factories import OPERATOR, make_server_certificate
from tests.listeners.conftest import Call

pytestmark = pytest.mark.django_db

HERE, THERE = "cn-hangzhou", "eu-central-1"


def rsa_certificate(*names: str, bits: int = 2048) -> Certificate:
    return make_server_certificate(*names, key=rsa_key(bits))


def refusal(certificate: Certificate, *regions: str) -> DomainError:
    before = RegionalCertificate.objects.count()
    with pytest.raises(DomainError) as caught:
        services.add_regional_certificate(OPERATOR, certificate.pk, regions=regions or (HERE,))
    assert RegionalCertificate.objects.count() == before
    return caught.value


def test_a_certificate_is_added_to_regions_listed_and_removed() -> None:
    certificate = rsa_certificate()
    services.add_regional_certificate(OPERATOR, certificate.pk, regions=[HERE, THERE, HERE])
    services.add_regional_certificate(OPERATOR, certificate.pk, regions=[HERE])
    rows = selectors.regional_certificates().items
    assert [(row.region, row.certificate_id, row.in_use) for row in rows] == [
        (HERE, certificate.pk, False),
        (THERE, certificate.pk, False),
    ]
    assert {HERE, THERE} <= set(selectors.regions())
    services.remove_regional_certificate(OPERATOR, certificate.pk, region=HERE)
    assert [row.region for row in selectors.regional_certificates().items] == [THERE]
    with pytest.raises(NotFoundError):
        services.remove_regional_certificate(OPERATOR, certificate.pk, region=HERE)


def test_without_a_region_it_could_not_be_used() -> None:
    with pytest.raises(InvalidInputError) as caught:
        services.add_regional_certificate(OPERATOR, rsa_certificate().pk, regions=[])
    assert caught.value.field == "regions"
    assert refusal(rsa_certificate(), "No Region").field == "regions"


def test_rsa_1024_is_refused_by_the_engine_s_name() -> None:
    error = refusal(factories.store_certificate(make_leaf("weak.test", key=rsa_key(1024)), name="weak"))
    assert error.field == "certificate_id"
    assert "BoringSSL" in error.message


def test_rsa_3072_and_ecdsa_are_refused_by_the_product_s_rule() -> None:
    bits = refusal(rsa_certificate(bits=3072))
    curve = refusal(make_server_certificate())
    assert bits.code == "listener.certificate-key-not-of-product"
    assert curve.code == "listener.certificate-algorithm-not-of-product"
    assert bits.field == curve.field == "certificate_id"
    assert "3072" in bits.message
    assert "ECDSA" in curve.message
    assert "2048 or 4096" in curve.way_out


@pytest.mark.parametrize(("quota", "kind"), [("slb_quota_certs_num", Kind.SERVER), ("slb_quota_ca_certs_num", Kind.CA)])
def test_each_region_has_its_limit_of_each_kind(quota: str, kind: Kind) -> None:
    set_quota(OPERATOR, quota, 1)
    first, second = (rsa_certificate() if kind == Kind.SERVER else factories.make_ca_certificate() for _ in range(2))
    services.add_regional_certificate(OPERATOR, first.pk, regions=[HERE])
    error = refusal(second, THERE, HERE)
    assert (error.code, error.field) == ("quota.exceeded", "regions")
    assert quota in error.way_out
    services.add_regional_certificate(OPERATOR, second.pk, regions=[THERE])


def test_a_third_party_s_certificate_is_imported_and_added_or_neither() -> None:
    issued = make_leaf("shop.test", key=rsa_key(2048))
    upload = Upload(kind="server", name="shop", certificate_pem=issued.chain_pem, private_key_pem=issued.key_pem)
    imported, added = services.upload_regional_certificate(OPERATOR, upload, regions=[HERE, THERE])
    assert [row.certificate_id for row in added] == [imported.certificate.pk] * 2
    curve = make_leaf("curve.test")
    bad = Upload(kind="server", name="curve", certificate_pem=curve.chain_pem, private_key_pem=curve.key_pem)
    with pytest.raises(ConflictError):
        services.upload_regional_certificate(OPERATOR, bad, regions=[HERE])
    assert not Certificate.objects.filter(name="curve").exists()


def test_a_listener_takes_only_certificates_of_its_region() -> None:
    balancer = factories.make_load_balancer(product="CLB", region=HERE)
    certificate = rsa_certificate()
    services.add_regional_certificate(OPERATOR, certificate.pk, regions=[THERE])
    with pytest.raises(ConflictError) as caught:
        factories.make_listener(load_balancer_id=balancer.pk, certificate_id=certificate.pk)
    assert (caught.value.code, caught.value.field) == ("listener.certificate-not-in-region", "certificate_id")
    assert HERE in caught.value.message
    services.add_regional_certificate(OPERATOR, certificate.pk, regions=[HERE])
    listener = factories.make_listener(load_balancer_id=balancer.pk, certificate_id=certificate.pk)
    authority = factories.make_ca_certificate()
    with pytest.raises(ConflictError) as caught:
        services.set_mutual_authentication(OPERATOR, listener.pk, enabled=True, ca_certificate_id=authority.pk)
    assert caught.value.code == "listener.certificate-not-in-region"


def test_one_in_use_is_not_removed_and_its_user_named() -> None:
    listener = factories.make_listener(product="CLB", name="shop")
    region, certificate_id = listener.load_balancer.region, str(listener.default_certificate_id)
    assert selectors.regional_certificates().items[0].in_use
    with pytest.raises(ConflictError) as caught:
        services.remove_regional_certificate(OPERATOR, certificate_id, region=region)
    assert caught.value.code == "regional-certificate.in-use"
    assert "shop" in caught.value.message
    services.delete_listener(OPERATOR, listener.pk)
    services.remove_regional_certificate(OPERATOR, certificate_id, region=region)


def test_a_load_balancer_moves_only_where_its_certificates_are() -> None:
    listener = factories.make_listener(product="CLB")
    with pytest.raises(ConflictError) as caught:
        services.update_load_balancer(OPERATOR, listener.load_balancer_id, region=THERE)
    assert (caught.value.code, caught.value.field) == ("listener.certificate-not-in-region", "region")
    services.add_regional_certificate(OPERATOR, str(listener.default_certificate_id), regions=[THERE])
    services.update_load_balancer(OPERATOR, listener.load_balancer_id, region=THERE)


def test_a_certificate_in_use_is_not_replaced_by_one_of_another_key() -> None:
    listener = factories.make_listener(product="CLB", name="shop")
    curve = make_leaf("www.example.test")
    with pytest.raises(ConflictError) as caught:
        replace_certificate(
            OPERATOR,
            str(listener.default_certificate_id),
            certificate_pem=curve.chain_pem,
            private_key_pem=curve.key_pem,
        )
    assert caught.value.code == "listener.certificate-algorithm-not-of-product"
    assert "shop" in caught.value.message


def test_regional_certificates_over_rest(rest: Call) -> None:
    certificate = rsa_certificate("shop.test")
    created = rest("POST", "/regional-certificates", {"certificate_id": certificate.pk, "regions": [HERE]})
    assert created.status_code == 201
    assert [(row["region"], row["name"]) for row in created.json()["items"]] == [(HERE, certificate.name)]
    issued = make_ca("Clients")
    upload = {"kind": "ca", "name": "clients", "certificate_pem": issued.pem.decode(), "regions": [THERE]}
    assert rest("POST", "/regional-certificates/upload", upload).status_code == 201
    for query, names in ((f"region={HERE}", [certificate.name]), ("kind=ca", ["clients"]), ("q=CLIE", ["clients"])):
        items = rest("GET", f"/regional-certificates?{query}").json()["items"]
        assert [row["name"] for row in items] == names
    path = f"/regional-certificates/{HERE}/{certificate.pk}"
    assert rest("DELETE", path).status_code == 204
    assert rest("DELETE", path).status_code == 404
    refused = rest("POST", "/regional-certificates", {"certificate_id": "absent", "regions": [HERE]})
    assert (refused.status_code, refused.json()["code"]) == (404, "certificate.not-found")
