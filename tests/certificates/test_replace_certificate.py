"""Replacing a certificate by a new version."""

import dataclasses
import datetime as dt

import pytest

from certificates.coverage import outline_of_version
from certificates.judgement import findings_of_replacement
from certificates.keys import open_private_key
from certificates.models import CertificateVersion
from certificates.services import import_certificate, replace_certificate
from console.errors import ConflictError, InvalidInputError, NotFoundError, StaleError
from events.models import Change
from tests.certificates.repository import ALICE, codes, import_leaf, replace_by
from tests.certs import DAY, ecdsa_key, make_ca, make_leaf, rsa_key

pytestmark = pytest.mark.django_db


def test_the_identity_stays_and_the_version_changes() -> None:
    first = import_leaf(name="shop")
    renewed = make_leaf()
    second = replace_by(first, renewed, expected_revision=1)
    certificate = second.certificate
    certificate.refresh_from_db()
    assert certificate.pk == first.certificate.pk
    assert (certificate.name, certificate.revision) == ("shop", 2)
    assert certificate.current_version == second.version
    assert (second.version.number, second.version.replaces) == (2, first.version)
    assert certificate.not_after == renewed.certificate.not_valid_after_utc
    assert open_private_key(second.version.pk) == renewed.key_pem
    assert codes(second) == []


def test_the_version_before_is_kept_as_it_was() -> None:
    leaf = make_leaf()
    first = import_leaf(leaf)
    replace_by(first, make_leaf())
    kept = CertificateVersion.objects.get(pk=first.version.pk)
    assert kept.leaf_pem.encode() == leaf.pem
    assert open_private_key(kept.pk) == leaf.key_pem


def test_the_replacement_is_in_the_change_feed() -> None:
    first = import_leaf()
    replace_by(first, make_leaf())
    change = Change.objects.last()
    assert change is not None
    assert (change.kind, change.object_id, change.detail) == (
        "certificate.replaced",
        first.certificate.pk,
        {"version": 2},
    )


def test_lost_names_need_a_reason_that_is_kept() -> None:
    first = import_leaf(make_leaf("a.example.test", "b.example.test", "192.0.2.1"))
    shorter = make_leaf("a.example.test")
    with pytest.raises(ConflictError, match=r"b\.example\.test, 192\.0\.2\.1") as caught:
        replace_by(first, shorter, reason=" \n ")
    assert (caught.value.code, caught.value.field) == ("certificate.names-lost", "reason")
    assert CertificateVersion.objects.count() == 1
    second = replace_by(first, shorter, reason=" Moved to\nthe new shop ")
    assert codes(second) == ["certificate.names-lost"]
    assert second.version.reason == "Moved to the new shop"
    change = Change.objects.last()
    assert change is not None
    assert change.detail == {"version": 2, "reason": "Moved to the new shop"}


def test_a_reason_that_is_too_long_is_refused() -> None:
    with pytest.raises(InvalidInputError) as caught:
        replace_by(import_leaf(), make_leaf(), reason="x" * 501)
    assert caught.value.code == "certificate.reason-invalid"


def test_a_name_that_a_wildcard_takes_over_is_not_lost() -> None:
    first = import_leaf(make_leaf("a.example.test"))
    assert codes(replace_by(first, make_leaf("*.example.test"))) == []


def test_a_weaker_key_is_said() -> None:
    first = import_leaf(make_leaf())
    assert codes(replace_by(first, make_leaf(key=rsa_key(2048)))) == ["certificate.weaker-key"]


def test_an_earlier_end_is_said() -> None:
    first = import_leaf(make_leaf())
    sooner = make_leaf(not_after=dt.datetime.now(dt.UTC) + 5 * DAY)
    assert codes(replace_by(first, sooner)) == ["certificate.ends-sooner"]


def test_the_same_key_again_is_said() -> None:
    key = ecdsa_key()
    first = import_leaf(make_leaf(key=key))
    assert codes(replace_by(first, make_leaf(key=key))) == ["certificate.same-key"]


def test_a_weaker_hash_is_said() -> None:
    before = outline_of_version(import_leaf().version)
    after = dataclasses.replace(before, signature_hash="SHA1")
    assert [finding.code for finding in findings_of_replacement(before, after)] == ["certificate.weaker-hash"]


def test_a_shorter_validity_is_said_although_the_end_is_later() -> None:
    now = dt.datetime.now(dt.UTC)
    first = import_leaf(make_leaf(not_before=now - 300 * DAY, not_after=now + 20 * DAY))
    second = replace_by(first, make_leaf())
    assert codes(second) == ["certificate.shorter-validity"]
    assert "91 days" in second.warnings[0].message


def test_the_same_leaf_with_another_chain_is_a_new_version() -> None:
    middle = make_ca("Middle", issuer=make_ca())
    leaf = make_leaf(issuer=middle)
    first = import_certificate(ALICE, kind="server", name="", certificate_pem=leaf.pem, private_key_pem=leaf.key_pem)
    assert codes(first) == ["chain.incomplete"]
    second = replace_by(first, leaf)
    assert second.version.number == 2
    assert second.version.sha256 == first.version.sha256
    assert second.version.chain_pem.encode() == middle.pem


def test_the_current_version_again_is_refused() -> None:
    leaf = make_leaf()
    first = import_leaf(leaf)
    with pytest.raises(ConflictError) as caught:
        replace_by(first, leaf)
    assert caught.value.code == "certificate.unchanged"


def test_an_older_version_again_is_refused_and_roll_back_offered() -> None:
    leaf = make_leaf()
    first = import_leaf(leaf)
    replace_by(first, make_leaf())
    with pytest.raises(ConflictError, match="Roll back to version 1") as caught:
        replace_by(first, leaf)
    assert caught.value.code == "certificate.version-stored"


def test_the_leaf_of_another_certificate_is_refused_by_its_name() -> None:
    leaf = make_leaf()
    import_leaf(leaf, "shop")
    with pytest.raises(ConflictError, match="shop") as caught:
        replace_by(import_leaf(), leaf)
    assert caught.value.code == "certificate.duplicate"


def test_a_ca_certificate_is_replaced_by_one_only() -> None:
    first = import_certificate(ALICE, kind="ca", name="", certificate_pem=make_ca().pem)
    leaf = make_leaf()
    with pytest.raises(InvalidInputError) as caught:
        replace_certificate(ALICE, first.certificate.pk, certificate_pem=leaf.pem)
    assert caught.value.code == "certificate.not-ca"


def test_the_second_of_two_operators_is_told_and_nothing_is_lost() -> None:
    first = import_leaf()
    second = replace_by(first, make_leaf(), expected_revision=1)
    with pytest.raises(StaleError):
        replace_by(first, make_leaf(), expected_revision=1)
    first.certificate.refresh_from_db()
    assert first.certificate.current_version == second.version


def test_an_absent_certificate_is_not_found() -> None:
    for certificate_id in ("cert-0000000000000000", "a\0b", "é"):
        with pytest.raises(NotFoundError):
            replace_certificate(ALICE, certificate_id, certificate_pem=b"")
