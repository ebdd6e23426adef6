"""Write which clients were seen: a row for each listener and certificate, of each listener a bounded number."""

from collections.abc import Collection, Mapping, Sequence

from cryptography import x509
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from certificates.models import CertificateVersion
from certificates.revocation.reading import lists_pem
from dataplane.client_verification import Trust
from dataplane.clients import Asked, Judge, Judged, Sighting, listeners_of
from dataplane.envoy.clients import is_observing
from dataplane.envoy.names import slot_secret
from dataplane.envoy.resources import CompiledListener, SecretSource
from dataplane.snapshot import Snapshot
from listeners.models import Listener, ObservedClient

MOST_CLIENTS = 1_000  # rows of each listener; those that would be refused make room first
LONGEST_NAME = 500


class ClientRecords:
    """Judge sightings by what their listeners trust, and write them; in the thread of observations."""

    def __init__(self) -> None:
        self._judge = Judge()
        self._trusts: dict[str, Trust] = {}

    def write(
        self, sightings: Sequence[Sighting], snapshot: Snapshot, compiled: Mapping[str, CompiledListener]
    ) -> None:
        """Write what was seen at listeners that there are and that ask clients for certificates."""
        moment = timezone.now()
        asked = self._asked(listeners_of(sightings), snapshot, compiled)
        judged = self._judge.judge(sightings, asked, moment)
        for listener_id in asked:
            _write(listener_id, [each for each in judged if each.sighting.listener_id == listener_id])

    def _asked(
        self, listener_ids: Collection[str], snapshot: Snapshot, compiled: Mapping[str, CompiledListener]
    ) -> dict[str, Asked]:
        found: dict[str, tuple[SecretSource, bool]] = {}
        for listener_id in listener_ids:
            listener, parts = snapshot.listeners.get(listener_id), compiled.get(listener_id)
            slot = listener.authority_slot if listener and listener.mutual_authentication else None
            if listener and parts and slot and slot_secret(listener_id, slot) in parts.secrets:
                found[listener_id] = parts.secrets[slot_secret(listener_id, slot)], is_observing(listener)
        self._load({source.version: source for source, _observes in found.values()})
        return {
            listener_id: Asked(source.version, self._trusts[source.version], is_observing)
            for listener_id, (source, is_observing) in found.items()
            if source.version in self._trusts
        }

    def _load(self, sources: Mapping[str, SecretSource]) -> None:
        """Read the authorities and lists behind secrets that are new, and forget those that are gone."""
        self._trusts = {version: trust for version, trust in self._trusts.items() if version in sources}
        for version, source in sources.items():
            if version not in self._trusts:
                trust = _trust(source)
                if trust is not None:
                    self._trusts[version] = trust


def _trust(source: SecretSource) -> Trust | None:
    row = CertificateVersion.objects.filter(pk=source.certificate_version_id).first()
    if row is None:
        return None  # replaced meanwhile: that change is followed next
    authorities = x509.load_pem_x509_certificates(f"{row.leaf_pem.rstrip()}\n{row.chain_pem}".encode())
    lists = lists_pem([each.id for each in source.revocation.lists]).values()
    return Trust(
        tuple(authorities),
        tuple(x509.load_pem_x509_crl(pem) for pem in lists),
        is_whole_chain=source.revocation.is_whole_chain,
    )


@transaction.atomic
def _write(listener_id: str, judged: Sequence[Judged]) -> None:
    if not Listener.objects.filter(pk=listener_id).exists():
        return
    ObservedClient.objects.bulk_create([_row(each) for each in judged], ignore_conflicts=True)
    for each in judged:
        seen = each.sighting
        ObservedClient.objects.filter(listener_id=listener_id, sha256=seen.sha256).update(
            connections=F("connections") + seen.connections, last_seen_at=seen.last_at, reason=each.reason
        )
    _make_room(listener_id)


def _row(judged: Judged) -> ObservedClient:
    seen, says = judged.sighting, judged.description
    return ObservedClient(
        listener_id=seen.listener_id,
        sha256=seen.sha256,
        subject=says.subject[:LONGEST_NAME] if says else "",
        issuer=says.issuer[:LONGEST_NAME] if says else "",
        serial=says.serial[:64] if says else "",
        not_after=says.not_after if says else None,
        reason=judged.reason,
        first_seen_at=seen.first_at,
        last_seen_at=seen.last_at,
    )


def _make_room(listener_id: str) -> None:
    """Forget clients beyond the limit: those that would be refused first, and of each kind the longest unseen."""
    rows = ObservedClient.objects.filter(listener_id=listener_id)
    excess = rows.count() - MOST_CLIENTS
    if excess > 0:
        refused = list(rows.exclude(reason="").order_by("last_seen_at").values_list("pk", flat=True)[:excess])
        valid = list(
            rows.filter(reason="").order_by("last_seen_at").values_list("pk", flat=True)[: excess - len(refused)]
        )
        ObservedClient.objects.filter(pk__in=[*refused, *valid]).delete()
