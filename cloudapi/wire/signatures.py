"""The two signatures of the cloud's clients: V1 (HMAC-SHA1 over the parameters) and V3 (ACS3-HMAC-SHA256, a header)."""

import base64
import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

V3 = "ACS3-HMAC-SHA256"
V1 = "HMAC-SHA1"
# What V3 must cover: else the answer of one operation could be asked for under the signature of another.
COVERED = frozenset({"host", "x-acs-action", "x-acs-version", "x-acs-date", "x-acs-signature-nonce"})
_AUTHORIZATION = re.compile(
    r"ACS3-HMAC-SHA256\s+Credential=([^,\s]{1,128}),\s*SignedHeaders=([a-z0-9;_-]{1,4096}),\s*Signature=([0-9a-f]{64})"
)


@dataclass(frozen=True, slots=True)
class Authorization:
    """What an ``Authorization`` header of V3 says."""

    key_id: str
    signed_headers: tuple[str, ...]
    signature: str


def encoded(text: str) -> str:
    """Percent-encode everything but what RFC 3986 leaves alone."""
    return quote(text, safe="~")


def v1_signature(method: str, parameters: Mapping[str, str], secret: str) -> str:
    """Return the signature of all parameters, query and form, but ``Signature`` itself."""
    pairs = sorted((name, value) for name, value in parameters.items() if name != "Signature")
    canonical = "&".join(f"{encoded(name)}={encoded(value)}" for name, value in pairs)
    signed = f"{method}&%2F&{encoded(canonical)}"
    # HMAC-SHA1 is what the clients send; its strength does not rest on collisions of SHA-1.
    return base64.b64encode(hmac.new(f"{secret}&".encode(), signed.encode(), hashlib.sha1).digest()).decode()


def parse_authorization(header: str) -> Authorization | None:
    """Return what the header says, None where it is no V3 signature."""
    found = _AUTHORIZATION.fullmatch(header.strip())
    return Authorization(found[1], tuple(found[2].split(";")), found[3]) if found else None


def v3_signature(
    method: str,
    *,
    query: Iterable[tuple[str, str]],
    headers: Mapping[str, str],
    signed: Sequence[str],
    body_sha256: str,
    secret: str,
) -> str:
    """Return the signature of a request to ``/``; ``headers`` by lower-case name."""
    pairs = "&".join(f"{encoded(name)}={encoded(value)}" for name, value in sorted(query))
    lines = "".join(f"{name}:{headers.get(name, '').strip()}\n" for name in signed)
    canonical = f"{method}\n/\n{pairs}\n{lines}\n{';'.join(signed)}\n{body_sha256}"
    to_sign = f"{V3}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    return hmac.new(secret.encode(), to_sign.encode(), hashlib.sha256).hexdigest()


def is_same(given: str, expected: str) -> bool:
    """Compare two signatures in a time that tells nothing of where they differ."""
    return hmac.compare_digest(given.encode(), expected.encode())
