"""From a snapshot to the engine's resources: pure, and never failing for bad data.

A part that cannot be served is left out and named in a Problem; the rest is served.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from envoy.config.listener.v3 import listener_pb2

from dataplane.envoy import checks
from dataplane.envoy.chains import NamesBySecrets
from dataplane.envoy.challenge import add_challenges
from dataplane.envoy.checks import NOTHING_REFUSED, Refused
from dataplane.envoy.groups import compile_groups, hashes_tuples
from dataplane.envoy.http import is_discovered, manager_resource
from dataplane.envoy.listener import build_listener, build_plain_listener
from dataplane.envoy.names import is_of_servers, slot_secret, ticket_secret
from dataplane.envoy.quic import build_quic_listener
from dataplane.envoy.resources import Compiled, CompiledListener, Resource, resource
from dataplane.envoy.route_options import add_options
from dataplane.envoy.routes import build_routes
from dataplane.envoy.slots import (
    UsableSlots,
    missing_certificates,
    named_chains,
    referenced_secrets,
    secret_source,
    usable_slots,
)
from dataplane.envoy.stickiness import hide_server
from dataplane.envoy.udp import build_udp_listener, udp_problems
from dataplane.snapshot import LONG_AGO, Listener, ServedCertificate, Snapshot


def compile_snapshot(snapshot: Snapshot, refused: Refused = NOTHING_REFUSED) -> Compiled:
    """Compile every listener."""
    return Compiled({key: compile_listener(snapshot, key, refused) for key in sorted(snapshot.listeners)})


def compile_listener(snapshot: Snapshot, listener_id: str, refused: Refused = NOTHING_REFUSED) -> CompiledListener:
    """Compile one listener with its clusters, servers, routes and secrets."""
    listener = snapshot.listeners[listener_id]
    usable = usable_slots(listener, snapshot, refused)
    fatal = [*checks.listener_problems(listener), *missing_certificates(listener, usable)]
    if listener.redirect_port is None and listener.server_group_id not in snapshot.server_groups:
        fatal.append(checks.missing(listener, "no-server-group"))
    if fatal:
        return CompiledListener(listener_id, None, {}, {}, {}, {}, (*fatal, *usable.problems))
    return _compile(listener, snapshot, usable, refused)


def with_replaced_certificate(
    compiled: CompiledListener,
    listener: Listener,
    old: ServedCertificate,
    new: ServedCertificate,
    moment: datetime = LONG_AGO,
) -> CompiledListener | None:
    """Return ``compiled`` with only the secrets of one certificate changed, None if more than that must change.

    This is what makes replacing one of 10,000 certificates a matter of milliseconds.
    """
    if compiled.listener is None or not _differs_in_content_only(compiled, old, new):
        return None
    if any(checks.revocation_problems(new, moment)):
        return None
    secrets = dict(compiled.secrets)
    if any(is_of_servers(name) and secrets[name].certificate_version_id == old.version_id for name in secrets):
        return None
    for slot in (slot for slot in listener.slots if slot.certificate_id == new.id):
        name = slot_secret(listener.id, slot)
        if name in secrets:
            secrets[name] = secret_source(slot, new, moment)
    return replace(compiled, secrets=secrets)


def with_server_groups(
    compiled: CompiledListener, snapshot: Snapshot, refused: Refused = NOTHING_REFUSED
) -> CompiledListener | None:
    """Return ``compiled`` with only its clusters and servers compiled again, None if more than that must change."""
    listener = snapshot.listeners[compiled.id]
    groups = compile_groups(listener, snapshot, refused)
    if compiled.listener is None or groups.clusters.keys() != compiled.clusters.keys():
        return None
    if hashes_tuples(listener, snapshot) != compiled.hashes_tuples:
        return None
    kept = [problem for problem in compiled.problems if problem.object_type != "server_group"]
    secrets = {name: source for name, source in compiled.secrets.items() if not is_of_servers(name)}
    return replace(
        compiled,
        clusters=groups.clusters,
        endpoints=groups.endpoints,
        routes=_routes(listener, snapshot),
        secrets=secrets | groups.secrets,
        problems=(*kept, *groups.problems),
    )


def _differs_in_content_only(compiled: CompiledListener, old: ServedCertificate, new: ServedCertificate) -> bool:
    """Tell whether the names are served by the same certificates as before, and nothing can be newly wrong."""
    same = replace(
        new,
        version_id=old.version_id,
        sha256=old.sha256,
        chain_sha256=old.chain_sha256,
        not_after=old.not_after,
        name=old.name,
        revocation=old.revocation,
    )
    has_problem = any(problem.object_id == new.id for problem in compiled.problems)
    return same == old and new.id not in compiled.contested and not has_problem


def _compile(listener: Listener, snapshot: Snapshot, usable: UsableSlots, refused: Refused) -> CompiledListener:
    groups = compile_groups(listener, snapshot, refused)
    if hashes_tuples(listener, snapshot):
        listener = replace(listener, hashes_tuples=True)
    chains = named_chains(listener, usable)
    default = _default_secret(listener)
    message = _message(listener, default, chains.secrets)
    # An ACME server asks over TCP alone (RFC 8737, section 3).
    answers = add_challenges(message, listener, usable.challenges) if not listener.is_over_udp else {}
    return CompiledListener(
        listener.id,
        resource(listener.id, message),
        groups.clusters,
        groups.endpoints,
        _routes(listener, snapshot),
        referenced_secrets(listener, usable, chains, snapshot.moment) | answers | groups.secrets,
        (*usable.problems, *udp_problems(listener), *checks.rule_problems(listener), *groups.problems),
        chains.contested,
        chains.winners,
        _tickets(listener, ((default,), *chains.secrets)),
        listener.address,
        listener.port,
        listener.transport,
        {listener.id: resource(listener.id, manager_resource(listener))} if is_discovered(listener) else {},
        listener.hashes_tuples,
    )


def _message(listener: Listener, default_secret: str, chains: NamesBySecrets) -> listener_pb2.Listener:
    if listener.protocol == "UDP":
        return build_udp_listener(listener)
    if not default_secret:
        return build_plain_listener(listener)
    build = build_quic_listener if listener.protocol == "QUIC" else build_listener
    return build(listener, default_secret, chains)


def _default_secret(listener: Listener) -> str:
    """Return the secret of the clients that ask for no name, or for one of no certificate; empty without TLS."""
    slot = listener.default_slot
    return slot_secret(listener.id, slot) if slot is not None and listener.is_encrypted else ""


def _routes(listener: Listener, snapshot: Snapshot) -> Mapping[str, Resource]:
    if not listener.is_http:
        return {}
    groups = snapshot.server_groups
    routes = build_routes(listener, groups)
    add_options(routes, listener)
    hide_server(routes, [groups[group_id] for group_id in listener.group_ids if group_id in groups])
    return {listener.id: resource(listener.id, routes)}


def _tickets(listener: Listener, chains: tuple[tuple[str, ...], ...]) -> Mapping[str, int]:
    return Counter(ticket_secret(chain[0]) for chain in chains) if listener.is_encrypted else {}
