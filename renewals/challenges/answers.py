"""What is presented for each challenge, kept in rows: the node and the console answer from them."""

from collections.abc import Sequence
from dataclasses import dataclass

from certificates.keys import seal
from console.ids import is_id
from events.actor import SYSTEM
from events.feed import recording
from renewals.challenges.tls_alpn import challenge_certificate
from renewals.models import PendingChallenge, Renewal


@dataclass(frozen=True, slots=True)
class Proof:
    """What an ACME server asks for one name. ``host`` has no wildcard; ``value`` is what DNS-01 looks for."""

    host: str
    token: str
    key_authorization: str
    value: str


def present(renewal: Renewal, proofs: Sequence[Proof]) -> list[PendingChallenge]:
    """Store the answers, those of an interrupted attempt again, and wake the nodes."""
    rows = [_row(renewal, proof) for proof in proofs]
    with recording(SYSTEM) as changes:
        PendingChallenge.objects.filter(renewal=renewal).delete()
        PendingChallenge.objects.bulk_create(rows)
        for row in rows:
            changes.record("challenge.presented", row, f"Presented the {row.get_kind_display()} answer for {row.host}")
    return rows


def take_away(renewal_id: str) -> None:
    """Forget every answer of a renewal, if there are any; the nodes drop what they served."""
    if not is_id(renewal_id) or not PendingChallenge.objects.filter(renewal=renewal_id).exists():
        return
    with recording(SYSTEM) as changes:
        for row in PendingChallenge.objects.filter(renewal=renewal_id):
            changes.record("challenge.removed", row, f"Removed the {row.get_kind_display()} answer for {row.host}")
            row.delete()


def _row(renewal: Renewal, proof: Proof) -> PendingChallenge:
    row = PendingChallenge(
        renewal=renewal,
        kind=renewal.challenge,
        host=proof.host,
        token=proof.token,
        key_authorization=proof.key_authorization,
    )
    if renewal.challenge == Renewal.Challenge.TLS_ALPN_01:
        made = challenge_certificate(proof.host, proof.key_authorization)
        row.leaf_pem, row.sha256, row.key = made.pem, made.sha256, seal(made.key_pem)
    return row
