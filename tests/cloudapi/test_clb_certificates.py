"""Certificates of CLB by its official client."""

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from certificates.models import Certificate
from cloudapi.identifiers import cert_identifier, rows_for
from listeners.models import RegionalCertificate
from tests.certs import Issued, make_ca, make_leaf, rsa_key
from tests.cloudapi.classic import Classic
from tests.factories import store_certificate

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def leaf() -> Issued:
    return make_leaf("www.shop.test", "shop.test", key=rsa_key(2048))


def test_uploaded_certificate_is_described_as_the_cloud_does(clb: Classic, leaf: Issued) -> None:
    tags = [{"Key": "team", "Value": "web"}]
    certificate_id = clb.upload(issued=leaf, ServerCertificateName="shop", Tag=tags, ResourceGroupId="rg-1")
    (found,) = clb("DescribeServerCertificates").server_certificates.server_certificate
    assert found.server_certificate_id == certificate_id
    assert certificate_id.count("_") == 3
    assert (found.server_certificate_name, found.region_id) == ("shop", "cn-hangzhou")
    assert (found.common_name, found.is_ali_cloud_certificate) == ("www.shop.test", 0)
    assert found.subject_alternative_names.subject_alternative_name == ["www.shop.test", "shop.test"]
    assert len(found.fingerprint.split(":")) == 20
    assert found.expire_time.endswith("Z")
    assert found.expire_time_stamp == int(leaf.certificate.not_valid_after_utc.timestamp() * 1000)
    assert (found.tags.tag[0].tag_key, found.tags.tag[0].tag_value) == ("team", "web")
    assert found.resource_group_id == "rg-1"
    assert clb("DescribeServerCertificates", Tag=[{"Key": "other"}]).server_certificates.server_certificate == []


def test_name_can_come_again_and_be_changed(clb: Classic, leaf: Issued) -> None:
    clb.upload(issued=leaf, ServerCertificateName="shop")
    second = clb.upload("www.shop.test", ServerCertificateName="shop")
    clb("SetServerCertificateName", ServerCertificateId=second, ServerCertificateName="shop of 2027")
    found = clb("DescribeServerCertificates").server_certificates.server_certificate
    assert [each.server_certificate_name for each in found] == ["shop", "shop of 2027"]


def test_same_certificate_in_two_regions_is_one_of_the_repository(clb: Classic, leaf: Issued) -> None:
    here = clb.upload(issued=leaf)
    there = clb.upload(issued=leaf, RegionId="eu-central-1")
    assert here != there
    assert clb.upload(issued=leaf) == here
    assert clb.refusal("DeleteServerCertificate", ServerCertificateId=there) == "404 ServerCertificateId.NotFound"
    clb("DeleteServerCertificate", ServerCertificateId=here)
    assert Certificate.objects.count() == 1
    clb("DeleteServerCertificate", ServerCertificateId=there, RegionId="eu-central-1")
    assert not Certificate.objects.exists()


def test_certificate_of_the_repository_is_added_by_its_number_and_stays_there(clb: Classic, leaf: Issued) -> None:
    stored = store_certificate(leaf, name="stored")
    number = cert_identifier(rows_for([stored.pk])[stored.pk], "cn-hangzhou")
    body = clb("UploadServerCertificate", AliCloudCertificateId=number, AliCloudCertificateName="mine")
    assert (body.is_ali_cloud_certificate, body.ali_cloud_certificate_id) == (1, number)
    assert body.server_certificate_name == "mine"
    clb("DeleteServerCertificate", ServerCertificateId=body.server_certificate_id)
    assert Certificate.objects.filter(pk=stored.pk).exists()


def test_ca_certificate_is_uploaded_renamed_and_deleted(clb: Classic) -> None:
    pem = make_ca("Root of clients").pem.decode()
    body = clb("UploadCACertificate", CACertificate=pem, CACertificateName="clients")
    assert body.cacertificate_id.endswith("-cn-hangzhou-01")
    clb("SetCACertificateName", CACertificateId=body.cacertificate_id, CACertificateName="partners")
    (found,) = clb("DescribeCACertificates").cacertificates.cacertificate
    assert (found.cacertificate_name, found.common_name) == ("partners", "Root of clients")
    assert (
        clb.refusal("DeleteServerCertificate", ServerCertificateId=body.cacertificate_id)
        == "400 CertificateTypeMismatched"
    )
    clb("DeleteCACertificate", CACertificateId=body.cacertificate_id)
    assert clb("DescribeCACertificates").cacertificates.cacertificate == []


def test_what_cannot_be_served_is_refused_with_the_cloud_s_codes(clb: Classic, leaf: Issued) -> None:
    pem, key = leaf.chain_pem.decode(), leaf.key_pem.decode()
    curve = make_leaf("www.shop.test")
    other = make_leaf("www.shop.test", key=rsa.generate_private_key(65_537, 2048))
    odd = make_leaf("www.shop.test", key=rsa_key(3072))
    upload = "UploadServerCertificate"
    assert clb.refusal(upload, ServerCertificate=pem) == "400 MissingParameter"
    assert clb.refusal(upload, ServerCertificate="nothing", PrivateKey=key) == "400 CertificateFormatInvalid"
    assert clb.refusal(upload, ServerCertificate=pem, PrivateKey=other.key_pem.decode()) == "400 InvalidParameter"
    with_parameters = f"{pem}-----BEGIN DH PARAMETERS-----\nMAA=\n-----END DH PARAMETERS-----\n"
    assert clb.refusal(upload, ServerCertificate=with_parameters, PrivateKey=key) == "400 CertificateFormatInvalid"
    given = {"ServerCertificate": curve.chain_pem.decode(), "PrivateKey": curve.key_pem.decode()}
    assert clb.refusal(upload, **given) == "400 EccCertificateNotSupport"
    given = {"ServerCertificate": odd.chain_pem.decode(), "PrivateKey": odd.key_pem.decode()}
    assert clb.refusal(upload, **given) == "400 OperationDenied.IllegalKeyLength"
    assert clb.refusal(upload, AliCloudCertificateId="99999") == "400 InvalidParameter.AliCloudCertificateId"
    tag = [{"Value": "without a key"}]
    assert clb.refusal(upload, ServerCertificate=pem, PrivateKey=key, Tag=tag) == "400 MissingParam.TagKey"
    assert not RegionalCertificate.objects.exists()
    assert not Certificate.objects.exists()
