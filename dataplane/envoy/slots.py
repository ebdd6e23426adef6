"""The certificates of a listener: which of its slots can be served, and which names each serves."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from dataplane.envoy import checks
from dataplane.envoy.checks import Refused
from dataplane.envoy.names import challenge_secret, slot_secret
from dataplane.envoy.resources import Problem, SecretSource
from dataplane.snapshot import ADDITIONAL, AUTHORITY, DEFAULT, Challenge, Listener, ServedCertificate, Slot, Snapshot
from listeners.choice import DEFAULT_COMPETES, Candidate, choose_names, is_servable, names_by_certificates


@dataclass(frozen=True, slots=True)
class UsableSlots:
    """The slots that can be served, and what is wrong with the others."""

    certificates: Mapping[Slot, ServedCertificate] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    challenges: Sequence[Challenge] = ()


@dataclass(frozen=True, slots=True)
class NamedChains:
    """The names of a listener's additional certificates."""

    secrets: Mapping[tuple[str, ...], tuple[str, ...]]  # names by the secrets that serve them
    contested: frozenset[str]
    winners: Mapping[str, Slot]


def usable_slots(listener: Listener, snapshot: Snapshot, refused: Refused) -> UsableSlots:
    """Tell the slots that can be served from the others; a listener without TLS uses none."""
    if not listener.is_encrypted:
        return UsableSlots()
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
    problems.extend(_unnamed(usable))
    return UsableSlots(usable, tuple(problems), _answerable(listener, snapshot, refused))


def missing_certificates(listener: Listener, usable: UsableSlots) -> list[Problem]:
    """Return what the listener cannot do without: serving it all the same would answer wrongly, or let all in."""
    problems = []
    if listener.is_encrypted and listener.default_slot not in usable.certificates:
        problems.append(checks.missing(listener, "no-default-certificate"))
    if listener.mutual_authentication and listener.authority_slot not in usable.certificates:
        problems.append(checks.missing(listener, "no-ca-certificate"))
    return problems


def named_chains(listener: Listener, usable: UsableSlots) -> NamedChains:
    """Give every name of the additional certificates to one filter chain, and tell which certificates compete."""
    if not usable.certificates:
        return NamedChains({}, frozenset(), {})
    slots = {slot.binding_id: slot for slot in usable.certificates if slot.role != AUTHORITY}
    candidates = {key: _candidate(slot, usable.certificates[slot]) for key, slot in slots.items()}
    default = next((candidates.pop(key) for key, slot in slots.items() if slot.role == DEFAULT), None)
    choices = choose_names(candidates.values(), default, default_competes=listener.product in DEFAULT_COMPETES)
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
    return NamedChains(chains, frozenset(contested), winners)


def referenced_secrets(
    listener: Listener, usable: UsableSlots, chains: NamedChains, moment: datetime
) -> dict[str, SecretSource]:
    """Return where the secrets are found that the listener's filter chains name."""
    singles = (listener.default_slot, listener.authority_slot if listener.mutual_authentication else None)
    named = {secret for chain in chains.secrets for secret in chain}
    named |= {slot_secret(listener.id, slot) for slot in singles if slot is not None}
    secrets = {slot_secret(listener.id, slot): (slot, found) for slot, found in usable.certificates.items()}
    return {name: secret_source(*secrets[name], moment) for name in secrets if name in named}


def secret_source(slot: Slot, certificate: ServedCertificate, moment: datetime) -> SecretSource:
    """Return where the secret of a slot is found, and the version of its content at ``moment``."""
    if slot.role != AUTHORITY:
        return SecretSource("certificate", certificate.content, certificate_version_id=certificate.version_id)
    check = certificate.revocation.at(moment)
    version = certificate.trusted_content(check)
    return SecretSource("authority", version, certificate_version_id=certificate.version_id, revocation=check)


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
        version = secret_source(slot, certificate, moment).version
        return checks.refusal(refused, (slot_secret(listener.id, slot), version), certificate)
    return problem


def _candidate(slot: Slot, certificate: ServedCertificate) -> Candidate:
    return Candidate(
        binding_id=slot.binding_id,
        names=(slot.domain,) if slot.domain else certificate.dns_names,
        key_algorithm=certificate.key_algorithm,
        key_bits=certificate.key_bits,
        signature_hash=certificate.signature_hash,
        not_after=certificate.not_after,
    )


def _unnamed(usable: Mapping[Slot, ServedCertificate]) -> list[Problem]:
    """Name the additional certificates that no client can ask for."""
    return [
        Problem("certificate", certificate.id, "certificate.no-servable-name", {"name": certificate.name})
        for slot, certificate in usable.items()
        if slot.role == ADDITIONAL and not any(map(is_servable, certificate.dns_names))
    ]
