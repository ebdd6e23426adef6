"""The page of one certificate: what it says, its versions, and who uses it."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from certificates.examination import advice_for
from certificates.messages import retold
from certificates.models import Certificate, CertificateName, CertificateVersion, Kind
from certificates.pages.chains import drawn_chain, others_trusted
from certificates.revocation.standing import overview_of
from certificates.selectors import certificate_by_id, full_chain_pem, versions_behind
from certificates.services.rows import current_of
from certificates.usage import usages_of
from events.models import Change, Notice

VERSIONS_SHOWN = 20
BAR_UNITS = 1000
NOTICES_SHOWN = 5
# Findings of the import that hints say as well, and as of now.
SAID_BY_HINTS = frozenset(
    {
        "certificate.expired",
        "certificate.no-san",
        "certificate.not-for-servers",
        "certificate.weak-key",
        "certificate.weak-signature",
        "ca.cannot-sign",
        "chain.expired",
        "chain.incomplete",
    }
)
# What notices about a certificate call it; the layer above writes them.
NOTICE_KINDS = ("certificate", "chain")


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
    key_before: str = ""  # where algorithm or length changed
    hash_before: str = ""  # where it changed
    days: int = 0
    days_before: int = 0

    @property
    def is_same(self) -> bool:
        """Whether nothing but the dates changed."""
        return not (self.names_added or self.names_removed or self.is_new_key or self.is_new_issuer or self.hash_before)


@require_safe
def certificate_detail(request: HttpRequest, certificate_id: str) -> HttpResponse:
    """Show a certificate."""
    return render(request, "certificates/detail.html", _context(certificate_id))


def _context(certificate_id: str) -> dict[str, Any]:
    certificate = certificate_by_id(certificate_id)
    version = current_of(certificate)
    versions = list(versions_behind(certificate)[: VERSIONS_SHOWN + 1])
    usages = usages_of([certificate.pk])[certificate.pk]
    is_ca = certificate.kind == Kind.CA
    return {
        "certificate": certificate,
        "version": version,
        "warnings": retold([each for each in version.warnings if each["code"] not in SAID_BY_HINTS]),
        "names": _names_of(version, versions),
        "hints": advice_for(certificate, version, is_used=bool(usages.total)),
        "chain": others_trusted(version) if is_ca else drawn_chain(version),
        "elapsed": elapsed(version, timezone.now()),
        "rows": version_rows(versions, version),
        "usages": usages,
        "notices": notices_of(certificate)[:NOTICES_SHOWN],
        "changes": Change.objects.filter(object_type="certificate", object_id=certificate.pk).order_by("-id")[:5],
        "pem": full_chain_pem(version),
        "may_export": is_ca or settings.KEY_EXPORT,
        "revocation": overview_of(certificate.pk) if is_ca else None,
    }


def _names_of(version: CertificateVersion, loaded: Sequence[CertificateVersion]) -> list[CertificateName]:
    """Return the names of ``version``, which has hardly ever to be asked for: it is mostly among those loaded."""
    return list(next((each for each in loaded if each.pk == version.pk), version).names.all())


def notices_of(certificate: Certificate) -> QuerySet[Notice]:
    """Return what was told of a certificate's end or its chain's, newest first."""
    return Notice.objects.filter(subject_kind__in=NOTICE_KINDS, subject_id=certificate.pk).order_by("-id")


def elapsed(version: CertificateVersion, now: dt.datetime) -> int:
    """Return how much of the validity is over, in thousandths."""
    life = (version.not_after - version.not_before).total_seconds()
    passed = (now - version.not_before).total_seconds()
    return max(0, min(BAR_UNITS, round(BAR_UNITS * passed / life))) if life > 0 else BAR_UNITS


def version_rows(versions: Sequence[CertificateVersion], current: CertificateVersion) -> list[VersionRow]:
    """Return what each version changed of the one that it replaced, newest first.

    After a roll back that is not the one with the number before; the oldest of more than fit is only compared with.
    """
    loaded = {version.pk: version for version in versions}
    older = [*versions[1:], None]
    rows = []
    for version, previous in zip(versions[:VERSIONS_SHOWN], older, strict=False):
        before = loaded.get(version.replaces_id or 0) or version.replaces or previous
        rows.append(_row(version, before, current))
    return rows


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
        key_before=_key(before) if _key(version) != _key(before) else "",
        hash_before=before.signature_hash if version.signature_hash != before.signature_hash else "",
        days=_days(version),
        days_before=_days(before),
    )


def _key(version: CertificateVersion) -> str:
    return f"{version.key_algorithm} {version.key_bits}"


def _days(version: CertificateVersion) -> int:
    return (version.not_after - version.not_before).days


def _names(version: CertificateVersion) -> set[str]:
    return {name.value for name in version.names.all()}
