"""When a server wishes a renewal: ACME renewal information (RFC 9773)."""

import base64
import datetime as dt
from dataclasses import dataclass

from acme import messages
from cryptography import x509
from django.utils import timezone

from renewals.acme.client import conversation_of, network_of
from renewals.models import AcmeAccount
from renewals.schedule import Window

# How long to wait until the next question: what the server says, within these (RFC 9773, section 4.3.2).
USUAL_WAIT = dt.timedelta(hours=6)
SHORTEST_WAIT = dt.timedelta(minutes=1)
LONGEST_WAIT = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Information:
    """The window that a server suggests, and when to ask again; both None from a server that has no such service."""

    window: Window | None = None
    ask_again_at: dt.datetime | None = None


def ask(account: AcmeAccount, leaf_pem: str) -> Information:
    """Return when the server wishes that the certificate is renewed; raise AttemptFailedError."""
    identifier = certificate_id(x509.load_pem_x509_certificate(leaf_pem.encode()))
    with conversation_of(account) as client:
        base = client.directory.to_partial_json().get("renewalInfo")
        if not base or identifier is None:
            return Information()
        network = network_of(client)
        answer = network.get(f"{str(base).rstrip('/')}/{identifier}")
        suggested = messages.RenewalInfo.from_json(answer.json()).suggested_window
        return Information(_window(suggested.start, suggested.end), _again(network.wait_until))


def _window(start: dt.datetime, end: dt.datetime) -> Window:
    if end < start:
        raise ValueError("a window that ends before it starts")
    return Window(start, end)


def _again(wished: dt.datetime | None) -> dt.datetime:
    now = timezone.now()
    return min(max(wished or now + USUAL_WAIT, now + SHORTEST_WAIT), now + LONGEST_WAIT)


def certificate_id(certificate: x509.Certificate) -> str | None:
    """Return the identifier of RFC 9773, section 4.1; None for a certificate that names no key of its authority."""
    try:
        authority = certificate.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value
    except x509.ExtensionNotFound:
        return None
    if authority.key_identifier is None:
        return None
    serial = certificate.serial_number
    # As DER has it: with a leading zero where the first bit is set.
    octets = serial.to_bytes(serial.bit_length() // 8 + 1, "big")
    return f"{_base64url(authority.key_identifier)}.{_base64url(octets)}"


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
