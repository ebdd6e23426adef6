"""What deserves a word about a listener although it is accepted."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from listeners.candidates import candidate_of
from listeners.choice import Candidate, choose_names, is_servable
from listeners.cipher_suites import NO_FORWARD_SECRECY
from listeners.models import Binding, Listener, Server, ServerGroup
from listeners.selectors.policies import policy_of
from listeners.tls_policies import WIZARD_POLICY, TlsPolicy


@dataclass(frozen=True, slots=True)
class ListenerWarning:
    """One warning: a stable code, and a sentence for the operator."""

    code: str
    message: str


def listener_warnings(listener: Listener, bindings: Sequence[Binding]) -> list[ListenerWarning]:
    """Return what an operator should know of the stored listener; its bindings come with versions and names."""
    return [
        *policy_warnings(policy_of(listener)),
        *validity_warnings(bindings, timezone.now()),
        *name_warnings(bindings),
        *_servers_of(listener),
    ]


def _servers_of(listener: Listener) -> Iterator[ListenerWarning]:
    """Warn as ``server_warnings`` does; the group is read only where there is something to say of it."""
    if listener.server_group_id is not None and not _takes_connections(listener.server_group_id):
        yield from server_warnings(listener.server_group)


def policy_warnings(policy: TlsPolicy | None, *, by_default: bool = False) -> list[ListenerWarning]:
    """Warn of a listener's policy that lets obsolete protocol versions in."""
    if policy is None or not policy.weak_versions:
        return []
    told = {"policy": policy, "versions": ", ".join(policy.weak_versions), "better": WIZARD_POLICY}
    text = (
        _("No TLS security policy was named, so %(policy)s is used, which accepts %(versions)s; prefer %(better)s.")
        if by_default
        else _("%(policy)s accepts %(versions)s, which RFC 8996 says not to use; prefer %(better)s.")
    )
    return [ListenerWarning("listener.weak-policy", text % told)]


def weaknesses(policy: TlsPolicy) -> list[ListenerWarning]:
    """Return what an operator should know of a policy itself."""
    found = [
        (
            "security-policy.weak-version",
            policy.weak_versions,
            _("%(parts)s: RFC 8996 says not to use them; browsers have not for years."),
        ),
        (
            "security-policy.no-forward-secrecy",
            [cipher for cipher in policy.offered_ciphers if cipher in NO_FORWARD_SECRECY],
            _("%(parts)s: without forward secrecy; whoever gets the server's key can read what was recorded before."),
        ),
        (
            "security-policy.version-not-offered",
            [version for version in policy.versions if version not in policy.offered_versions],
            _("%(parts)s: no cipher suite of the policy goes with it, so no client is served with it."),
        ),
        (
            "security-policy.ciphers-not-in-engine",
            policy.refused_ciphers,
            _("%(parts)s: not in the engine's TLS library (BoringSSL), so never offered."),
        ),
        (
            "security-policy.ciphers-added",
            policy.added_ciphers,
            _("%(parts)s: not asked for, but offered all the same: the engine's suites of TLS 1.3 cannot be chosen."),
        ),
    ]
    return [ListenerWarning(code, text % {"parts": ", ".join(parts)}) for code, parts, text in found if parts]


def name_warnings(bindings: Iterable[Binding]) -> list[ListenerWarning]:
    """Warn of additional certificates whose names a better one serves, or that no name can ever choose."""
    additional = {b.pk: b for b in bindings if b.role == Binding.Role.ADDITIONAL}
    candidates = [candidate_of(binding) for binding in additional.values()]
    lost: dict[tuple[int, int], list[str]] = {}
    for name, choice in choose_names(candidates).items():
        for loser in choice.passed_over:
            lost.setdefault((loser.binding_id, choice.winner.binding_id), []).append(name)
    return [
        *(_overlap(additional[loser], additional[winner], names) for (loser, winner), names in lost.items()),
        *(warning for candidate in candidates for warning in _unservable(candidate, additional[candidate.binding_id])),
    ]


def _overlap(loser: Binding, winner: Binding, names: list[str]) -> ListenerWarning:
    text = _("Clients that ask for %(names)s get “%(winner)s”, not “%(loser)s”: it is the better of the two.")
    return ListenerWarning(
        "listener.name-overlap",
        text % {"names": _few(names), "winner": winner.certificate, "loser": loser.certificate},
    )


def _unservable(candidate: Candidate, binding: Binding) -> Iterator[ListenerWarning]:
    refused = [name for name in candidate.names if not is_servable(name)]
    if len(refused) == len(candidate.names):
        text = _("No client can choose “%(certificate)s” by name: it has no host name that the engine can match.")
        yield ListenerWarning("listener.never-chosen", text % {"certificate": binding.certificate})
    elif refused:
        text = _("“%(certificate)s” does not serve %(names)s: only a whole first label can be a wildcard.")
        told = {"certificate": binding.certificate, "names": _few(refused)}
        yield ListenerWarning("listener.name-not-servable", text % told)


def _few(names: list[str], most: int = 5) -> str:
    shown = ", ".join(names[:most])
    return (
        shown if len(names) <= most else _("%(names)s and %(more)s more") % {"names": shown, "more": len(names) - most}
    )


def validity_warnings(bindings: Iterable[Binding], now: datetime) -> Iterator[ListenerWarning]:
    """Warn of certificates that clients refuse at this time."""
    for binding in bindings:
        version = binding.certificate.current_version
        if version and version.not_after <= now:
            text = _("“%(certificate)s” expired on %(date)s; clients will refuse it.")
            told = {"certificate": binding.certificate, "date": f"{version.not_after:%Y-%m-%d}"}
            yield ListenerWarning("listener.certificate-expired", text % told)
        elif version and version.not_before > now:
            text = _("“%(certificate)s” is not valid before %(date)s; clients will refuse it until then.")
            told = {"certificate": binding.certificate, "date": f"{version.not_before:%Y-%m-%d}"}
            yield ListenerWarning("listener.certificate-not-yet-valid", text % told)


def server_warnings(group: ServerGroup | None) -> Iterator[ListenerWarning]:
    """Warn of a server group that takes no connection; a listener that redirects everything has none."""
    if group is not None and not _takes_connections(group.pk):
        text = _("Server group “%(group)s” has no server that takes connections; clients will be cut off.")
        yield ListenerWarning("listener.no-servers", text % {"group": group})


def _takes_connections(group_id: str) -> bool:
    return Server.objects.filter(group=group_id, weight__gt=0).exists()
