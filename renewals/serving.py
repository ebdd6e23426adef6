"""Whether the listeners answer TLS-ALPN-01 yet: asked before an ACME server is told to look.

The listeners are a layer above: they register where they are (``register``) and what their nodes have acknowledged.
"""

import hashlib
import socket
import ssl
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import gettext as _

from renewals.challenges.tls_alpn import ALPN, server_name
from renewals.models import PendingChallenge
from renewals.problems import AttemptFailedError

CONNECT_SECONDS = 2.0
POLL_SECONDS = 0.1
EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  # connected to, not bound


@dataclass(frozen=True, slots=True)
class Place:
    """A running listener: where it listens, and whether every node has acknowledged the change that is asked about."""

    address: str
    port: int
    is_acknowledged: bool


# Given the id of a change, returns the listeners that run.
Provider = Callable[[int], Sequence[Place]]
_providers: list[Provider] = []


def register(provider: Provider) -> None:
    """Have ``provider`` asked where listeners run; called in ``ready()``, once a process."""
    if provider not in _providers:
        _providers.append(provider)


def wait_until_served(rows: Sequence[PendingChallenge], change_id: int, hold: Callable[[], None]) -> None:
    """Return when every running listener answers; raise AttemptFailedError when none does in time.

    One that has not come so far by the deadline does not keep the others from proving the names.
    """
    deadline = time.monotonic() + settings.RENEWALS_SERVE_SECONDS
    looks = _Looks(rows, hold)
    while True:
        places = [place for provider in _providers for place in provider(change_id)]
        waiting = [place for place in places if not looks.is_ready(place)]
        if places and not waiting:
            return
        if time.monotonic() > deadline:
            break
        hold()
        time.sleep(POLL_SECONDS)
    if len(waiting) == len(places):
        raise _nobody_answers(places)


class _Looks:
    """Handshakes with listeners, each made until it has shown the answer once."""

    def __init__(self, rows: Sequence[PendingChallenge], hold: Callable[[], None]) -> None:
        self._rows = rows
        self._hold = hold
        self._seen: set[tuple[str, int, str]] = set()

    def is_ready(self, place: Place) -> bool:
        """Whether a listener serves every answer; one that cannot be reached from here is believed."""
        self._hold()
        try:
            return all(self._is_served(place, row) for row in self._rows)
        except ssl.SSLError:
            return False
        except OSError:
            return place.is_acknowledged

    def _is_served(self, place: Place, row: PendingChallenge) -> bool:
        look = (place.address, place.port, row.sha256)
        if look not in self._seen and _served(place, server_name(row.host)) == row.sha256:
            self._seen.add(look)
        return look in self._seen


def _served(place: Place, name: str) -> str:
    """Return the SHA-256 of the certificate that a listener serves to an ACME server."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # the fingerprint is compared instead
    context.set_alpn_protocols([ALPN])
    address = EVERYWHERE.get(place.address, place.address)
    with (
        socket.create_connection((address, place.port), CONNECT_SECONDS) as raw,
        context.wrap_socket(raw, server_hostname=name) as connection,
    ):
        return hashlib.sha256(connection.getpeercert(binary_form=True) or b"").hexdigest()


def _nobody_answers(places: Sequence[Place]) -> AttemptFailedError:
    if not places:
        return AttemptFailedError(
            _("No TCPSSL listener runs that could answer TLS-ALPN-01."),
            "renewal.no-listener",
            way_out=_("Start a listener that port 443 of the names leads to, or choose another challenge."),
        )
    return AttemptFailedError(
        _("No running listener served the answer to TLS-ALPN-01 within %(seconds)s s.")
        % {"seconds": settings.RENEWALS_SERVE_SECONDS},
        "renewal.not-served",
        way_out=_("See the page Nodes: a node may be stopped, or its listeners rejected."),
    )
