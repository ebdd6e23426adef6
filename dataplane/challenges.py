"""The challenges that listeners answer: read for the snapshot, and their certificates when they are sent."""

from collections.abc import Collection

from certificates.keys import unseal
from dataplane.envoy.secret import KeyPair
from dataplane.snapshot import Challenge
from renewals.challenges.tls_alpn import server_name
from renewals.models import PendingChallenge, Renewal

# Far more than are ever pending at once; what is beyond is answered when these are done.
MOST_CHALLENGES = 1000


def collect_challenges() -> tuple[Challenge, ...]:
    """Read the challenges that are pending."""
    rows = PendingChallenge.objects.filter(kind=Renewal.Challenge.TLS_ALPN_01).order_by("-id")[:MOST_CHALLENGES]
    found = [
        Challenge(id_, server_name(host), sha256) for id_, host, sha256 in rows.values_list("id", "host", "sha256")
    ]
    return tuple(sorted(found, key=lambda challenge: challenge.id))


def challenge_pairs(challenge_ids: Collection[int]) -> dict[int, KeyPair]:
    """Return the certificates that answer, with their keys; one that is answered already is missing."""
    rows = PendingChallenge.objects.filter(id__in=challenge_ids).values_list("id", "leaf_pem", "key")
    return {id_: KeyPair(pem.encode(), unseal(key)) for id_, pem, key in rows if key is not None}
