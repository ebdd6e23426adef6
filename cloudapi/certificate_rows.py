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

OBJECT_TYPE = "certificate"  # in the change feed, and of what is kept beside a certificate


@dataclass(frozen=True, slots=True)
class Shown:
    """A certificate with its identifiers, its current version and what clients said of it."""

    certificate: Certificate
    version: CertificateVersion
    x509: x509.Certificate
    number: CertificateNumber
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
    version = certificate.current_version or version_of(certificate.pk)
    extras = extras_of(OBJECT_TYPE, [certificate.pk])[certificate.pk]
    return Shown(certificate, version, _parsed(version), rows_for([certificate.pk])[certificate.pk], extras)


def shown_all(certificates: Iterable[Certificate]) -> list[Shown]:
    """Return certificates of a page as they are shown; each has its current version loaded."""
    found = [(each, each.current_version) for each in certificates]
    ids = [certificate.pk for certificate, _version in found]
    numbers, extras = rows_for(ids), extras_of(OBJECT_TYPE, ids)
    return [
        Shown(each, version, _parsed(version), numbers[each.pk], extras[each.pk]) for each, version in found if version
    ]


def tags_given(call: Call, name: str = "Tags") -> dict[str, str]:
    """Return the tags of a request by their keys."""
    return {tag["Key"]: tag.get("Value", "") for tag in call.given.get(name, ())}


def _parsed(version: CertificateVersion) -> x509.Certificate:
    return x509.load_pem_x509_certificate(version.leaf_pem.encode())
