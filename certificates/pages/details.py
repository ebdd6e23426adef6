"""The page of one certificate: what it says, its versions, and who uses it."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from certificates.messages import retold
from certificates.models import CertificateVersion
from certificates.selectors import certificate_by_id, full_chain_pem, version_of, versions_of
from certificates.usage import usages_of

VERSIONS_SHOWN = 20
BAR_UNITS = 1000


@dataclass(frozen=True, slots=True)
class Link:
    """One certificate of the chain above the leaf."""

    subject: str
    issuer: str
    not_after: dt.datetime
    sha256: str


@dataclass(frozen=True, slots=True)
class VersionRow:
    """A version, and how it differs from the one before it."""

    version: CertificateVersion
    is_current: bool
    names_added: list[str] = field(default_factory=list)
    names_removed: list[str] = field(default_factory=list)
    is_new_key: bool = False
    is_new_issuer: bool = False
    is_first: bool = False


@require_safe
def certificate_detail(request: HttpRequest, certificate_id: str) -> HttpResponse:
    """Show a certificate."""
    return render(request, "certificates/detail.html", _context(certificate_id))


@require_safe
def certificate_pem(request: HttpRequest, certificate_id: str) -> HttpResponse:
    """Send what a server presents: the certificate and its chain, without the key."""
    answer = HttpResponse(full_chain_pem(version_of(certificate_id)), content_type="application/x-pem-file")
    answer["Content-Disposition"] = f'attachment; filename="{certificate_id}.pem"'
    return answer


def _context(certificate_id: str) -> dict[str, Any]:
    certificate = certificate_by_id(certificate_id)
    version = version_of(certificate_id)
    return {
        "certificate": certificate,
        "version": version,
        "warnings": retold(version.warnings),
        "names": version.names.all(),
        "chain": chain_of(version),
        "elapsed": elapsed(version, timezone.now()),
        "rows": version_rows(list(versions_of(certificate_id)[: VERSIONS_SHOWN + 1]), version),
        "usages": usages_of([certificate.pk])[certificate.pk],
    }


def chain_of(version: CertificateVersion) -> list[Link]:
    """Return the certificates above the leaf, its issuer first."""
    chain = x509.load_pem_x509_certificates(version.chain_pem.encode()) if version.chain_pem else []
    return [
        Link(
            subject=link.subject.rfc4514_string(),
            issuer=link.issuer.rfc4514_string(),
            not_after=link.not_valid_after_utc,
            sha256=link.fingerprint(hashes.SHA256()).hex(),
        )
        for link in chain
    ]


def elapsed(version: CertificateVersion, now: dt.datetime) -> int:
    """Return how much of the validity is over, in thousandths."""
    life = (version.not_after - version.not_before).total_seconds()
    passed = (now - version.not_before).total_seconds()
    return max(0, min(BAR_UNITS, round(BAR_UNITS * passed / life))) if life > 0 else BAR_UNITS


def version_rows(versions: Sequence[CertificateVersion], current: CertificateVersion) -> list[VersionRow]:
    """Return what each version changed, newest first; the oldest of more than fit is only compared with."""
    older = [*versions[1:], None]
    rows = [_row(version, before, current) for version, before in zip(versions, older, strict=True)]
    return rows[:VERSIONS_SHOWN]


def _row(version: CertificateVersion, before: CertificateVersion | None, current: CertificateVersion) -> VersionRow:
    is_current = version.pk == current.pk
    if before is None:
        return VersionRow(version, is_current, is_first=True)
    names, names_before = _names(version), _names(before)
    return VersionRow(
        version,
        is_current,
        names_added=sorted(names - names_before),
        names_removed=sorted(names_before - names),
        is_new_key=version.spki_sha256 != before.spki_sha256,
        is_new_issuer=version.issuer != before.issuer,
    )


def _names(version: CertificateVersion) -> set[str]:
    return {name.value for name in version.names.all()}
