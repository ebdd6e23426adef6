"""Tell which certificate a client of a listener gets, and why."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from certificates.matching import InvalidNameError, normalise_name
from console.errors import InvalidInputError
from listeners.candidates import candidate_of
from listeners.choice import DEFAULT_COMPETES
from listeners.cipher_suites import VERSIONS
from listeners.explanation import Client, Step, explain
from listeners.models import Binding, Listener
from listeners.selectors.listeners import bindings_of
from listeners.selectors.policies import policy_of

Role = Binding.Role


@dataclass(frozen=True, slots=True)
class Loser:
    """A certificate that has the name too, and why the client does not get it."""

    binding: Binding
    step: Step


@dataclass(frozen=True, slots=True)
class Match:
    """What a client gets (None: its handshake fails), the name that matched (empty: none did), and why."""

    client: Client
    binding: Binding | None
    name: str
    steps: tuple[Step, ...]
    passed_over: tuple[Loser, ...]


def certificate_for(listener: Listener, client: Client) -> Match:
    """Return which certificate a client gets, and why. Raises InvalidInputError for what no client can ask."""
    by_id = {binding.pk: binding for binding in bindings_of(listener) if binding.role != Role.CA}
    candidates = {key: candidate_of(binding) for key, binding in by_id.items()}
    default = next((candidates.pop(key) for key, each in by_id.items() if each.role == Role.DEFAULT), None)
    if default is None:
        raise _without_tls(listener)
    asked = Client(_asked(client.server_name), client.can_ecdsa, _version(client.version))
    told = explain(
        asked,
        default,
        candidates.values(),
        policy_of(listener),
        default_competes=listener.load_balancer.product in DEFAULT_COMPETES,
    )
    return Match(
        client=asked,
        binding=by_id[told.served.binding_id] if told.served else None,
        name=told.name,
        steps=told.steps,
        passed_over=tuple(Loser(by_id[each.candidate.binding_id], each.step) for each in told.passed_over),
    )


def _without_tls(listener: Listener) -> InvalidInputError:
    return InvalidInputError(
        _("“%(listener)s” is a %(protocol)s listener, which serves no certificate.")
        % {"listener": listener, "protocol": listener.protocol},
        "listener.without-certificates",
        way_out=_("Ask about a TCPSSL, HTTPS or QUIC listener."),
    )


def _version(version: str) -> str:
    if version not in VERSIONS:
        raise InvalidInputError(
            _("“%(version)s” is no TLS version.") % {"version": version[:40]},
            "listener.tls-version-unknown",
            field="tls_version",
            way_out=_("Choose from %(versions)s.") % {"versions": ", ".join(VERSIONS)},
        )
    return version


def _asked(server_name: str) -> str:
    try:
        return normalise_name(server_name) if server_name else ""
    except InvalidNameError:
        raise InvalidInputError(
            _("“%(name)s” is no host name, so no client can ask for it.") % {"name": server_name[:260]},
            "listener.server-name-invalid",
            field="server_name",
            way_out=_("Give a host name such as www.example.com."),
        ) from None
