"""Certificates that say otherwise than their purpose has it, and authorities that are certified for others."""

import datetime as dt

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from django.utils import timezone

from authorities.building import Life, Profile
from authorities.models import Authority, IssuedCertificate
from authorities.orders import Order
from authorities.services import (
    OutsideAuthority,
    certify_authority,
    issue_certificate,
    renew_authority,
    revoke_certificate,
)
from certificates.models import Kind, SealedKey
from certificates.subjects import Subject
from console.errors import ConflictError, InvalidInputError
from tests.authorities.rows import issue_client, issue_server, make_root, make_subordinate, x509_of
from tests.authorities.test_issue_certificate import make_csr
from tests.certificates.repository import ALICE

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)


@pytest.fixture
def authority() -> Authority:
    """Create a root of a year that may have others below it."""
    return make_root("Sample Root", days=365, path_length=None)


def moment(days: float) -> dt.datetime:
    return timezone.now().replace(microsecond=0) + dt.timedelta(days=days)


def test_leaf_lives_exactly_as_long_as_asked(authority: Authority) -> None:
    life = Life(moment(1), moment(2.5))
    leaf = x509_of(issue_client(authority, life=life).certificate)
    assert (leaf.not_valid_before_utc, leaf.not_valid_after_utc) == (life.begin, life.end)


@pytest.mark.parametrize(("begin", "end"), [(-3, -1), (3, 2), (0, 50_000), (0, 366)])
def test_life_that_no_certificate_can_have_is_refused(authority: Authority, begin: int, end: int) -> None:
    with pytest.raises(InvalidInputError):
        issue_client(authority, life=Life(moment(begin), moment(end)))
    assert not IssuedCertificate.objects.exists()


def test_profile_goes_before_what_the_purpose_has(authority: Authority) -> None:
    extended = (ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.EMAIL_PROTECTION)
    profile = Profile(
        key_usages=frozenset({"digital_signature", "content_commitment"}),
        extended_usages=extended,
        critical=frozenset({x509.ExtendedKeyUsage.oid}),
        serial=0x1234,
        attributes=[x509.NameAttribute(NameOID.TITLE, "Engineer")],
    )
    leaf = x509_of(issue_client(authority, profile=profile).certificate)
    usage = leaf.extensions.get_extension_for_class(x509.KeyUsage).value
    found = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    assert (usage.digital_signature, usage.content_commitment, usage.key_encipherment) == (True, True, False)
    assert (tuple(found.value), found.critical) == (extended, True)
    assert leaf.serial_number == 0x1234
    assert leaf.subject.get_attributes_for_oid(NameOID.TITLE)[0].value == "Engineer"


@pytest.mark.parametrize("serial", [-5, 1 << 160])
def test_serial_number_that_none_may_have_is_refused(authority: Authority, serial: int) -> None:
    with pytest.raises(InvalidInputError, match="159 bits"):
        issue_client(authority, profile=Profile(serial=serial))


def test_serial_number_is_used_once_by_an_authority(authority: Authority) -> None:
    issue_client(authority, profile=Profile(serial=7))
    with pytest.raises(ConflictError, match="this serial number"):
        issue_client(authority, "bob", profile=Profile(serial=7))


def test_client_is_named_by_a_uri(authority: Authority) -> None:
    order = Order("client", names=("spiffe://example.test/web", "alice@example.test"), subject=Subject("web"))
    leaf = x509_of(issue_certificate(ALICE, authority.pk, order).certificate)
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.UniformResourceIdentifier) == ["spiffe://example.test/web"]


def test_server_has_no_uri(authority: Authority) -> None:
    with pytest.raises(InvalidInputError, match="a server has no others"):
        issue_server(authority, "https://www.example.test/")


def test_authority_for_some_uses_keeps_them_when_it_is_renewed(authority: Authority) -> None:
    below = make_subordinate(authority, days=30, extended_usages=[ExtendedKeyUsageOID.CLIENT_AUTH])
    renewed = renew_authority(ALICE, below.pk, days=60).authority
    usages = x509_of(renewed.certificate).extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usages) == [ExtendedKeyUsageOID.CLIENT_AUTH]


def test_authority_outside_is_certified_and_can_be_revoked(authority: Authority) -> None:
    new = OutsideAuthority(
        make_csr(common_name="Elsewhere"), Life(moment(0), moment(90)), Subject(organization="Else Ltd")
    )
    stored = certify_authority(ALICE, authority.pk, new)
    certificate = x509_of(stored.certificate)
    certificate.verify_directly_issued_by(x509_of(authority.certificate))
    constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
    assert (constraints.ca, constraints.path_length, stored.certificate.kind) == (True, 0, Kind.CA)
    assert certificate.subject.rfc4514_string() == "CN=Elsewhere,O=Else Ltd"
    assert not SealedKey.objects.filter(version=stored.version).exists()
    assert revoke_certificate(ALICE, authority.pk, stored.version.serial, reason="unspecified").revoked_at


def test_authority_outside_may_not_outlive_the_one_above(authority: Authority) -> None:
    with pytest.raises(InvalidInputError, match="outlive"):
        certify_authority(ALICE, authority.pk, OutsideAuthority(make_csr(), Life(moment(0), moment(400))))
