"""Which clients of the last week a TLS security policy would have refused."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils import timezone
from django.utils.translation import gettext as _

from console.errors import InvalidInputError
from listeners.cipher_suites import VERSIONS
from listeners.models import Listener, ObservedHandshake
from listeners.selectors.policies import policy_named
from listeners.services.rows import not_found
from listeners.tls_policies import TlsPolicy

DAYS = 7


@dataclass(frozen=True, slots=True)
class SeenClients:
    """The connections of the last week to one listener with one version and cipher suite, and what a policy says."""

    listener: Listener
    version: str
    cipher: str
    connections: int
    last_client: str
    last_seen_at: dt.datetime
    lacks: str  # what the policy has not of it: "version", "cipher", or nothing

    @property
    def is_refused(self) -> bool:
        """Whether the policy refuses a client that can do nothing else than it did."""
        return bool(self.lacks)


@dataclass(frozen=True, slots=True)
class WeekOfClients:
    """What the clients of some listeners did in the last week, the refused ones first."""

    seen: tuple[SeenClients, ...] = ()

    @property
    def refused(self) -> tuple[SeenClients, ...]:
        """Those that the policy would have refused."""
        return tuple(each for each in self.seen if each.is_refused)

    @property
    def connections(self) -> int:
        """How many connections were seen."""
        return sum(each.connections for each in self.seen)

    @property
    def refused_connections(self) -> int:
        """How many of them the policy would have refused."""
        return sum(each.connections for each in self.refused)


def judging_policy(listener: Listener, policy_id: str = "") -> TlsPolicy:
    """Return the policy to judge a listener's clients by: its own, unless another is named."""
    if not listener.security_policy:
        raise InvalidInputError(
            _("“%(listener)s” is a %(protocol)s listener, which has no TLS security policy.")
            % {"listener": listener, "protocol": listener.protocol},
            "listener.without-policy",
            field="security_policy",
            way_out=_("Ask about a TCPSSL or HTTPS listener."),
        )
    policy = policy_named(listener.load_balancer.product, policy_id or listener.security_policy)
    if policy is None:
        raise not_found("security_policy", policy_id or listener.security_policy, "security_policy")
    return policy


def clients_of_week(policy: TlsPolicy, listeners: Iterable[Listener]) -> WeekOfClients:
    """Judge by ``policy`` what the clients of ``listeners`` negotiated in the last seven days."""
    by_id = {listener.pk: listener for listener in listeners}
    first_day = timezone.now().astimezone(dt.UTC).date() - dt.timedelta(days=DAYS - 1)
    rows = ObservedHandshake.objects.filter(listener__in=by_id, day__gte=first_day).order_by("-last_seen_at")
    kinds: dict[tuple[str, str, str], list[ObservedHandshake]] = {}
    for row in rows:
        kinds.setdefault((row.listener_id, row.version, row.cipher), []).append(row)
    seen = (_seen(policy, by_id[listener_id], found) for (listener_id, *_kind), found in kinds.items())
    return WeekOfClients(tuple(sorted(seen, key=_order)))


def _seen(policy: TlsPolicy, listener: Listener, rows: Sequence[ObservedHandshake]) -> SeenClients:
    newest = rows[0]
    return SeenClients(
        listener=listener,
        version=newest.version,
        cipher=newest.cipher,
        connections=sum(row.connections for row in rows),
        last_client=newest.last_client or "",
        last_seen_at=newest.last_seen_at,
        lacks=_lacks(policy, newest),
    )


def _lacks(policy: TlsPolicy, row: ObservedHandshake) -> str:
    if row.version not in policy.offered_versions:
        return "version"
    return "" if policy.lets_in(row.version, row.cipher) else "cipher"


def _order(each: SeenClients) -> tuple[bool, int, int, str, str]:
    return not each.is_refused, VERSIONS.index(each.version), -each.connections, each.cipher, each.listener.pk
