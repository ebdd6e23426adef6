"""What the REST resource of certificate requests takes and answers. The key never goes out."""

from datetime import datetime
from typing import Literal

from ninja import Field, Schema

from access.rest import Body, PageQuery
from certificates.schemas.certificates import NameOut
from certificates.subjects import Subject

KeyTypeName = Literal["P-256", "P-384", "RSA-2048", "RSA-3072", "RSA-4096"]


class SubjectIn(Body):
    """A distinguished name; empty parts are left out."""

    common_name: str = ""
    organization: str = ""
    organizational_unit: str = ""
    country: str = Field(default="", description="Two letters (ISO 3166).")
    state: str = ""
    locality: str = ""
    email: str = ""

    def subject(self) -> Subject:
        """Return it as the services take it."""
        return Subject(**self.dict())


class CertificateRequestIn(Body):
    """A request to make."""

    names: list[str] = Field(description="Host names (with `*.` as wildcard) and IP addresses, 1 to 100.")
    subject: SubjectIn = SubjectIn()
    name: str = Field("", description="Of the certificate to be; blank takes the first name.")
    key_type: KeyTypeName = "P-256"
    renews: str = Field("", description="Id of the certificate whose next version it is to become.")


class IssuedIn(Body):
    """The certificate that was issued for a request."""

    certificate_pem: str = Field(description="PEM: the certificate and its intermediates, in any order, without a key.")
    reason: str = Field("", description="Why names of the renewed certificate may be lost.")


class CertificateRequestQuery(PageQuery):
    """Which requests are wanted."""

    waiting: bool | None = Field(None, description="True: without a certificate yet; false: with one.")


class CertificateRequestOut(Schema):
    """A request."""

    id: str
    name: str
    revision: int
    csr_pem: str
    subject: str
    names: list[NameOut]
    key_algorithm: str
    key_bits: int
    spki_sha256: str
    renews: str | None = Field(alias="renews_id")
    certificate: str | None = Field(alias="certificate_id", description="What it became; null while it waits.")
    created_at: datetime
    created_by: str
    completed_at: datetime | None


class CertificateRequestsOut(Schema):
    """A page of requests."""

    items: list[CertificateRequestOut]
    next_cursor: str
