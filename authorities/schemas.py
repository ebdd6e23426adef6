"""What the REST resources of authorities and CA repositories take and answer. Keys never go out."""

from datetime import datetime
from typing import Literal

from ninja import Field, Schema

from access.rest import Body, PageOut, PageQuery, WarningOut
from authorities.addresses import addresses_of
from authorities.models import Authority, IssuedCertificate, Repository
from authorities.orders import Order
from authorities.selectors import current_version
from authorities.services import NewAuthority, RenewedAuthority
from certificates.schemas.certificates import ImportedOut
from certificates.schemas.requests import KeyTypeName, SubjectIn

Reason = Literal[
    "unspecified", "key_compromise", "affiliation_changed", "superseded", "cessation_of_operation",
    "privilege_withdrawn",
]  # fmt: skip


class AuthorityIn(Body):
    """An authority to create."""

    subject: SubjectIn
    name: str = Field("", description="In the repository; blank takes the common name.")
    parent_id: str = Field("", description="Id of the authority above; blank makes a root.")
    key_type: KeyTypeName = "P-256"
    days: int = 3650
    path_length: int | None = Field(0, description="How many authorities may stand below; null: no limit of its own.")
    permitted_names: list[str] = Field(
        default_factory=list, description="Domains, networks, mailboxes or `@host`: only these may be signed."
    )
    excluded_names: list[str] = Field(default_factory=list, description="The same, never signed.")

    def new(self) -> NewAuthority:
        """Return it as the service takes it."""
        return NewAuthority(**{**self.dict(exclude={"subject"}), "subject": self.subject.subject()})


class AuthorityPatch(Body):
    """What to change of an authority."""

    crl_hours: int = Field(description="How long each revocation list is good for, 1 to 8760.")


class AuthorityRenewalIn(Body):
    """How an authority's certificate is renewed."""

    days: int | None = Field(None, description="Days of validity; null: as many as it has now.")


class DeletionQuery(Schema):
    """How an authority is deleted."""

    abandon: bool = Field(False, description="Although certificates of it are valid.")


class OrderIn(Body):
    """A certificate to issue."""

    purpose: Literal["server", "client"] = "server"
    names: list[str] = Field(default_factory=list, description="Host names, IP addresses; for clients also emails.")
    subject: SubjectIn = SubjectIn()
    days: int = 90
    key_type: KeyTypeName = "P-256"
    csr_pem: str = Field("", description="A CSR whose public key is taken; blank has a key made.")
    names_from_csr: bool = Field(False, description="Take the subject and the names of the CSR, too.")
    name: str = Field("", description="In the repository; blank takes the first name.")

    def order(self) -> Order:
        """Return it as the service takes it."""
        given = self.dict(exclude={"subject", "name", "csr_pem"})
        return Order(**given, subject=self.subject.subject(), csr_pem=self.csr_pem.encode())


class TableIn(Body):
    """Certificates to issue, as CSV."""

    table: str = Field(description="CSV with a header; columns as docs/authorities.md lists them, 1,000 lines at most.")


class RevocationIn(Body):
    """Why a certificate is revoked."""

    reason: Reason


class IssuedQuery(PageQuery):
    """Which of the issued certificates are wanted."""

    q: str = Field("", max_length=300, description="Part of a subject, or a serial number.")
    state: Literal["", "valid", "revoked"] = ""


class ListOut(Schema):
    """The revocation list that is published now."""

    number: int
    entries: int
    this_update: datetime
    next_update: datetime


class AuthorityOut(Schema):
    """An authority."""

    id: str
    name: str = Field(alias="certificate.name")
    certificate_id: str
    parent_id: str | None
    subject: str
    not_after: datetime
    key_algorithm: str
    key_bits: int
    crl_hours: int
    revocation_list: ListOut | None
    certificate_url: str
    crl_url: str
    ocsp_url: str
    revision: int
    created_at: datetime
    created_by: str

    @staticmethod
    def resolve_revocation_list(authority: Authority) -> object:
        """Return the published list, if there is one."""
        return getattr(authority, "published", None)


class RenewedAuthorityOut(AuthorityOut):
    """An authority after its certificate was renewed."""

    version: int = Field(description="Number of the version of its certificate that was made.")
    warnings: list[WarningOut]


class IssuedTableOut(Schema):
    """What was issued for the lines of a table, in their order."""

    items: list[ImportedOut]


class IssuedOut(Schema):
    """A certificate that an authority issued."""

    serial: str = Field(description="Hexadecimal.")
    subject: str
    purpose: str
    sha256: str
    not_after: datetime
    certificate_id: str | None = Field(description="Where it is in the repository; null when it was deleted.")
    revoked_at: datetime | None
    reason: str
    created_at: datetime
    created_by: str

    @staticmethod
    def resolve_certificate_id(issued: IssuedCertificate) -> str | None:
        """Return the certificate of the repository that has it as a version."""
        return issued.version.certificate_id if issued.version else None


class RepositoryIn(Body):
    """A repository of CA certificates."""

    name: str
    description: str = ""


class CaCertificateIn(Body):
    """A CA certificate to upload."""

    certificate_pem: str
    name: str = ""


class RepositoryOut(Schema):
    """A repository of CA certificates."""

    id: str
    name: str
    description: str
    data_source: str = "uploaded CA certificates"
    certificate_count: int
    revision: int
    created_at: datetime
    created_by: str

    @staticmethod
    def resolve_certificate_count(repository: Repository) -> int:
        """Return the figure that lists read along, or count."""
        known = getattr(repository, "certificate_count", None)
        return repository.certificates.count() if known is None else int(known)


AuthoritiesOut = PageOut[AuthorityOut]
IssuedPageOut = PageOut[IssuedOut]
RepositoriesOut = PageOut[RepositoryOut]


def authority_out(authority: Authority) -> Authority:
    """Return the authority with what ``AuthorityOut`` reads beside its columns."""
    version, addresses = current_version(authority), addresses_of(authority.pk)
    beside = {
        "subject": version.subject,
        "not_after": version.not_after,
        "key_algorithm": version.key_algorithm,
        "key_bits": version.key_bits,
        "certificate_url": addresses.issuer,
        "crl_url": addresses.crl,
        "ocsp_url": addresses.ocsp,
    }
    for name, value in beside.items():
        setattr(authority, name, value)
    return authority


def renewed_out(authority: Authority, renewed: RenewedAuthority) -> Authority:
    """Return the authority as ``authority_out`` does, with what its renewal made and what is to be said of it."""
    for name, value in {"version": renewed.version.number, "warnings": renewed.warnings}.items():
        setattr(authority, name, value)
    return authority
