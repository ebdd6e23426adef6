"""What a client should be served, and which names a change is about. Pure."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from dataplane.envoy.names import slot_secret
from dataplane.envoy.resources import CompiledListener
from dataplane.snapshot import Listener, ServedCertificate, Slot, Snapshot
from listeners.choice import Candidate, choice_for, choose_names

NO_NAME = ""  # a client that sends no SNI
WILDCARD_LABEL = "lbadmin-receipt"  # asked in place of a wildcard's star


@dataclass(frozen=True, slots=True)
class Served:
    """A listener as it should be served: the objects are shared with the follower and never changed."""

    listener: Listener
    compiled: CompiledListener
    certificates: Mapping[str, ServedCertificate]

    def certificate(self, slot: Slot) -> ServedCertificate | None:
        """Return the certificate in a slot, None where it is not served."""
        is_served = slot_secret(self.listener.id, slot) in self.compiled.secrets
        return self.certificates.get(slot.certificate_id) if is_served else None


def served_listener(snapshot: Snapshot, compiled: Mapping[str, CompiledListener], listener_id: str) -> Served | None:
    """Return how a listener should be served, None where it should not be."""
    listener, parts = snapshot.listeners.get(listener_id), compiled.get(listener_id)
    if listener is None or parts is None or parts.listener is None:
        return None
    return Served(listener, parts, snapshot.certificates)


def expected_fingerprints(served: Served, names: Collection[str]) -> dict[str, str]:
    """Return the SHA-256 of the leaf that a client able to use any gets, for each name asked."""
    default = served.listener.default_slot
    certificate = served.certificate(default) if default else None
    fallback = certificate.sha256 if certificate else ""
    wanted = {form for name in names for form in _forms(name)}
    candidates = {slot.binding_id: found for slot, found in _claiming(served, wanted)}
    choices = choose_names(_candidate(binding, found) for binding, found in candidates.items())
    chosen = {name: choice_for(name, choices) for name in names}
    return {
        name: candidates[choice.winner.binding_id].sha256 if choice else fallback for name, choice in chosen.items()
    }


def _forms(name: str) -> Iterator[str]:
    """Yield the spellings under which a certificate can claim ``name``: itself and all its wildcards."""
    yield name
    while "." in name:
        name = name.partition(".")[2]
        yield f"*.{name}"


def _claiming(served: Served, wanted: set[str]) -> Iterator[tuple[Slot, ServedCertificate]]:
    for slot in served.listener.additional_slots:
        certificate = served.certificates.get(slot.certificate_id)
        if certificate and not wanted.isdisjoint(certificate.dns_names) and served.certificate(slot):
            yield slot, certificate


def _candidate(binding_id: int, certificate: ServedCertificate) -> Candidate:
    return Candidate(
        binding_id=binding_id,
        names=certificate.dns_names,
        key_algorithm=certificate.key_algorithm,
        key_bits=certificate.key_bits,
        signature_hash=certificate.signature_hash,
        not_after=certificate.not_after,
    )


def affected_names(old: Served | None, new: Served) -> list[str]:
    """Return the names to ask after a change, no name first; empty when clients cannot notice it."""
    names: dict[str, None] = {}
    if old is None or old.compiled.listener != new.compiled.listener:
        names[NO_NAME] = None
    changed = _changed_secrets(old, new)
    for served in (new, old):
        for slot in served.listener.slots if served and changed else ():
            if slot_secret(new.listener.id, slot) in changed:
                names.update(dict.fromkeys(_names_of(slot, served)))
    return sorted(names, key=lambda name: name != NO_NAME)


def _changed_secrets(old: Served | None, new: Served) -> set[str]:
    before = old.compiled.secrets if old else {}
    after = new.compiled.secrets
    changed = {name for name, source in after.items() if before.get(name) is not source}
    changed = {name for name in changed if before.get(name) != after[name]}
    return changed | {name for name in before if name not in after}


def _names_of(slot: Slot, served: Served | None) -> Iterable[str]:
    certificate = served.certificates.get(slot.certificate_id) if served else None
    if slot.role != "additional" or certificate is None:
        return (NO_NAME,)
    return [name.replace("*", WILDCARD_LABEL, 1) for name in certificate.dns_names]
