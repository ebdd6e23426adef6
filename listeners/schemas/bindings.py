"""What the REST resources of a listener's certificates take and answer."""

from datetime import datetime

from ninja import Field, Schema

from access.rest import Body
from listeners.models import Binding
from listeners.schemas.listeners import DomainExtensionIn, MutualMode
from listeners.schemas.ranges import Flag


class CertificateIds(Body):
    """Certificates to add to or remove from a listener."""

    certificate_ids: list[str]


class DomainExtensionsIn(Body):
    """Domain extensions to add to an HTTPS listener of a CLB."""

    extensions: list[DomainExtensionIn]


class Domains(Body):
    """Domain extensions by their names."""

    domains: list[str]


class CertificateChoice(Body):
    """The certificate to use."""

    certificate_id: str


class CaCertificateChoice(Body):
    """The CA certificate to verify clients by."""

    ca_certificate_id: str


class MutualAuthentication(Body):
    """Whether clients must authenticate, and by which CA certificate."""

    enabled: Flag
    mode: MutualMode | None = Field(
        None,
        description="`enforce` refuses clients without a valid certificate; `observe` lets all in and records them. "
        "Not sent: as it is, and `enforce` when mutual authentication is switched on.",
    )
    ca_certificate_id: str | None = Field(None, description="Needed when it is switched on.")


class BindingOut(Schema):
    """A certificate on a listener."""

    id: int
    role: str
    domain: str = Field(description="The one name that it is for (a CLB's domain extension); empty: all its names.")
    certificate_id: str
    certificate_name: str = Field(alias="certificate.name")
    version: int | None
    not_after: datetime | None
    sha256: str | None
    names: list[str]
    previous_certificate_id: str | None
    created_at: datetime

    @staticmethod
    def resolve_version(binding: Binding) -> int | None:
        """Return the number of the version that is served."""
        version = binding.certificate.current_version
        return version.number if version else None

    @staticmethod
    def resolve_not_after(binding: Binding) -> datetime | None:
        """Return the end of the version that is served."""
        return binding.certificate.not_after

    @staticmethod
    def resolve_sha256(binding: Binding) -> str | None:
        """Return the fingerprint that is served."""
        version = binding.certificate.current_version
        return version.sha256 if version else None

    @staticmethod
    def resolve_names(binding: Binding) -> list[str]:
        """Return the DNS names that it is for."""
        version = binding.certificate.current_version
        return [name.value for name in version.names.all() if name.kind == "dns"] if version else []


class StepOut(Schema):
    """One step of the matching rule, and how it went."""

    code: str
    message: str


class PassedOverOut(Schema):
    """A certificate that has the name too, and why the client does not get it."""

    binding: BindingOut
    code: str = Field(alias="step.code")
    message: str = Field(alias="step.message")


class MatchOut(Schema):
    """Which certificate a client gets, and why."""

    binding: BindingOut | None = Field(description="Null: the handshake fails; the last step says why.")
    name: str = Field(description="The name on the certificate that matched; empty: none did, so it is the default.")
    steps: list[StepOut]
    passed_over: list[PassedOverOut]
