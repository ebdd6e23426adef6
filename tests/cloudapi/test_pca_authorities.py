"""Authorities by the official client of the private authority service."""

import datetime as dt
from typing import Any

import pytest
from alibabacloud_cas20200630 import models
from alibabacloud_cas20200630.client import Client
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from django.utils import timezone

from authorities.models import Authority, IssuedCertificate
from authorities.selectors import x509_of
from certificates.models import Certificate
from cloudapi.identifiers import certificate_id
from tests.authorities.test_issue_certificate import make_csr
from tests.cloudapi.clients import refusal
from tests.factories import make_ca_certificate

pytestmark = pytest.mark.django_db
SUBJECT = {
    "organization": "Shop Ltd",
    "organization_unit": "Security",
    "locality": "Hangzhou",
    "state": "Zhejiang",
    "country_code": "CN",
}


def root(pca: Client, name: str = "Shop Root", years: int = 10, **more: Any) -> str:
    given = {"algorithm": "ECC_256", **SUBJECT, **more}
    request = models.CreateRootCACertificateRequest(common_name=name, years=years, **given)
    return str(pca.create_root_cacertificate(request).body.identifier)


def below(pca: Client, parent: str, name: str = "Shop Clients", **more: Any) -> Any:
    given = {"algorithm": "ECC_256", "years": 5, **SUBJECT, **more}
    request = models.CreateSubCACertificateRequest(parent_identifier=parent, common_name=name, **given)
    return pca.create_sub_cacertificate(request).body


def described(pca: Client, identifier: str) -> Any:
    return pca.describe_cacertificate(models.DescribeCACertificateRequest(identifier=identifier)).body.certificate


def test_root_and_authority_below_it_are_made_and_shown(pca: Client) -> None:
    top = root(pca, resource_group_id="rg-1")
    made = below(
        pca,
        top,
        extended_key_usages=["clientAuth"],
        crl_day=3,
        tags=[models.CreateSubCACertificateRequestTags("a", "b")],
    )
    chain = x509.load_pem_x509_certificates(made.certificate_chain.encode())
    certificate = x509.load_pem_x509_certificate(made.certificate.encode())
    assert chain[0] == certificate
    certificate.verify_directly_issued_by(chain[1])
    chain[1].verify_directly_issued_by(chain[1])
    usages = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usages) == [ExtendedKeyUsageOID.CLIENT_AUTH]
    assert abs(certificate.not_valid_after_utc - timezone.now() - dt.timedelta(days=5 * 365.25)) < dt.timedelta(days=3)
    one, above = described(pca, made.identifier), described(pca, top)
    assert (one.certificate_type, above.certificate_type) == ("SUB_ROOT", "ROOT")
    assert (one.parent_identifier, above.parent_identifier) == (top, "")
    assert one.subject_dn == "C=CN,O=Shop Ltd,OU=Security,L=Hangzhou,ST=Zhejiang,CN=Shop Clients"
    assert (one.full_algorithm, one.sign_algorithm, one.crl_day) == ("ECC_256", "SHA256WITHECDSA", 3)
    assert one.sha_2 == certificate.fingerprint(hashes.SHA256()).hex()
    assert int(one.serial_number, 16) == certificate.serial_number
    assert one.after_date == int(certificate.not_valid_after_utc.timestamp()) * 1000
    assert (one.status, one.years, one.issuer_type, above.resource_group_id) == ("ISSUE", 5, "local", "rg-1")
    assert [(tag.tag_key, tag.tag_value) for tag in one.tags] == [("a", "b")]
    points = certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    assert points[0].full_name
    assert above.crl_url == points[0].full_name[0].value


def test_lists_tell_roots_from_those_below(pca: Client) -> None:
    top = root(pca)
    sub = below(pca, top).identifier

    def ids(**given: Any) -> list[str]:
        body = pca.describe_cacertificate_list(models.DescribeCACertificateListRequest(**given)).body
        assert body.page_count == (1 if body.total_count else 0)
        return [row.identifier for row in body.certificate_list]

    assert ids() == [top, sub]
    assert (ids(cert_type="root"), ids(cert_type="subRoot"), ids(identifier=sub)) == ([top], [sub], [sub])
    assert ids(ca_status="revoke") == ids(valid_status="notValid") == ids(issuer_type="iTrusChina") == []
    assert pca.describe_cacertificate_count().body.total_count == 2
    first = pca.list_pca_ca_certificate(models.ListPcaCaCertificateRequest(max_results=1)).body
    second = pca.list_pca_ca_certificate(
        models.ListPcaCaCertificateRequest(max_results=1, next_token=first.next_token)
    ).body
    assert [first.list[0].cert_identifier, second.list[0].cert_identifier] == [top, sub]
    assert (second.list[0].issuer_identifier, second.next_token, second.total_count) == (top, None, 2)


def test_authority_below_is_revoked_by_the_one_above_and_signs_no_more(pca: Client) -> None:
    top = root(pca)
    sub = below(pca, top).identifier
    pca.update_cacertificate_status(models.UpdateCACertificateStatusRequest(identifier=sub, status="REVOKE"))
    authority = Authority.objects.get(parent__isnull=True)
    crl = x509.load_der_x509_crl(bytes(authority.published.der))
    revoked = crl.get_revoked_certificate_by_serial_number(int(described(pca, sub).serial_number, 16))
    assert revoked is not None
    assert described(pca, sub).status == "REVOKE"
    again = models.UpdateCACertificateStatusRequest(identifier=sub, status="REVOKE")
    assert refusal(pca.update_cacertificate_status, again) == "OperationDenied.StatusNotSupport"
    request = models.CreateClientCertificateRequest(parent_identifier=sub, common_name="alice", days=1)
    assert refusal(pca.create_client_certificate, request) == "OperationDenied.StatusNotSupport"
    a_root = models.UpdateCACertificateStatusRequest(identifier=top, status="REVOKE")
    assert refusal(pca.update_cacertificate_status, a_root) == "OperationDenied.StatusNotSupport"


def test_authority_that_would_end_just_after_the_one_above_ends_before_it(pca: Client) -> None:
    below(pca, root(pca, years=5), years=5)
    sub, top = Authority.objects.get(parent__isnull=False), Authority.objects.get(parent__isnull=True)
    assert x509_of(sub).not_valid_after_utc <= x509_of(top).not_valid_after_utc


REFUSED_AUTHORITY: list[tuple[dict[str, Any], str]] = [
    ({"years": 20}, "InvalidParameter.Validity"),
    ({"years": 0}, "InvalidParameter.Years"),
    ({"algorithm": "RSA_2048"}, "InvalidParameter.Algorithm"),
    ({"algorithm": "SM2_256"}, "InvalidParameter.Algorithm"),
    ({"algorithm": "ROT13"}, "InvalidParameter.Algorithm"),
    ({"parent": "1efd3cac-e8c1-611d-b971-f96e5e432aba"}, "NotFound"),
    ({"path_len_constraint": 11}, "InvalidParameter.PathLenConstraint"),
    ({"extended_key_usages": ["everything"]}, "InvalidParameter.ExtendedKeyUsages.1"),
    ({"crl_day": 400}, "InvalidParameter.CrlDay"),
    ({"country_code": "CHN"}, "InvalidParameter"),
    ({"name": "n" * 65}, "InvalidParameter"),
    ({"organization": None}, "MissingParameter"),
]


def test_wrong_authority_is_refused_by_its_code(pca: Client) -> None:
    top = root(pca)
    for changed, code in REFUSED_AUTHORITY:
        assert refusal(below, pca, **{"parent": top, **changed}) == code, changed
    assert Authority.objects.count() == 1


def test_authority_outside_is_certified_and_listed_beside_the_own_ones(pca: Client) -> None:
    top = root(pca)
    passthrough = models.CreateExternalCACertificateRequestApiPassthrough(
        subject=models.CreateExternalCACertificateRequestApiPassthroughSubject(organization="Partner Ltd"),
        extensions=models.CreateExternalCACertificateRequestApiPassthroughExtensions(path_len_constraint=1),
    )
    made = pca.create_external_cacertificate(
        models.CreateExternalCACertificateRequest(
            instance_id=top, csr=make_csr(common_name="Partner CA").decode(), validity="2y", api_passthrough=passthrough
        )
    ).body
    chain = x509.load_pem_x509_certificates(made.certificate_chain.encode())
    chain[0].verify_directly_issued_by(chain[1])
    constraints = chain[0].extensions.get_extension_for_class(x509.BasicConstraints).value
    assert (constraints.ca, constraints.path_length) == (True, 1)
    assert chain[0].subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)[0].value == "Partner Ltd"
    request = models.DescribePcaAndExternalCACertificateListRequest()
    both = pca.describe_pca_and_external_cacertificate_list(request).body.certificate_list
    assert {row.identifier for row in both} == {top, made.identifier}
    outside = models.DescribeCACertificateListRequest(issuer_type="external")
    (row,) = pca.describe_cacertificate_list(outside).body.certificate_list
    assert (row.identifier, row.parent_identifier, row.common_name) == (made.identifier, top, "Partner CA")
    assert described(pca, made.identifier).issuer_type == "external"
    signed = models.CreateClientCertificateRequest(parent_identifier=made.identifier, common_name="alice", days=1)
    assert refusal(pca.create_client_certificate, signed) == "OperationDenied.ExternalCA"


def test_stranger_is_no_private_authority(pca: Client) -> None:
    stranger = make_ca_certificate()
    assert refusal(described, pca, stranger.pk) == "NotFound"
    assert not IssuedCertificate.objects.exists()


def test_tags_and_alias_are_changed_and_listed(pca: Client) -> None:
    top, other = root(pca), root(pca, "Other Root")
    tags = [models.TagResourcesRequestTag("team", "web"), models.TagResourcesRequestTag("env", "test")]
    pca.tag_resources(models.TagResourcesRequest(resource_type="instance", resource_id=[top, other], tag=tags))
    gone = models.UntagResourcesRequest(resource_type="instance", resource_id=[other], tag_key=["env"])
    pca.untag_resources(gone)

    def listed(**given: Any) -> set[tuple[str, str]]:
        data = pca.list_tag_resources(models.ListTagResourcesRequest(resource_type="instance", **given)).body.data
        return {(row.resource_id, row.tag_key) for row in data.tag_resources.tag_resources}

    assert listed() == {(top, "team"), (top, "env"), (other, "team")}
    assert listed(resource_id=[other]) == {(other, "team")}
    assert listed(tag=[models.ListTagResourcesRequestTag("env", "test")]) == {(top, "team"), (top, "env")}
    pca.untag_resources(models.UntagResourcesRequest(resource_type="instance", resource_id=[top], all=True))
    assert listed(resource_id=[top]) == set()
    pca.update_pca_certificate(models.UpdatePcaCertificateRequest(identifier=top, alias_name="Renamed"))
    assert Certificate.objects.get(pk=certificate_id(top)).name == "Renamed"
