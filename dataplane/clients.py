"""Which clients came with which certificate, from the access log: counted in memory, judged and written now and then.

A client is a certificate, known by its fingerprint; all that show none are one. What is kept is bounded, whoever comes.
"""

import datetime as dt
import logging
from collections import OrderedDict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from certificates.parsing.refusals import Refusal
from certificates.parsing.x509 import Description, read_certificate
from dataplane.client_verification import UNREADABLE_CERTIFICATE, Trust, refusal_of
from dataplane.envoy.clients import FAILED, NONE, SUCCESS
from dataplane.failures import failure_reason
from dataplane.xds.accesslog import Connection

NO_CERTIFICATE = "no-client-certificate"
# Under enforce: why the engine refused a client for its certificate.
REFUSALS = frozenset(
    {
        NO_CERTIFICATE,
        "certificate-expired",
        "certificate-not-yet-valid",
        "certificate-revoked",
        "list-expired",
        "no-list",
        "certificate-purpose",
        "unknown-ca",
        "certificate-refused",
    }
)
MOST_PENDING = 5_000  # clients between two writes; more are counted at their next visit
MOST_JUDGED = 10_000  # certificates whose verdict is remembered
LONGEST_PEM = 64 * 1024

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Sighting:
    """What was seen of one client at one listener since the last write."""

    listener_id: str
    sha256: str  # empty: no certificate
    certificate: str  # PEM, percent-encoded
    verdict: str  # SUCCESS or FAILED where the engine said so, else empty
    refused: str  # the engine's reason under enforce, empty where it let the client in
    connections: int
    first_at: dt.datetime
    last_at: dt.datetime

    def add(self, other: "Sighting") -> None:
        """Take a later sighting of the same client in."""
        self.connections += other.connections
        self.last_at = other.last_at
        self.verdict = other.verdict or self.verdict
        self.refused = other.refused


class ClientWatch:
    """Collect sightings until they are taken; it runs in the event loop, so it judges nothing."""

    def __init__(self) -> None:
        self._pending: dict[tuple[str, str], Sighting] = {}

    def record(self, listener_id: str, connection: Connection) -> None:
        """Take note of a connection that has ended, where its client was asked for a certificate."""
        seen = sighting_of(listener_id, connection)
        if seen is not None:
            self._add(seen)

    def take(self) -> list[Sighting]:
        """Return what was seen since the last time."""
        taken, self._pending = list(self._pending.values()), {}
        return taken

    def put_back(self, sightings: Iterable[Sighting]) -> None:
        """Keep sightings that could not be written."""
        later, self._pending = self._pending.values(), {}
        for each in (*sightings, *later):
            self._add(each)

    def _add(self, seen: Sighting) -> None:
        key = seen.listener_id, seen.sha256
        if key in self._pending:
            self._pending[key].add(seen)
        elif len(self._pending) < MOST_PENDING:
            self._pending[key] = seen


def sighting_of(listener_id: str, connection: Connection) -> Sighting | None:
    """Return what a connection tells of its client's certificate, None where it tells nothing."""
    reason = failure_reason(connection) if connection.failure else ""
    refused = reason if reason in REFUSALS else ""
    if reason and not refused:
        return None  # the handshake broke for something else: nothing is known of the certificate
    has_shown_none = connection.client_verdict == NONE or reason == NO_CERTIFICATE
    if not connection.client_sha256 and not has_shown_none:
        return None
    at = dt.datetime.fromtimestamp(connection.started_at, dt.UTC)
    return Sighting(
        listener_id=listener_id,
        sha256=connection.client_sha256,
        certificate=connection.client_certificate,
        verdict=connection.client_verdict,
        refused=refused,
        connections=1,
        first_at=at,
        last_at=at,
    )


@dataclass(frozen=True, slots=True)
class Judged:
    """A sighting with what its certificate says, and the reason for which it is, or would be, refused."""

    sighting: Sighting
    description: Description | None
    reason: str


@dataclass(frozen=True, slots=True)
class Asked:
    """How a listener asks its clients: by which authorities, whose ``version`` is that of their secret."""

    version: str
    trust: Trust
    is_observing: bool


class Judge:
    """Judge clients, each certificate once for as long as its authorities stay as they are and its dates allow."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[str, str], tuple[Description | None, str, dt.datetime]] = OrderedDict()

    def judge(self, sightings: Sequence[Sighting], asked: Mapping[str, Asked], moment: dt.datetime) -> list[Judged]:
        """Return the sightings of the listeners that are known, judged."""
        return [self._judged(each, asked[each.listener_id], moment) for each in sightings if each.listener_id in asked]

    def _judged(self, seen: Sighting, asked: Asked, moment: dt.datetime) -> Judged:
        if not seen.sha256:
            return Judged(seen, None, NO_CERTIFICATE)
        description, own = self._own_judgement(seen, asked, moment)
        if seen.refused or seen.verdict == SUCCESS or not asked.is_observing:
            return Judged(seen, description, seen.refused)
        # The engine knows the intermediates that the client sent; why it refuses is found out here.
        return Judged(seen, description, own or (UNREADABLE_CERTIFICATE if seen.verdict == FAILED else ""))

    def _own_judgement(self, seen: Sighting, asked: Asked, moment: dt.datetime) -> tuple[Description | None, str]:
        key = asked.version, seen.sha256
        known = self._known.pop(key, None)
        if known is None or known[2] <= moment:
            known = _judgement(seen, asked.trust, moment)
        self._known[key] = known
        if len(self._known) > MOST_JUDGED:
            self._known.popitem(last=False)
        return known[:2]


def _judgement(seen: Sighting, trust: Trust, moment: dt.datetime) -> tuple[Description | None, str, dt.datetime]:
    """Return what a certificate says, why it would be refused, and until when that holds."""
    for_ever = dt.datetime.max.replace(tzinfo=dt.UTC)
    try:
        client = x509.load_pem_x509_certificate(unquote_to_bytes(seen.certificate[:LONGEST_PEM]))
        description = read_certificate(client.public_bytes(Encoding.DER), 1).description
    except (Refusal, ValueError) as error:
        logger.info("a client's certificate %s cannot be read: %s", seen.sha256, error)
        return None, UNREADABLE_CERTIFICATE, for_ever
    turns = (description.not_before, description.not_after)
    until = min((turn for turn in turns if turn > moment), default=for_ever)
    return description, refusal_of(client, trust, moment), until


def listeners_of(sightings: Collection[Sighting]) -> set[str]:
    """Return the listeners that clients were seen at."""
    return {each.listener_id for each in sightings}
