"""What an operator should act on about a stored certificate."""

import dataclasses
import datetime as dt
from collections.abc import Sequence
from typing import Any

import pytest
import time_machine
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from certificates import hints
from certificates.examination import advice_for, examine_outdated
from certificates.hint_words import WORDS
from certificates.models import Certificate, CertificateHint
from certificates.parsing.bundles import Upload, read_bundle
from certificates.services import import_certificate, roll_back_certificate
from tests.certificates.repository import ALICE, import_leaf, replace_by
from tests.certs import DAY, Issued, ecdsa_key, make_ca, make_leaf, rsa_key

ROOT = make_ca()
PUBLIC = x509.CertificatePolicies([x509.PolicyInformation(x509.ObjectIdentifier("2.23.140.1.2.1"), None)])
NOW = dt.datetime.now(dt.UTC)


def build(
    *extensions: x509.ExtensionType,
    common_name: str = "www.test",
    names: Sequence[str] = ("www.test",),
    key: Any = None,
    not_before: dt.datetime = NOW - DAY,
    days: float = 30,
) -> Issued:
    """Make a leaf of ROOT with just these extensions."""
    key = key or ecdsa_key()
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)]))
        .issuer_name(ROOT.certificate.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(not_before)
        .not_valid_after(not_before + days * DAY)
    )
    if names:
        extensions += (x509.SubjectAlternativeName([x509.DNSName(name) for name in names]),)
    for extension in extensions:
        builder = builder.add_extension(extension, critical=False)
    return Issued(builder.sign(ROOT.key, hashes.SHA256()), key)


def codes(issued: Issued, kind: str = "server", chain: Sequence[Issued] = (), found: Sequence[str] = ()) -> list[str]:
    subject = hints.subject_of(kind, issued.pem.decode(), "".join(link.pem.decode() for link in chain), found)
    return [hint.code for hint in hints.lasting_hints(subject)]


@pytest.mark.parametrize(
    "issued",
    [make_leaf("www.test"), make_leaf("www.test", client=True, issuer=ROOT), build(key=rsa_key(1024)), build(names=())],
)
def test_what_was_read_just_now_has_the_hints_of_what_is_read_again(issued: Issued) -> None:
    bundle = read_bundle(Upload("server", issued.pem, issued.key_pem))
    subject = hints.subject_of_bundle("server", bundle, ())
    assert [hint.code for hint in hints.lasting_hints(subject)] == codes(issued) != []


def test_a_good_certificate_has_none() -> None:
    assert codes(make_leaf("www.test", issuer=ROOT)) == []
    assert codes(ROOT, "ca") == []


@pytest.mark.parametrize(
    ("issued", "kind", "expected"),
    [
        (make_leaf("www.test"), "server", ["self-signed"]),
        (make_leaf("www.test", client=True, issuer=ROOT), "server", ["not-for-servers"]),
        (make_leaf("www.test", issuer=ROOT), "client", ["not-for-clients"]),
        (build(x509.BasicConstraints(ca=True, path_length=None)), "server", ["ca-as-leaf"]),
        (build(key=rsa_key(1024)), "server", ["weak-key"]),
        (build(key=ec.generate_private_key(ec.SECP192R1())), "server", ["weak-key"]),
        (build(names=()), "server", ["no-san"]),
        (build(common_name="other.test"), "server", ["common-name-not-covered"]),
        (build(common_name="a.www.test", names=("*.www.test",)), "server", []),
        (build(common_name="The shop"), "server", []),
        (build(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE])), "client", []),
    ],
)
def test_each_fault_has_its_code(issued: Issued, kind: str, expected: list[str]) -> None:
    assert codes(issued, kind) == expected


def test_a_weak_key_anywhere_in_the_chain_counts_once() -> None:
    weak = make_ca("Weak", issuer=ROOT, key=rsa_key(1024))
    assert codes(build(key=rsa_key(1024)), chain=[weak]) == ["weak-key"]


@pytest.mark.parametrize(
    ("issued", "kind", "expected"),
    [
        (make_leaf("www.test"), "server", ["self-signed", "weak-hash"]),
        (make_leaf("www.test", issuer=ROOT), "server", ["weak-hash"]),
        (make_ca("Below", issuer=ROOT), "ca", ["weak-hash"]),
        (ROOT, "ca", []),
    ],
)
def test_a_weak_hash_counts_except_where_a_root_has_signed_itself(
    issued: Issued, kind: str, expected: list[str]
) -> None:
    subject = hints.subject_of(kind, issued.pem.decode(), "", ())
    weak = dataclasses.replace(subject, says=dataclasses.replace(subject.says, signature_hash="SHA1"))
    assert [hint.code for hint in hints.lasting_hints(weak)] == expected


def test_a_missing_chain_is_what_the_import_found() -> None:
    assert codes(make_leaf(issuer=ROOT), found=["chain.incomplete"]) == ["chain-missing"]


@pytest.mark.parametrize(
    ("since", "days", "is_too_long"),
    [
        (dt.datetime(2020, 8, 31, tzinfo=dt.UTC), 800, False),
        (dt.datetime(2020, 9, 1, tzinfo=dt.UTC), 398, False),
        (dt.datetime(2020, 9, 1, tzinfo=dt.UTC), 399, True),
        (dt.datetime(2026, 3, 14, tzinfo=dt.UTC), 398, False),
        (dt.datetime(2026, 3, 15, tzinfo=dt.UTC), 200, False),
        (dt.datetime(2026, 3, 15, tzinfo=dt.UTC), 201, True),
        (dt.datetime(2027, 3, 15, tzinfo=dt.UTC), 100, False),
        (dt.datetime(2027, 3, 15, tzinfo=dt.UTC), 101, True),
        (dt.datetime(2029, 3, 15, tzinfo=dt.UTC), 47, False),
        (dt.datetime(2029, 3, 15, tzinfo=dt.UTC), 48, True),
    ],
)
def test_public_certificates_are_held_to_the_limit_of_their_day(
    since: dt.datetime, days: int, is_too_long: bool
) -> None:
    # Both ends count, so the last second belongs to the last day.
    issued = build(PUBLIC, not_before=since, days=days - 1 / 86_400)
    assert codes(issued) == (["validity-too-long"] if is_too_long else [])


def test_a_day_that_has_begun_is_a_day() -> None:
    assert hints.validity_days(NOW, NOW + 200 * DAY) == 201


def test_timestamps_of_transparency_logs_tell_a_public_authority_too() -> None:
    timestamps = x509.UnrecognizedExtension(hints.TIMESTAMPS, b"\x04\x02\x00\x00")
    assert codes(build(timestamps, not_before=dt.datetime(2026, 4, 1, tzinfo=dt.UTC), days=300)) == [
        "validity-too-long"
    ]


def test_private_authorities_may_issue_for_as_long_as_they_like() -> None:
    assert codes(build(not_before=dt.datetime(2029, 4, 1, tzinfo=dt.UTC), days=3000)) == []


def test_what_passes_depends_on_the_moment_and_on_listeners() -> None:
    middle = make_ca("Middle", issuer=ROOT, not_after=NOW + 10 * DAY)
    issued = make_leaf("www.test", issuer=middle, not_after=NOW + 20 * DAY)
    subject = hints.subject_of("server", issued.pem.decode(), middle.pem.decode(), ())

    def at(days: int, *, is_used: bool = True) -> list[str]:
        return [hint.code for hint in hints.passing_hints(subject, NOW + days * DAY, is_used=is_used)]

    assert at(1) == []
    assert at(11) == ["chain-expired"]
    assert at(21, is_used=False) == ["expired", "chain-expired", "unused"]


def test_every_code_has_its_words() -> None:
    for words in WORDS.values():
        assert words.colour in {"red", "yellow", "grey"}


@pytest.mark.django_db
def test_hints_are_kept_with_the_certificate_and_follow_its_versions() -> None:
    first = import_leaf(make_leaf("www.test"))

    def kept() -> list[str]:
        return list(CertificateHint.objects.values_list("code", flat=True))

    assert kept() == ["self-signed"]
    replace_by(first, make_leaf("www.test", issuer=make_ca("Middle", issuer=ROOT)))
    assert kept() == []
    roll_back_certificate(ALICE, first.certificate.pk)
    assert kept() == ["self-signed"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("today", "limit"), [(dt.date(2027, 3, 14), 200), (dt.date(2027, 3, 15), 100), (dt.date(2029, 3, 15), 47)]
)
def test_what_is_issued_from_a_day_on_is_held_to_its_limit(today: dt.date, limit: int) -> None:
    now = dt.datetime.combine(today, dt.time(12), dt.UTC)
    with time_machine.travel(now):
        certificates = [
            import_leaf(build(PUBLIC, not_before=now, days=days - 1 / 86_400)) for days in (limit, limit + 1)
        ]
        right, wrong = (
            [each for each in advice_for(one.certificate, one.version, is_used=True) if each.code.startswith("valid")]
            for one in certificates
        )
    assert right == []
    assert [each.code for each in wrong] == ["validity-too-long"]
    assert f"{limit + 1} days" in wrong[0].reason
    assert f"{limit} at most" in wrong[0].reason


@pytest.mark.django_db
def test_what_an_older_edition_saw_is_examined_again() -> None:
    first = import_leaf(make_leaf("www.test"))
    CertificateHint.objects.all().delete()
    assert examine_outdated() == 0
    Certificate.objects.update(hints_edition=0)
    assert examine_outdated() == 1
    assert list(first.certificate.hints.values_list("code", flat=True)) == ["self-signed"]


@pytest.mark.django_db
def test_advice_has_reason_and_fix_and_the_worst_comes_first() -> None:
    ca = import_certificate(ALICE, kind="ca", name="", certificate_pem=make_ca().pem)
    assert [advice.code for advice in advice_for(ca.certificate, ca.version, is_used=False)] == ["unused"]
    leaf = import_leaf(make_leaf("www.test"))
    with time_machine.travel(NOW + 100 * DAY):
        advice = advice_for(leaf.certificate, leaf.version, is_used=False)
    assert [each.code for each in advice] == ["expired", "self-signed", "unused"]
    assert all(each.reason and each.fix and "%" not in each.reason for each in advice)
