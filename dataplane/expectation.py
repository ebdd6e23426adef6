"""What a client should be served, and which names a change is about. Pure."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from dataplane.envoy.names import slot_secret
from dataplane.envoy.resources import CompiledListener
from dataplane.snapshot import ADDITIONAL, Listener, ServedCertificate, Slot, Snapshot

NO_NAME = ""  # a client that sends no SNI
WILDCARD_LABEL = "lbadmin-receipt"  # asked in place of a wildcard's star


@dataclass(frozen=True, slots=True)
class Served:
    """A listener as it should be served: the objects are shared with the follower and never changed."""

    listener: Listener
    compiled: CompiledListener
    certificates: Mapping[str, ServedCertificate]

    def is_same(self, other: "Served") -> bool:
        """Tell without looking into it whether nothing has moved since ``other``."""
        return self.compiled is other.compiled and self.certificates is other.certificates

    def certificate(self, slot: Slot) -> ServedCertificate | None:
        """Return the certificate in a slot, None where it is not served."""
        is_served = slot_secret(self.listener.id, slot) in self.compiled.secrets
        return self.certificates.get(slot.certificate_id) if is_served else None


def served_listener(snapshot: Snapshot, compiled: Mapping[str, CompiledListener], listener_id: str) -> Served | None:
    """Return how a listener should be served, None where it should not be or has no certificate to serve."""
    listener, parts = snapshot.listeners.get(listener_id), compiled.get(listener_id)
    if listener is None or parts is None or parts.listener is None or not listener.is_encrypted:
        return None
    return Served(listener, parts, snapshot.certificates)


def expected_fingerprints(served: Served, names: Collection[str]) -> dict[str, str]:
    """Return the SHA-256 of the leaf that a client able to use any gets, for each name asked."""
    return {name: _expected(served, name) for name in names}


def _expected(served: Served, name: str) -> str:
    winners = served.compiled.winners
    # As the engine matches: the exact name, then ever shorter wildcards; else the default certificate.
    slot = next((winners[form] for form in _forms(name) if form in winners), served.listener.default_slot)
    certificate = served.certificate(slot) if slot else None
    return certificate.sha256 if certificate else ""


def _forms(name: str) -> Iterator[str]:
    """Yield the spellings under which a certificate can claim ``name``: itself and all its wildcards."""
    yield name
    while "." in name:
        name = name.partition(".")[2]
        yield f"*.{name}"


def affected_names(old: Served | None, new: Served) -> list[str]:
    """Return the names to ask after a change, no name first; empty when clients cannot notice it."""
    names: dict[str, None] = {}
    if old is None or old.compiled.listener != new.compiled.listener:
        names[NO_NAME] = None
    changed = _changed_secrets(old, new)
    for served in (new, old) if changed else ():
        for slot in _slots_with(changed, served):
            names.update(dict.fromkeys(_names_of(slot, served)))
    return sorted(names, key=lambda name: name != NO_NAME)


def _changed_secrets(old: Served | None, new: Served) -> set[str]:
    before = old.compiled.secrets if old else {}
    after = new.compiled.secrets
    changed = {name for name, source in after.items() if before.get(name) is not source}
    changed = {name for name in changed if before.get(name) != after[name]}
    return changed | {name for name in before if name not in after}


def _slots_with(secrets: Collection[str], served: Served | None) -> Iterator[Slot]:
    """Yield the slots of some secrets. A listener may have 10,000 slots, so most are passed over by their number."""
    places = {secret.rpartition("/")[2] for secret in secrets}
    for slot in served.listener.slots if served else ():
        may_be = slot.role != ADDITIONAL or str(slot.binding_id) in places
        if served and may_be and slot_secret(served.listener.id, slot) in secrets:
            yield slot


def _names_of(slot: Slot, served: Served | None) -> Iterable[str]:
    certificate = served.certificates.get(slot.certificate_id) if served else None
    if slot.role != "additional" or certificate is None:
        return (NO_NAME,)
    return [name.replace("*", WILDCARD_LABEL, 1) for name in certificate.dns_names]
