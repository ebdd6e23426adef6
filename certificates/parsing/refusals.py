"""What the pure modules say: a refusal that ends the parsing, and findings that go with what was parsed."""

from collections.abc import Mapping
from dataclasses import dataclass, field

# Figures and names that the message of a code mentions; certificates.messages has the words.
Parameters = Mapping[str, str | int]


class Refusal(Exception):  # noqa: N818  # it is the domain's word, and never shown as it is
    """Refuse the input: ``code`` chooses the message, ``field`` the input at fault."""

    def __init__(self, code: str, field: str = "certificate_pem", **parameters: str | int) -> None:
        super().__init__(code)
        self.code = code
        self.field = field
        self.parameters: Parameters = parameters


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that the operator should know and that stops nothing."""

    code: str
    parameters: Parameters = field(default_factory=dict)
