"""What the REST resource of Classic Load Balancers' certificates takes and answers."""

from datetime import datetime
from typing import Literal

from ninja import Field, Schema
from pydantic import ConfigDict

from access.rest import Body, WarningOut


class RegionalCertificateIn(Body):
    """A certificate of the repository, and the regions to add it to."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"certificate_id": "cert-3k9x0q7c2m8v5b1t", "regions": ["cn-hangzhou", "eu-central-1"]}]
        }
    )

    certificate_id: str
    regions: list[str]


class RegionalUploadIn(Body):
    """A third party's certificate, and the regions to add it to."""

    kind: Literal["server", "ca"] = "server"
    name: str = Field("", description="Unique, at most 128 characters; blank takes the certificate's first name.")
    certificate_pem: str = Field(description="PEM: the server certificate and its chain, or the CA certificates.")
    private_key_pem: str | None = Field(None, description="PEM; needed for a server certificate.")
    passphrase: str | None = Field(None, description="Opens an encrypted key.")
    regions: list[str]


class RegionalCertificatesQuery(Schema):
    """Which certificates are wanted."""

    region: str = ""
    kind: str = Field("", description="server or ca.")
    certificate_id: str = ""
    q: str = Field("", description="Part of the certificate's name.")


class RegionalCertificateOut(Schema):
    """A certificate that Classic Load Balancers of a region can use."""

    id: int
    region: str
    certificate_id: str
    name: str = Field(alias="certificate.name")
    kind: str = Field(alias="certificate.kind")
    not_after: datetime | None = Field(alias="certificate.not_after")
    in_use: bool = Field(description="A listener of the region has it, so it cannot be removed.")
    created_at: datetime
    created_by: str


class AddedOut(Schema):
    """The certificate in each of the regions, those where it was before too."""

    items: list[RegionalCertificateOut]
    warnings: list[WarningOut] = []
