"""What the REST resource of certificates takes and answers. A private key goes in and never out."""

from datetime import date, datetime
from typing import Literal

from ninja import Field, Schema

from access.rest import Body, PageQuery, WarningOut
from certificates.finding import Criteria
from certificates.messages import retold
from certificates.models import Certificate, CertificateVersion
from certificates.services import Imported
from certificates.usage import Usages

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

    reason: str = Field("", description="Why names may be lost; required when the new version lacks some.")


class RollBackIn(Body):
    """Which version to serve again."""

    version: int | None = Field(None, ge=1, description="Left out: what was served before the current version.")
    reason: str = Field("", description="Why, for the audit trail.")


class CertificatePatch(Body):
    """What to change of a certificate; what is left out stays."""

    name: str | None = None
    owner: str | None = Field(None, description="Who answers for it: a person or a team; at most 200 characters.")
    tags: dict[str, str] | None = Field(None, description="All the tags that it has afterwards, at most 20.")


class LabelsIn(Body):
    """Labels for many certificates at once."""

    ids: list[str] = Field(description="1 to 500 certificates.")
    owner: str | None = None
    add_tags: dict[str, str] = Field(default_factory=dict)
    remove_tags: list[str] = Field(default_factory=list, description="Keys of tags.")


class ExportIn(Body):
    """How a certificate and its key are to be handed out."""

    format: Literal["pfx", "jks", "pem", "nginx", "apache", "haproxy", "tomcat", "iis"]
    passphrase: str = Field(description="Protects the file: 12 to 128 characters of ASCII.")
    password: str = Field(description="The password of the user whose token or session this is.")
    version: int | None = Field(None, ge=1, description="Left out: the current version.")


class HintOut(Schema):
    """Something to act on."""

    code: str
    colour: str = Field(description="`red`: clients refuse it; `yellow`: they may; `grey`: tidy up.")
    title: str
    reason: str
    fix: str


class LabelledOut(Schema):
    """How many certificates were changed."""

    count: int


class ServingOut(Schema):
    """An object that serves a name with the certificate."""

    id: str = Field(alias="object_id")
    label: str
    instead: str = Field(description="Another certificate there that covers the name; empty: none does.")


class LossOut(Schema):
    """A name that the new version lacks."""

    name: str
    served_by: list[ServingOut] = Field(alias="servings")


class CoverageDifferenceOut(Schema):
    """What a new version would change."""

    names_lost: list[LossOut] = Field(alias="losses")
    names_added: list[str]
    needs_reason: bool
    warnings: list[WarningOut]


class CertificateQuery(PageQuery):
    """Which certificates are wanted; all that is asked for must be true."""

    kind: Literal["", "server", "ca", "client"] = ""
    q: str = Field(
        "",
        max_length=300,
        description="Part of a name, a host name that a certificate covers, a fingerprint or a serial number.",
    )
    name: str = Field("", max_length=300, description="Exactly one of its names, or its name in the repository.")
    covers: str = Field("", max_length=300, description="A host name that one of its names covers, wildcards included.")
    part: str = Field("", max_length=300, description="Part of any of its names.")
    fingerprint: str = Field("", max_length=300, description="SHA-256 of any version, with or without colons.")
    spki: str = Field("", max_length=300, description="SHA-256 of the public key of any version.")
    serial: str = Field("", max_length=300, description="Of any version, hexadecimal or decimal.")
    issuer: str = Field("", max_length=300, description="Part of its issuer's name.")
    owner: str = Field("", max_length=200)
    tag: str = Field("", max_length=200, description="`key`, or `key=value`.")
    state: Literal["", "expired", "expiring", "not-yet-valid", "ok"] = ""
    within_days: int | None = Field(None, ge=0, le=36_500, description="What `expiring` means; 30 when left out.")
    ends_from: date | None = Field(None, description="Ends on this day (UTC) or later.")
    ends_to: date | None = Field(None, description="Ends on this day (UTC) or earlier.")
    algorithm: str = Field("", max_length=30, description="`RSA`, `RSA 2048`, `ECDSA`, `ECDSA 256`, `Ed25519`, …")
    use: Literal["", "used", "unused"] = ""
    hint: str = Field("", max_length=40, description="The code of a hint, or `any`.")

    def criteria(self) -> Criteria:
        """Return what the selectors take."""
        asked = self.dict(exclude={"cursor", "limit", "q"})
        return Criteria(query=self.q, **asked)


class NameOut(Schema):
    """A name that a certificate is for."""

    kind: str = Field(description="`dns`, `ip`, `email`, `uri`, or `cn` for a common name that is none of them.")
    value: str


class UsageOut(Schema):
    """An object that uses a certificate."""

    id: str = Field(alias="object_id")
    label: str
    role: str


class CertificateDeletionOut(Schema):
    """What a deletion would do; ``blocked_by`` refuses it."""

    blocked_by: list[UsageOut] = Field(description="The first 50.")
    blocked_by_count: int
    deletes: list[UsageOut] = Field(description="What goes with the certificate, such as its renewal.")


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
    reason: str = Field(description="Why names of the version before were allowed to go.")
    created_at: datetime
    created_by: str

    @staticmethod
    def resolve_warnings(version: CertificateVersion) -> list[dict[str, str]]:
        """Say what was found at import in the request's language."""
        return retold(version.warnings)

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
    owner: str
    tags: dict[str, str]
    current_version: VersionOut
    used_by: list[UsageOut] = Field(description="The first 50; `GET /listeners?certificate_id=` lists all.")
    used_by_count: int


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


def certificate_out(certificate: Certificate, users: Usages) -> dict[str, object]:
    """Return what ``CertificateOut`` reads."""
    own = ("id", "name", "kind", "revision", "created_at", "created_by", "owner")
    return {
        **{field: getattr(certificate, field) for field in own},
        "tags": {tag.key: tag.value for tag in certificate.tags.all()},
        "current_version": certificate.current_version,
        "used_by": users,
        "used_by_count": users.total,
    }


def imported_out(imported: Imported, users: Usages) -> dict[str, object]:
    """Return what ``ImportedOut`` reads."""
    return {**certificate_out(imported.certificate, users), "warnings": imported.warnings}
