"""Take a request apart: parameters of query and form merged, headers by name, the body as it came."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

LONGEST_NAME = 300
MOST_PARAMETERS = 5_000
FORM = "application/x-www-form-urlencoded"


class UnreadableError(ValueError):
    """A request that is not what any client sends; the message says why."""


@dataclass(frozen=True, slots=True)
class WireRequest:
    """One request to ``/``. Its texts hold secrets: nothing of it is ever logged."""

    method: str
    headers: Mapping[str, str] = field(repr=False)  # by lower-case name
    query: list[tuple[str, str]] = field(repr=False)
    parameters: Mapping[str, str] = field(repr=False)  # query and form
    body: bytes = field(repr=False)

    @property
    def is_v3(self) -> bool:
        """Whether it is signed in headers. Old clients send some of those too, beside a signature of parameters."""
        if self.headers.get("authorization", "").startswith("ACS3-"):
            return True
        return "x-acs-action" in self.headers and "Signature" not in self.parameters

    def get(self, name: str, header: str) -> str:
        """Return what is a header or a parameter: the one that the signature covers."""
        return (self.headers.get(header, "") if self.is_v3 else "") or self.parameters.get(name, "")


def headers_of(environ: Mapping[str, Any]) -> dict[str, str]:
    """Return the headers of a WSGI request by lower-case name."""
    headers = {
        name[5:].replace("_", "-").lower(): str(value) for name, value in environ.items() if name.startswith("HTTP_")
    }
    return headers | {name: environ[key] for name, key in _PLAIN.items() if environ.get(key)}


_PLAIN = {"content-type": "CONTENT_TYPE", "content-length": "CONTENT_LENGTH"}


def wire_request(environ: Mapping[str, Any], body: bytes) -> WireRequest:
    """Return the request taken apart; raise UnreadableError."""
    headers = headers_of(environ)
    query = _pairs(environ.get("QUERY_STRING", ""), "query")
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    form: list[tuple[str, str]] = []
    if body and kind in {FORM, ""}:
        form = _pairs(_ascii(body), "form")
    elif body.strip() not in {b"", b"{}"}:
        raise UnreadableError("The body is no form. Send parameters as a query or as a form.")
    return WireRequest(str(environ["REQUEST_METHOD"]), headers, query, _merged(query + form), body)


def _ascii(body: bytes) -> str:
    try:
        return body.decode("ascii")
    except UnicodeDecodeError:
        raise UnreadableError("The form is not percent-encoded.") from None


def _pairs(encoded: str, where: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(
            encoded, keep_blank_values=True, encoding="utf-8", errors="strict", max_num_fields=MOST_PARAMETERS
        )
    except UnicodeDecodeError:
        raise UnreadableError(f"The {where} is not UTF-8.") from None
    except ValueError:
        raise UnreadableError(f"The {where} has more than {MOST_PARAMETERS} parameters.") from None


def _merged(pairs: list[tuple[str, str]]) -> dict[str, str]:
    merged: dict[str, str] = {}
    for name, value in pairs:
        if len(name) > LONGEST_NAME:
            raise UnreadableError(f"A parameter's name has more than {LONGEST_NAME} characters.")
        if name in merged:
            raise UnreadableError(f"The parameter {name[:80]} is given twice.")
        merged[name] = value
    return merged
