"""Certificates and channels for the tests of alerts."""

import datetime as dt
import itertools
from hashlib import sha256

from alerts.models import AllowedRange, Channel
from alerts.services.channels import create_channel
from certificates.models import Certificate, CertificateName, CertificateVersion, ChainMember, Kind
from events.actor import SYSTEM

NOW = dt.datetime(2026, 6, 1, 12, 0, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
_numbers = itertools.count(1)


def version_row(certificate: Certificate, number: int, not_after: dt.datetime) -> CertificateVersion:
    """Return an unsaved version that ends at ``not_after``; nothing here looks into its PEM."""
    digest = sha256(f"{certificate.pk}/{number}".encode()).hexdigest()
    return CertificateVersion(
        certificate=certificate,
        number=number,
        leaf_pem="",
        subject=f"CN={certificate.name}",
        issuer="CN=Test Root",
        common_name=certificate.name,
        serial=f"{number:x}",
        sha256=digest,
        chain_sha256="",
        spki_sha256=digest,
        key_algorithm="ECDSA",
        key_bits=256,
        signature_hash="SHA256",
        not_before=not_after - 90 * DAY,
        not_after=not_after,
    )


def make_certificate(
    not_after: dt.datetime,
    *,
    name: str = "",
    kind: Kind = Kind.SERVER,
    chain_not_after: dt.datetime | None = None,
    names: tuple[str, ...] = (),
) -> Certificate:
    """Store a certificate that ends at ``not_after``."""
    certificate = Certificate.objects.create(
        name=name or f"certificate-{next(_numbers)}", kind=kind, not_after=not_after, created_by="alice"
    )
    version = version_row(certificate, 1, not_after)
    version.chain_not_after = chain_not_after
    version.save()
    add_chain_members(version, *([chain_not_after] if chain_not_after else []))
    CertificateName.objects.bulk_create(CertificateName(version=version, kind="dns", value=value) for value in names)
    point_at(certificate, version)
    return certificate


def add_chain_members(version: CertificateVersion, *ends: dt.datetime) -> None:
    """Give a version's chain members that end before it, soonest first."""
    for place, end in enumerate(sorted(ends)):
        ChainMember.objects.create(
            version=version,
            place=place,
            subject=f"CN=Test Intermediate {place}",
            sha256=sha256(f"{version.pk}/{place}".encode()).hexdigest(),
            not_before=end - 900 * DAY,
            not_after=end,
        )


def point_at(certificate: Certificate, version: CertificateVersion) -> None:
    """Make ``version`` the current one, as replacing and rolling back do."""
    certificate.current_version, certificate.not_after = version, version.not_after
    certificate.save(update_fields=("current_version", "not_after"))


def replace(certificate: Certificate, not_after: dt.datetime) -> CertificateVersion:
    """Give ``certificate`` a new version and return the one it had."""
    old = certificate.current_version
    assert old is not None
    version = version_row(certificate, certificate.versions.count() + 1, not_after)
    version.save()
    point_at(certificate, version)
    return old


def allow_loopback() -> None:
    """Let messages go to receivers on this machine."""
    AllowedRange.objects.get_or_create(network="127.0.0.0/8", defaults={"reason": "Tests", "created_by": "alice"})


def make_webhook(url: str = "http://127.0.0.1:9/hook", name: str = "") -> Channel:
    """Create a webhook channel, and allow this machine's own addresses: the receivers of tests are there."""
    allow_loopback()
    return create_channel(SYSTEM, kind="webhook", name=name or f"webhook-{next(_numbers)}", target=url).channel


def make_email(*addresses: str, name: str = "") -> Channel:
    """Create an email channel."""
    target = ", ".join(addresses or ("ops@example.test",))
    return create_channel(SYSTEM, kind="email", name=name or f"mail-{next(_numbers)}", target=target).channel
