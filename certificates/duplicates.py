"""Refuse what is stored already, and say where."""

from collections.abc import Sequence

from django.utils.translation import gettext as _

from certificates.models import Certificate, CertificateVersion
from certificates.parsing.bundles import Bundle
from certificates.parsing.x509 import Description
from certificates.store import chain_digest
from console.errors import ConflictError

BATCH = 500


def refuse_duplicates(leaves: Sequence[Description]) -> None:
    """Raise ConflictError for the first certificate that is stored already, or that comes twice."""
    seen: set[str] = set()
    for leaf in leaves:
        if leaf.sha256 in seen:
            raise _duplicate(leaf.label, leaf.label)
        seen.add(leaf.sha256)
    fingerprints = [leaf.sha256 for leaf in leaves]
    for start in range(0, len(fingerprints), BATCH):
        stored = CertificateVersion.objects.filter(sha256__in=fingerprints[start : start + BATCH])
        if found := stored.select_related("certificate").first():
            raise _stored(found)


def refuse_duplicate_version(certificate: Certificate, bundle: Bundle) -> None:
    """Raise ConflictError if the bundle belongs to another certificate, or is a version of this one already.

    The same leaf with another chain is a new version: that is how a chain is mended.
    """
    for version in CertificateVersion.objects.filter(sha256=bundle.leaf.description.sha256).select_related(
        "certificate"
    ):
        if version.certificate_id != certificate.id:
            raise _stored(version)
        if version.chain_sha256 == chain_digest(bundle.chain):
            raise _same_version(certificate, version)


def _stored(version: CertificateVersion) -> ConflictError:
    return _duplicate(version.common_name or version.subject, f"{version.certificate.name} ({version.certificate_id})")


def _duplicate(label: str, name: str) -> ConflictError:
    return ConflictError(
        _("“%(label)s” is in the repository already, as “%(name)s”.") % {"label": label, "name": name},
        "certificate.duplicate",
        field="certificate_pem",
        way_out=_("Use that certificate; to change its chain, replace it."),
    )


def _same_version(certificate: Certificate, version: CertificateVersion) -> ConflictError:
    names = {"name": certificate.name, "number": version.number}
    if version.pk == certificate.current_version_id:
        return ConflictError(
            _("This is the current version of “%(name)s” already, chain included.") % names,
            "certificate.unchanged",
            field="certificate_pem",
            way_out=_("Give the renewed certificate."),
        )
    return ConflictError(
        _("This is version %(number)s of “%(name)s” already.") % names,
        "certificate.version-stored",
        field="certificate_pem",
        way_out=_("Roll back to version %(number)s instead.") % names,
    )
