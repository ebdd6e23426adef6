"""Client and server certificates by the official client of the private authority service."""

import datetime as dt
import json
import time
from typing import Any

import pytest
from alibabacloud_cas20200630 import models
from alibabacloud_cas20200630.client import Client
from alibabacloud_tea_openapi.models import Config
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from cryptography.x509.verification import ExtensionPolicy, PolicyBuilder, Store
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from access.access_keys import create_access_key
from authorities.models import Authority, PublishedList
from authorities.selectors import x509_of
from certificates.keys import open_private_key
from certificates.models import Certificate, Kind
from cloudapi.identifiers import certificate_id, identifier, rows_for
from events.actor import COMMAND
from events.models import Change
from tests.authorities.rows import issue_client, make_root, make_subordinate
from tests.authorities.test_issue_certificate import make_csr
from tests.cloudapi.clients import refusal
from tests.factories import make_server_certificate

pytestmark = pytest.mark.django_db
CODE = "a long code of 32 bytes"


@pytest.fixture
def authority(db: None) -> Authority:
    """An authority of a year below a root."""
    return make_subordinate(make_root("Shop Root", path_length=None), "Shop Clients")


@pytest.fixture
def parent(authority: Authority) -> str:
    """The identifier of the authority."""
    return identifier(rows_for([authority.certificate_id])[authority.certificate_id])


def client_certificate(pca: Client, parent: str, **more: Any) -> Any:
    given = {"common_name": "alice", "days": 30, "immediately": 2, **more}
    return pca.create_client_certificate(models.CreateClientCertificateRequest(parent_identifier=parent, **given)).body


def stored(identifier: str) -> Certificate:
    return Certificate.objects.select_related("current_version").get(pk=certificate_id(identifier))


def loaded(pem: str) -> x509.Certificate:
    return x509.load_pem_x509_certificate(pem.encode())


def test_client_certificate_chains_to_the_root_and_has_its_key_here(
    pca: Client, authority: Authority, parent: str
) -> None:
    made = client_certificate(pca, parent, san_type=1, san_value="alice@shop.test", organization_unit="Sales")
    leaf = loaded(made.x_509certificate)
    chain = x509.load_pem_x509_certificates(made.certificate_chain.encode())
    policy = (
        PolicyBuilder()
        .store(Store([chain[-1]]))
        .extension_policies(
            ca_policy=ExtensionPolicy.webpki_defaults_ca(), ee_policy=ExtensionPolicy.webpki_defaults_ee()
        )
    )
    verified = policy.build_client_verifier().verify(leaf, chain[:-1])
    assert verified.subjects == [x509.RFC822Name("alice@shop.test")]
    assert int(made.serial_number, 16) == leaf.serial_number
    assert leaf.subject.rfc4514_string() == "CN=alice,OU=Sales"
    certificate = stored(made.identifier)
    assert certificate.kind == Kind.CLIENT
    assert certificate.current_version
    key = serialization.load_pem_private_key(open_private_key(certificate.current_version.pk), None)
    assert key.public_key() == leaf.public_key()


def test_what_is_returned_at_once_is_what_is_asked_for(pca: Client, parent: str) -> None:
    none, alone = client_certificate(pca, parent, immediately=0), client_certificate(pca, parent, immediately=1)
    assert (none.x_509certificate, none.certificate_chain, alone.certificate_chain) == (None, None, None)
    assert none.identifier != alone.identifier
    assert loaded(alone.x_509certificate)


def test_client_is_identified_by_a_uri_and_lives_as_long_as_asked(pca: Client, parent: str) -> None:
    begin, end = int(time.time()) + 3600, int(time.time()) + 7200
    given = {"san_type": 6, "san_value": "spiffe://shop.test/alice", "days": None}
    leaf = loaded(client_certificate(pca, parent, before_time=begin, after_time=end, **given).x_509certificate)
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.UniformResourceIdentifier) == ["spiffe://shop.test/alice"]
    assert (leaf.not_valid_before_utc.timestamp(), leaf.not_valid_after_utc.timestamp()) == (begin, end)


def test_server_certificate_has_its_common_name_and_its_domains(pca: Client, parent: str) -> None:
    request = models.CreateServerCertificateRequest(
        parent_identifier=parent, common_name="www.shop.test", domain="shop.test,10.0.0.1", algorithm="ECC_384",
        months=1, immediately=1, resource_group_id="rg-2",
        custom_identifier="mine", tags=[models.CreateServerCertificateRequestTags("team", "web")],
    )  # fmt: skip
    made = pca.create_server_certificate(request).body
    leaf = loaded(made.x_509certificate)
    pca.update_pca_certificate(models.UpdatePcaCertificateRequest(identifier=made.identifier, alias_name="shop"))
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["www.shop.test", "shop.test"]
    assert len(names.get_values_for_type(x509.IPAddress)) == 1
    one = pca.describe_client_certificate(models.DescribeClientCertificateRequest(made.identifier)).body.certificate
    assert (one.certificate_type, one.full_algorithm, one.alias_name) == ("SERVER", "ECC_384", "shop")
    assert (one.parent_identifier, one.custom_identifier, one.resource_group_id) == (parent, "mine", "rg-2")
    assert {"Type": 2, "Value": "shop.test"} in json.loads(one.sans)
    assert [(tag.tag_key, tag.tag_value) for tag in one.tags] == [("team", "web")]
    assert len(x509.load_pem_x509_certificates(one.cert_chain.encode())) == 3
    assert stored(made.identifier).kind == Kind.SERVER


def test_requests_keep_their_keys_and_what_is_given_goes_first(pca: Client, parent: str) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    csr = make_csr(x509.DNSName("asked.shop.test"), key=key, common_name="asked.shop.test").decode()
    same = {"parent_identifier": parent, "csr": csr, "days": 5, "immediately": 1}
    server = pca.create_server_certificate_with_csr(models.CreateServerCertificateWithCsrRequest(**same)).body
    leaf = loaded(server.x_509certificate)
    assert leaf.public_key() == key.public_key()
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["asked.shop.test"]
    given = models.CreateClientCertificateWithCsrRequest(common_name="bob", san_type=1, san_value="b@shop.test", **same)
    client = loaded(pca.create_client_certificate_with_csr(given).body.x_509certificate)
    assert client.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value == "bob"
    assert not Certificate.objects.filter(current_version__key__isnull=False, kind__in=("server", "client")).exists()


def custom(pca: Client, parent: str, **more: Any) -> Any:
    given = {"csr": make_csr().decode(), "validity": "30d", "immediately": 1, **more}
    return pca.create_custom_certificate(models.CreateCustomCertificateRequest(parent_identifier=parent, **given)).body


def passthrough(**more: Any) -> models.CreateCustomCertificateRequestApiPassthrough:
    return models.CreateCustomCertificateRequestApiPassthrough(**more)


def test_custom_certificate_says_what_is_spelt_out(pca: Client, parent: str) -> None:
    attribute = models.CreateCustomCertificateRequestApiPassthroughSubjectCustomAttributes("2.5.4.12", "Engineer")
    name = models.CreateCustomCertificateRequestApiPassthroughExtensionsSubjectAlternativeNames
    passed = passthrough(
        subject=models.CreateCustomCertificateRequestApiPassthroughSubject(
            common_name="carol", custom_attributes=[attribute]
        ),
        serial_number="4660",
        extensions=models.CreateCustomCertificateRequestApiPassthroughExtensions(
            criticals=["ExtendedKeyUsages"],
            extended_key_usages=["clientAuth", "emailProtection"],
            key_usage=models.CreateCustomCertificateRequestApiPassthroughExtensionsKeyUsage(
                digital_signature=True, non_repudiation=True, key_encipherment=False
            ),
            subject_alternative_names=[name("rfc822Name", "carol@shop.test")],
        ),
    )
    made = custom(pca, parent, api_passthrough=passed, validity="2026-01-01T00:00:00Z/2027-01-01T00:00:00Z")
    leaf = loaded(made.certificate)
    usage = leaf.extensions.get_extension_for_class(x509.KeyUsage).value
    extended = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    assert (leaf.serial_number, made.serial_number) == (4660, "1234")
    assert (usage.digital_signature, usage.content_commitment, usage.key_encipherment) == (True, True, False)
    assert extended.critical
    assert list(extended.value) == [ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.EMAIL_PROTECTION]
    assert leaf.subject.get_attributes_for_oid(NameOID.TITLE)[0].value == "Engineer"
    assert leaf.not_valid_after_utc == dt.datetime(2027, 1, 1, tzinfo=dt.UTC)
    again = passthrough(serial_number="4660")
    assert refusal(custom, pca, parent, api_passthrough=again) == "InvalidParameter.SerialNumber"


def with_attribute(oid: str, value: str) -> models.CreateCustomCertificateRequestApiPassthrough:
    made = models.CreateCustomCertificateRequestApiPassthroughSubjectCustomAttributes(oid, value)
    subject = models.CreateCustomCertificateRequestApiPassthroughSubject(custom_attributes=[made])
    return passthrough(subject=subject)


REFUSED_CUSTOM_CERTIFICATE: list[tuple[dict[str, Any], str]] = [
    ({"validity": "soon"}, "InvalidParameter.Validity"),
    ({"validity": "99y"}, "InvalidParameter.Validity"),
    ({"validity": "2020-01-01T00:00:00Z"}, "InvalidParameter.Validity"),
    ({"validity": "99999d"}, "InvalidParameter.Validity"),
    ({"csr": "nothing"}, "InvalidParameter.Csr"),
    ({"api_passthrough": passthrough(serial_number="-1")}, "InvalidParameter.SerialNumber"),
    ({"api_passthrough": passthrough(serial_number="9" * 60)}, "InvalidParameter.SerialNumber"),
    ({"api_passthrough": with_attribute("2.5.4.6", "China")}, "InvalidParameter.CustomAttributes"),
    (
        {"api_passthrough": with_attribute("9.9", "x")},
        "InvalidParameter.ApiPassthrough.Subject.CustomAttributes.1.ObjectIdentifier",
    ),
]


def test_custom_certificate_that_cannot_be_is_refused(pca: Client, parent: str) -> None:
    for changed, code in REFUSED_CUSTOM_CERTIFICATE:
        assert refusal(custom, pca, parent, **changed) == code, changed
    assert not Certificate.objects.exclude(kind=Kind.CA).exists()


REFUSED_CLIENT_CERTIFICATE: list[tuple[dict[str, Any], str]] = [
    ({"days": None}, "InvalidParameter.Validity"),
    ({"days": 400}, "InvalidParameter.Validity"),
    ({"days": -1}, "InvalidParameter.Days"),
    ({"algorithm": "RSA_2048"}, "InvalidParameter.Algorithm"),
    ({"san_type": 1, "san_value": "no email"}, "InvalidParameter.SanValue"),
    ({"san_type": 2, "san_value": "a.test"}, "InvalidParameter.SanType"),
    ({"immediately": 3}, "InvalidParameter.Immediately"),
    ({"alias_name": "Shop Root"}, "NameAlreadyExist"),
    ({"days": None, "before_time": 2**40, "after_time": 2**41}, "InvalidParameter.Validity"),
]


def test_wrong_client_certificate_is_refused_by_its_code(pca: Client, parent: str) -> None:
    for changed, code in REFUSED_CLIENT_CERTIFICATE:
        assert refusal(client_certificate, pca, parent, **changed) == code, changed
    assert not Certificate.objects.exclude(kind=Kind.CA).exists()


def test_revoked_certificate_is_in_the_list_and_only_it_is_deleted(
    pca: Client, authority: Authority, parent: str
) -> None:
    good, bad = client_certificate(pca, parent), client_certificate(pca, parent, common_name="mallory")
    deletion = models.DeleteClientCertificateRequest(identifier=bad.identifier)
    assert refusal(pca.delete_client_certificate, deletion) == "OperationDenied.StatusNotSupport"
    revocation = models.CreateRevokeClientCertificateRequest(identifier=bad.identifier)
    pca.create_revoke_client_certificate(revocation)
    assert refusal(pca.create_revoke_client_certificate, revocation) == "OperationDenied.StatusNotSupport"
    crl = x509.load_der_x509_crl(bytes(PublishedList.objects.get(authority=authority).der))
    assert crl.is_signature_valid(x509_of(authority).public_key())  # type: ignore[arg-type]
    assert [entry.serial_number for entry in crl] == [int(bad.serial_number, 16)]
    both = models.DescribeClientCertificateStatusRequest(identifier=f"{good.identifier},{bad.identifier},x")
    states = pca.describe_client_certificate_status(both).body.certificate_status
    assert [state.status for state in states] == ["good", "revoked", "unknown"]
    assert abs(states[1].revoke_time / 1000 - timezone.now().timestamp()) < 3600
    (row,) = pca.list_revoke_certificate(models.ListRevokeCertificateRequest()).body.certificate_list
    assert (row.identifier, row.status, row.common_name) == (bad.identifier, "REVOKE", "mallory")
    assert row.revoke_date.endswith("Z")
    pca.delete_client_certificate(deletion)
    assert not Certificate.objects.filter(name="mallory").exists()
    serials = models.DescribeClientCertificateStatusForSerialNumberRequest(serial_number=f"{bad.serial_number},ab")
    after = pca.describe_client_certificate_status_for_serial_number(serials).body.certificate_status
    assert [(state.serial_number, state.status) for state in after] == [
        (bad.serial_number, "revoked"),
        ("ab", "unknown"),
    ]


def test_lists_find_what_was_issued(pca: Client, parent: str) -> None:
    first, second = client_certificate(pca, parent), client_certificate(pca, parent, common_name="bob", days=90)
    pca.create_revoke_client_certificate(models.CreateRevokeClientCertificateRequest(identifier=first.identifier))

    def ids(**given: Any) -> list[str]:
        return [row.identifier for row in pca.list_cert(models.ListCertRequest(**given)).body.list]

    assert ids() == [second.identifier, first.identifier]
    assert (ids(status="REVOKE"), ids(status="ISSUE")) == ([first.identifier], [second.identifier])
    assert ids(type="SERVER") == ids(parent_identifier=first.identifier) == []
    soon = (timezone.now() + dt.timedelta(days=60)).date().isoformat()
    assert (ids(after_date=soon), ids(before_date=soon)) == ([first.identifier], [])
    page = pca.list_cert(models.ListCertRequest(max_results=1)).body
    assert ids(max_results=1, next_token=page.next_token) == [first.identifier]
    (row,) = page.list
    assert (row.key_exportable, row.certificate_type, row.common_name) == (True, "CLIENT", "bob")
    body = pca.list_client_certificate(models.ListClientCertificateRequest(show_size=1, current_page=2)).body
    assert ([each.identifier for each in body.certificate_list], body.total_count, body.page_count) == (
        [first.identifier], 2, 2,
    )  # fmt: skip
    by_serial = models.DescribeClientCertificateForSerialNumberRequest(serial_number=second.serial_number)
    (found,) = pca.describe_client_certificate_for_serial_number(by_serial).body.certificate_list
    assert (found.identifier, found.algorithm, found.key_size) == (second.identifier, "ECC", 256)
    pca.upload_pca_cert_to_cas(models.UploadPcaCertToCasRequest(ids=str(row.id)))
    assert refusal(pca.upload_pca_cert_to_cas, models.UploadPcaCertToCasRequest(ids=parent)) == "InvalidParameter.Ids"


def test_key_leaves_encrypted_for_those_who_may_export_it(
    pca: Client, config: Config, parent: str, settings: Settings, django_user_model: type[User]
) -> None:
    made = client_certificate(pca, parent)
    request = models.DescribeCertificatePrivateKeyRequest(identifier=made.identifier, encrypted_code=CODE)
    pem = pca.describe_certificate_private_key(request).body.encrypted_data.encode()
    key = serialization.load_pem_private_key(pem, CODE.encode())
    assert key.public_key() == loaded(made.x_509certificate).public_key()
    assert Change.objects.filter(kind="certificate.key_exported").count() == 1
    request.encrypted_code = "short"
    assert refusal(pca.describe_certificate_private_key, request) == "InvalidParameter.EncryptedCode"
    request.encrypted_code = CODE
    settings.KEY_EXPORT = False
    assert refusal(pca.describe_certificate_private_key, request) == "Forbidden.RAM"
    settings.KEY_EXPORT = True
    other = create_access_key(COMMAND, django_user_model.objects.create_user("bob"))
    config.access_key_id, config.access_key_secret = other.row.pk, other.secret
    assert refusal(Client(config).describe_certificate_private_key, request) == "Forbidden.RAM"
    assert Change.objects.filter(kind="certificate.key_exported").count() == 1


def test_certificate_of_another_kind_is_named_in_the_refusal(pca: Client, parent: str) -> None:
    uploaded = make_server_certificate()
    revoked = models.CreateRevokeClientCertificateRequest(identifier=uploaded.pk)
    assert refusal(pca.create_revoke_client_certificate, revoked) == "NotFound"
    assert refusal(client_certificate, pca, uploaded.pk) == "InvalidParameter.Identifier"
    leaf = models.DescribeClientCertificateRequest(identifier=parent)
    assert refusal(pca.describe_client_certificate, leaf) == "InvalidParameter.Identifier"


def test_longer_list_costs_no_more_queries(pca: Client, authority: Authority) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            pca.list_client_certificate(models.ListClientCertificateRequest())
        return len(captured)

    issue_client(authority, "one")
    queries()  # the first time a certificate is seen, it gets its number
    few = queries()
    for name in ("two", "three", "four"):
        issue_client(authority, name)
    queries()
    assert queries() == few
