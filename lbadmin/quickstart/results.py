"""What the preparation tells the quick start, through a pipe."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Sample:
    """The sample as it stands.

    ``sha256`` is the fingerprint of the certificate that its listener serves by default, empty when nothing is to be
    waited for: the listener was stopped, deleted or now asks for client certificates. ``problem`` says why there is
    no sample.
    """

    ca_file: str = ""
    backend_port: int = 0
    listener_port: int = 0
    sha256: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Prepared:
    """The outcome: a password that was made up for a new administrator, the sample, or what keeps it from starting."""

    password: str = ""
    sample: Sample | None = None
    problem: str = ""

    @classmethod
    def of(cls, values: dict[str, Any]) -> "Prepared":
        """Rebuild it from JSON."""
        sample = values.pop("sample")
        return cls(sample=Sample(**sample) if sample else None, **values)
