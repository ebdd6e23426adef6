"""Every read of the repository."""

import re

from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext as _

from certificates.matching import InvalidNameError, covering_patterns, normalise_name
from certificates.models import Certificate, CertificateName, CertificateVersion
from console.errors import NotFoundError

# Keyset of every list of certificates: soonest expiry first.
ORDER = ("not_after", "id")
FINGERPRINT_DIGITS = 64
LONGEST_QUERY = 300
MOST_MATCHES = 1000
# So many hexadecimal digits are a fingerprint or a serial number, and hardly a part of a name.
DISTINCTIVE_DIGITS = 16
_HEXADECIMAL = re.compile(r"^[0-9a-f]+$")


def certificate_by_id(certificate_id: str) -> Certificate:
    """Return a certificate with its current version; raise NotFoundError."""
    certificates = Certificate.objects.select_related("current_version", "current_version__replaces")
    found = certificates.filter(pk=certificate_id).first() if certificate_id.isprintable() else None
    if found is None:
        raise NotFoundError(
            _("There is no certificate “%(id)s”.") % {"id": certificate_id[:64]},
            "certificate.not-found",
            field="certificate_id",
            way_out=_("It may have been deleted; look it up in the list of certificates."),
        )
    return found


def version_of(certificate_id: str, number: int | None = None) -> CertificateVersion:
    """Return the current version of a certificate, or the one with ``number``; raise NotFoundError."""
    certificate = certificate_by_id(certificate_id)
    found = certificate.current_version if number is None else certificate.versions.filter(number=number).first()
    if found is None:
        raise NotFoundError(
            _("“%(name)s” has no such version.") % {"name": certificate.name},
            "certificate.no-version",
            field="version",
            way_out=_("Look up its versions."),
        )
    return found


def full_chain_pem(version: CertificateVersion) -> str:
    """Return what a server presents: the certificate, then its chain."""
    return version.leaf_pem + version.chain_pem


def versions_of(certificate_id: str) -> QuerySet[CertificateVersion]:
    """Return the versions of a certificate, newest first, with their names."""
    certificate_by_id(certificate_id)
    versions = CertificateVersion.objects.filter(certificate_id=certificate_id)
    return versions.select_related("replaces").prefetch_related("names")


def certificates(*, kind: str = "", query: str = "") -> QuerySet[Certificate]:
    """Return certificates, soonest expiry first, with their current versions and names.

    ``query`` finds a certificate by part of any name, by a host name that one of its names covers, by fingerprint
    (SHA-256 or SPKI) and by serial number (hexadecimal or decimal, with or without colons).
    """
    found = Certificate.objects.filter(current_version__isnull=False)
    if kind:
        found = found.filter(kind=kind)
    # PostgreSQL takes no NUL in a text, and no name has one.
    if text := query.replace("\0", "").strip()[:LONGEST_QUERY]:
        found = found.filter(_matching(text))
    return (
        found.select_related("current_version", "current_version__replaces")
        .prefetch_related("current_version__names", "tags")
        .order_by(*ORDER)
    )


def _matching(text: str) -> Q:
    """Return the condition for a search.

    A search in the order of expiry ends early for a common text and is slow for a rare one, which it looks up in
    the whole table row by row; a plain scan for a handful of ids is the other way round. So the scan goes first.
    """
    digits = re.sub(r"[:\s]", "", text).lower()
    numbered = _by_number(digits) if _HEXADECIMAL.match(digits) else set()
    if numbered and len(digits) >= DISTINCTIVE_DIGITS:
        return Q(pk__in=numbered)
    host = _host_name(text)
    exact = numbered | (_by_pattern(host) if host else set())
    part = _part_of_name(text, host)
    ids = Certificate.objects.filter(part).order_by().values_list("pk", flat=True)[: MOST_MATCHES + 1]
    named = set(ids)
    return part | Q(pk__in=exact) if len(named) > MOST_MATCHES else Q(pk__in=named | exact)


def _part_of_name(text: str, host: str) -> Q:
    part = Q(search_text__contains=text.lower())
    return part if text.isascii() or not host else part | Q(search_text__contains=host)


def _by_number(digits: str) -> set[str]:
    if len(digits) == FINGERPRINT_DIGITS:
        matches = Q(sha256=digits) | Q(spki_sha256=digits)
    else:
        matches = Q(serial__in={digits.lstrip("0") or "0", *([f"{int(digits):x}"] if digits.isdecimal() else [])})
    versions = CertificateVersion.objects.filter(matches).order_by()
    return set(versions.values_list("certificate_id", flat=True)[:MOST_MATCHES])


def _by_pattern(host: str) -> set[str]:
    names = CertificateName.objects.filter(value__in=covering_patterns(host)).order_by()
    return set(
        names.filter(version__certificate__current_version=F("version")).values_list(
            "version__certificate_id", flat=True
        )[:MOST_MATCHES]
    )


def _host_name(text: str) -> str:
    try:
        return normalise_name(text)
    except InvalidNameError:
        return ""
