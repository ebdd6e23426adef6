"""What the REST resource of certificates takes and answers. A private key goes in and never out."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from ninja import Field, Schema

from access.rest import Body, PageQuery, WarningOut
from certificates.models import Certificate, CertificateVersion
from certificates.services import Imported
from certificates.usage import Usage

KEY_DESCRIPTION = (
    "PEM: PKCS#8, PKCS#1 or SEC 1, encrypted or not. Left out for a CA certificate, "
    "and where `certificate_pem` holds the key."
)


class Material(Body):
    """The certificate itself, as its issuer sent it."""

    certificate_pem: str = Field(
        description="PEM: the certificate and its intermediates, in any order; at most 1,000,000 bytes."
    )
    private_key_pem: str | None = Field(None, description=KEY_DESCRIPTION)
    passphrase: str | None = Field(None, description="Opens an encrypted private key; it is not kept.")


class CertificateIn(Material):
    """A certificate to import."""

    kind: Literal["server", "ca"] = "server"
    name: str = Field("", description="Unique, at most 128 characters; blank takes the certificate's first name.")


class ReplacementIn(Material):
    """A new version of a certificate."""


class RollBackIn(Body):
    """Which version to serve again."""

    version: int | None = Field(None, ge=1, description="Left out: what was served before the current version.")


class CertificatePatch(Body):
    """What to change of a certificate."""

    name: str


class CertificateQuery(PageQuery):
    """Which certificates are wanted."""

    kind: Literal["", "server", "ca", "client"] = ""
    q: str = Field(
        "",
        max_length=300,
        description="Part of a name, a host name that a certificate covers, a fingerprint or a serial number.",
    )


class NameOut(Schema):
    """A name that a certificate is for."""

    kind: str = Field(description="`dns`, `ip`, `email`, `uri`, or `cn` for a common name that is none of them.")
    value: str


class UsageOut(Schema):
    """An object that uses a certificate."""

    id: str = Field(alias="object_id")
    label: str
    role: str


class VersionOut(Schema):
    """One version: immutable."""

    number: int
    replaces: int | None = Field(description="The version that was served before it.")
    subject: str
    issuer: str
    common_name: str
    names: list[NameOut]
    serial: str = Field(description="Hexadecimal.")
    sha256: str
    spki_sha256: str
    key_algorithm: str
    key_bits: int
    signature_hash: str
    not_before: datetime
    not_after: datetime
    warnings: list[WarningOut]
    created_at: datetime
    created_by: str

    @staticmethod
    def resolve_replaces(version: CertificateVersion) -> int | None:
        """Name the version before by its number."""
        return version.replaces.number if version.replaces else None


class CertificateOut(Schema):
    """A certificate with its current version and its users."""

    id: str
    name: str
    kind: str
    revision: int
    created_at: datetime
    created_by: str
    current_version: VersionOut
    used_by: list[UsageOut]


class ImportedOut(CertificateOut):
    """A certificate as a write left it, and what is to be said of it."""

    warnings: list[WarningOut]


class CertificatesOut(Schema):
    """A page of certificates."""

    items: list[CertificateOut]
    next_cursor: str


class VersionsOut(Schema):
    """A page of versions."""

    items: list[VersionOut]
    next_cursor: str


def certificate_out(certificate: Certificate, users: Sequence[Usage]) -> dict[str, object]:
    """Return what ``CertificateOut`` reads."""
    own = ("id", "name", "kind", "revision", "created_at", "created_by")
    return {
        **{field: getattr(certificate, field) for field in own},
        "current_version": certificate.current_version,
        "used_by": users,
    }


def imported_out(imported: Imported, users: Sequence[Usage]) -> dict[str, object]:
    """Return what ``ImportedOut`` reads."""
    return {**certificate_out(imported.certificate, users), "warnings": imported.warnings}
