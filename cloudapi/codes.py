"""How a product spells its errors, and how ours become its."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from cloudapi.errors import CloudError
from cloudapi.wire.reading import Fault, ParameterError
from console.errors import ConflictError, DomainError, ForbiddenError, InvalidInputError, NotFoundError, StaleError


@dataclass(frozen=True)
class Codes:
    """The codes of one product.

    ``parameters``: for each fault of a parameter ``"400 MissingParam.{name}"``. ``domain``: from the codes of our
    errors (``"listener.port-taken"``, or ``"listener.*"`` for the rest of them) to the cloud's, with the HTTP status
    in front; ``"quota.exceeded@alb_quota_…"`` and ``"certificate.not-found@ca_certificate_id"`` are for one quota and
    one field alone. ``invalid``, ``absent``, ``conflict`` are for errors that are in neither. ``{field}`` in a code
    becomes the parameter that ``names`` gives for our field, ``{about}`` the quota.
    """

    parameters: Mapping[Fault, str]
    domain: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    invalid: str = "400 InvalidParameter"
    absent: str = "404 ResourceNotFound"
    conflict: str = "400 OperationDenied"
    forbidden: str = "403 Forbidden.RAM"
    differing_repeat: str = "400 IdempotenceSignatureMismatch"

    def of_parameter(self, error: ParameterError) -> CloudError:
        """Return the product's error for a parameter that cannot be read."""
        return _made(self.parameters[error.fault].replace("{name}", error.name), error.message)

    def of_domain(self, error: DomainError, own: Mapping[str, str]) -> CloudError:
        """Return the product's error for what a service refused; ``own`` are the operation's codes."""
        wanted = (
            *(f"{error.code}@{detail}" for detail in (error.about, error.field) if detail),
            error.code,
            error.code.partition(".")[0] + ".*",
        )
        found = next((table[code] for table in (own, self.domain) for code in wanted if code in table), None)
        spelt = found or self._fallback(error)
        filled = spelt.replace("{field}", self.names.get(error.field, "")).replace("{about}", error.about)
        return _made(filled, str(error))

    def of_token(self) -> CloudError:
        """Return the error for a ClientToken that came with other parameters before."""
        return _made(self.differing_repeat, "This ClientToken came with other parameters before.")

    def _fallback(self, error: DomainError) -> str:
        if isinstance(error, StaleError):
            return "409 OperationConflict"
        if isinstance(error, ForbiddenError):
            return self.forbidden
        if isinstance(error, NotFoundError):
            return self.absent
        if isinstance(error, InvalidInputError):
            return self.invalid
        return self.conflict if isinstance(error, ConflictError) else self.invalid


def _made(spelt: str, message: str) -> CloudError:
    status, _space, code = spelt.partition(" ")
    return CloudError(code.rstrip("."), message, int(status))
