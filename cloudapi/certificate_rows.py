"""Certificates as the certificate services find and show them, with everything that an answer repeats of them."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from cryptography import x509
from django.utils.translation import gettext as _

from certificates.models import Certificate, CertificateVersion
from certificates.selectors import certificate_by_id, version_of
from cloudapi.extras import extras_of
from cloudapi.identifiers import certificate_id, rows_for
from cloudapi.models import CertificateNumber
from cloudapi.operations import Call
from console.errors import InvalidInputError

# What a page of certificates is loaded with, so that it costs a few queries.
RELATED = ("current_version__issued__authority", "authority__parent")
OBJECT_TYPE = "certificate"  # in the change feed, and of what is kept beside a certificate


@dataclass(frozen=True, slots=True)
class Shown:
    """A certificate with its identifiers, its current version and what clients said of it."""

    certificate: Certificate
    version: CertificateVersion
    x509: x509.Certificate
    number: CertificateNumber
    parent: CertificateNumber | None  # of the authority here that issued it
    extras: dict[str, Any]

    @property
    def group(self) -> str:
        """The resource group that a client named."""
        return str(self.extras.get("ResourceGroupId", ""))

    @property
    def tags(self) -> list[dict[str, str]]:
        """The tags as answers have them."""
        return [{"TagKey": tag.key, "TagValue": tag.value} for tag in self.certificate.tags.all()]

    @property
    def label(self) -> str:
        """The common name, else the first name, else the subject."""
        return self.version.common_name or next(iter(self.names), self.version.subject)

    @property
    def names(self) -> list[str]:
        """The names that the certificate is for."""
        return [name.value for name in self.version.names.all()]


def certificate_named(identifier: str, *kinds: str) -> Certificate:
    """Return a certificate by any of its identifiers; raise DomainError unless it is of one of ``kinds``."""
    certificate = certificate_by_id(certificate_id(identifier))
    if kinds and certificate.kind not in kinds:
        raise InvalidInputError(
            _("“%(name)s” (%(id)s) is of the kind “%(kind)s”, which does not fit here.")
            % {"name": certificate.name, "id": identifier[:64], "kind": certificate.get_kind_display()},
            "certificate.kind",
            field="certificate_id",
            way_out=_("Name a certificate of the kind %(kinds)s.") % {"kinds": ", ".join(kinds)},
        )
    return certificate


def shown(certificate: Certificate) -> Shown:
    """Return one certificate as it is shown."""
    if certificate.current_version is None:
        version_of(certificate.pk)  # says that there is none
    return shown_all([certificate])[0]


def shown_all(certificates: Iterable[Certificate]) -> list[Shown]:
    """Return certificates of a page as they are shown; each has ``RELATED`` loaded."""
    found = [(each, each.current_version) for each in certificates]
    ids = [certificate.pk for certificate, _version in found]
    above = {certificate.pk: _authority_id(version) for certificate, version in found}
    numbers, extras = rows_for([*ids, *filter(None, above.values())]), extras_of(OBJECT_TYPE, ids)
    return [
        Shown(each, version, _parsed(version), numbers[each.pk], numbers.get(above[each.pk]), extras[each.pk])
        for each, version in found
        if version
    ]


def _authority_id(version: CertificateVersion | None) -> str:
    """Return the certificate of the authority here that issued a version, empty for none."""
    issued = getattr(version, "issued", None)
    return issued.authority.certificate_id if issued else ""


def tags_given(call: Call, name: str = "Tags") -> dict[str, str]:
    """Return the tags of a request by their keys."""
    return {tag["Key"]: tag.get("Value", "") for tag in call.given.get(name, ())}


def _parsed(version: CertificateVersion) -> x509.Certificate:
    return x509.load_pem_x509_certificate(version.leaf_pem.encode())
