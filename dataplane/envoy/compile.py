"""From a snapshot to the engine's resources: pure, and never failing for bad data.

A part that cannot be served is left out and named in a Problem; the rest is served.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from dataplane.envoy import checks
from dataplane.envoy.challenge import add_challenges
from dataplane.envoy.checks import NOTHING_REFUSED, Refused
from dataplane.envoy.cluster import build_cluster, build_endpoints
from dataplane.envoy.listener import build_listener
from dataplane.envoy.names import challenge_secret, cluster_name, slot_secret, ticket_secret
from dataplane.envoy.resources import Compiled, CompiledListener, Problem, Resource, SecretSource, resource
from dataplane.snapshot import (
    ADDITIONAL,
    AUTHORITY,
    LONG_AGO,
    Challenge,
    Listener,
    ServedCertificate,
    ServerGroup,
    Slot,
    Snapshot,
)
from listeners.choice import Candidate, choose_names, is_servable, names_by_certificates
from listeners.tls_policies import POLICIES


@dataclass(frozen=True, slots=True)
class _Usable:
    """The slots that can be served, and what is wrong with the others."""

    certificates: Mapping[Slot, ServedCertificate]
    problems: list[Problem]
    challenges: Sequence[Challenge] = ()


@dataclass(frozen=True, slots=True)
class _Named:
    """The names of a listener's additional certificates."""

    secrets: Mapping[tuple[str, ...], tuple[str, ...]]  # names by the secrets that serve them
    contested: frozenset[str]
    winners: Mapping[str, Slot]


@dataclass(frozen=True, slots=True)
class _Groups:
    """The server groups of a listener, as clusters by name."""

    clusters: dict[str, Resource] = field(default_factory=dict)
    endpoints: dict[str, Resource] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


def compile_snapshot(snapshot: Snapshot, refused: Refused = NOTHING_REFUSED) -> Compiled:
    """Compile every listener."""
    return Compiled({key: compile_listener(snapshot, key, refused) for key in sorted(snapshot.listeners)})


def compile_listener(snapshot: Snapshot, listener_id: str, refused: Refused = NOTHING_REFUSED) -> CompiledListener:
    """Compile one listener with its clusters, servers, routes and secrets."""
    listener = snapshot.listeners[listener_id]
    usable = _usable_slots(listener, snapshot, refused)
    fatal = [*checks.listener_problems(listener), *_missing_parts(listener, usable)]
    group = snapshot.server_groups.get(listener.server_group_id)
    if group is None:
        fatal.append(checks.missing(listener, "no-server-group"))
    if fatal or group is None:
        return CompiledListener(listener_id, None, {}, {}, {}, {}, (*fatal, *usable.problems))
    return _compile(listener, _compile_groups(listener, snapshot), usable, snapshot.moment)


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
    for slot in (slot for slot in listener.slots if slot.certificate_id == new.id):
        name = slot_secret(listener.id, slot)
        if name in secrets:
            secrets[name] = _source(slot, new, moment)
    return replace(compiled, secrets=secrets)


def with_server_groups(compiled: CompiledListener, snapshot: Snapshot) -> CompiledListener | None:
    """Return ``compiled`` with only its clusters and servers compiled again, None if more than that must change."""
    listener = snapshot.listeners[compiled.id]
    groups = _compile_groups(listener, snapshot)
    if compiled.listener is None or groups.clusters.keys() != compiled.clusters.keys():
        return None
    kept = [problem for problem in compiled.problems if problem.object_type != "server_group"]
    return replace(compiled, clusters=groups.clusters, endpoints=groups.endpoints, problems=(*kept, *groups.problems))


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


def _compile(listener: Listener, groups: _Groups, usable: _Usable, moment: datetime) -> CompiledListener:
    named = _named_chains(listener, usable)
    names = named.secrets
    default = listener.default_slot
    secrets = {
        slot_secret(listener.id, slot): _source(slot, certificate, moment)
        for slot, certificate in usable.certificates.items()
    }
    default_secret = slot_secret(listener.id, default) if default else ""
    message = build_listener(listener, POLICIES[listener.security_policy], default_secret, names)
    referenced = {secret for chain in names for secret in chain} | _single_secrets(listener)
    answers = add_challenges(message, listener, usable.challenges)
    return CompiledListener(
        listener.id,
        resource(listener.id, message),
        groups.clusters,
        groups.endpoints,
        {},
        {name: source for name, source in secrets.items() if name in referenced} | answers,
        (*usable.problems, *_unnamed(usable), *groups.problems),
        named.contested,
        named.winners,
        Counter(ticket_secret(chain[0]) for chain in ((default_secret,), *names)),
        listener.address,
        listener.port,
    )


def _compile_groups(listener: Listener, snapshot: Snapshot) -> _Groups:
    """Compile every server group that ``listener`` forwards to; those that are not there are missing."""
    groups = _Groups()
    for group_id in listener.group_ids:
        if group_id in snapshot.server_groups:
            name = cluster_name(listener, group_id)
            group, problems = _usable_group(snapshot.server_groups[group_id])
            groups.clusters[name] = resource(name, build_cluster(name, listener, group))
            groups.endpoints[name] = resource(name, build_endpoints(name, group))
            groups.problems.extend(problems)
    return groups


def _usable_group(group: ServerGroup) -> tuple[ServerGroup, list[Problem]]:
    servers, problems = checks.usable_servers(group)
    check, check_problems = checks.usable_health_check(group)
    return replace(group, servers=servers, health_check=check), problems + check_problems


def _single_secrets(listener: Listener) -> set[str]:
    slots = (listener.default_slot, listener.authority_slot if listener.mutual_authentication else None)
    return {slot_secret(listener.id, slot) for slot in slots if slot is not None}


def _usable_slots(listener: Listener, snapshot: Snapshot, refused: Refused) -> _Usable:
    usable: dict[Slot, ServedCertificate] = {}
    problems: list[Problem] = []
    for slot in listener.slots:
        certificate = snapshot.certificates.get(slot.certificate_id)
        problem = _slot_problem(listener, slot, certificate, refused, snapshot.moment)
        if problem is not None:
            problems.append(problem)
        elif certificate is not None:
            usable[slot] = certificate
            if slot.role == AUTHORITY and listener.mutual_authentication:
                problems.extend(checks.revocation_problems(certificate, snapshot.moment))
    return _Usable(usable, problems, _answerable(listener, snapshot, refused))


def _answerable(listener: Listener, snapshot: Snapshot, refused: Refused) -> list[Challenge]:
    """Leave out what the engine has refused, or what was answered before it could be sent."""
    return [
        each for each in snapshot.challenges if (challenge_secret(listener.id, each.id), each.sha256) not in refused
    ]


def _slot_problem(
    listener: Listener, slot: Slot, certificate: ServedCertificate | None, refused: Refused, moment: datetime
) -> Problem | None:
    problem = checks.certificate_problem(slot, certificate)
    if problem is None and certificate is not None and refused:
        version = _source(slot, certificate, moment).version
        return checks.refusal(refused, (slot_secret(listener.id, slot), version), certificate)
    return problem


def _missing_parts(listener: Listener, usable: _Usable) -> list[Problem]:
    """Return what the listener cannot do without: serving it all the same would answer wrongly, or let all in."""
    problems = []
    if listener.default_slot not in usable.certificates:
        problems.append(checks.missing(listener, "no-default-certificate"))
    if listener.mutual_authentication and listener.authority_slot not in usable.certificates:
        problems.append(checks.missing(listener, "no-ca-certificate"))
    return problems


def _named_chains(listener: Listener, usable: _Usable) -> _Named:
    """Give every name of the additional certificates to one filter chain, and tell which certificates compete."""
    slots = {slot.binding_id: slot for slot in listener.additional_slots if slot in usable.certificates}
    choices = choose_names(_candidate(slot, usable.certificates[slot]) for slot in slots.values())
    contested = {
        slots[candidate.binding_id].certificate_id
        for choice in choices.values()
        if len(choice.served) + len(choice.passed_over) > 1
        for candidate in (*choice.served, *choice.passed_over)
    }
    chains = {
        tuple(slot_secret(listener.id, slots[binding]) for binding in bindings): names
        for bindings, names in names_by_certificates(choices).items()
    }
    winners = {name: slots[choice.winner.binding_id] for name, choice in choices.items()}
    return _Named(chains, frozenset(contested), winners)


def _candidate(slot: Slot, certificate: ServedCertificate) -> Candidate:
    return Candidate(
        binding_id=slot.binding_id,
        names=certificate.dns_names,
        key_algorithm=certificate.key_algorithm,
        key_bits=certificate.key_bits,
        signature_hash=certificate.signature_hash,
        not_after=certificate.not_after,
    )


def _unnamed(usable: _Usable) -> list[Problem]:
    """Name the additional certificates that no client can ask for."""
    return [
        Problem(
            "certificate",
            certificate.id,
            "certificate.no-servable-name",
            {"name": certificate.name},
        )
        for slot, certificate in usable.certificates.items()
        if slot.role == ADDITIONAL and not any(map(is_servable, certificate.dns_names))
    ]


def _source(slot: Slot, certificate: ServedCertificate, moment: datetime) -> SecretSource:
    if slot.role != AUTHORITY:
        return SecretSource("certificate", certificate.content, certificate_version_id=certificate.version_id)
    check = certificate.revocation.at(moment)
    version = certificate.trusted_content(check)
    return SecretSource("authority", version, certificate_version_id=certificate.version_id, revocation=check)
