"""Session ticket keys: the same on every node, rotated every 150 s, gone once no ticket of theirs is accepted.

A ticket is accepted under the key of its epoch or of the next one, so it lives 150 to 300 s, as the cloud's do. Every
key is random and its row is deleted afterwards: who takes the machine later cannot read recorded sessions.
"""

import secrets
import time

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.db import transaction

from certificates.keys import seal, unseal
from listeners.models import TicketKey

EPOCH_SECONDS = 150
KEY_BYTES = 80  # what the engine takes: 16 of name, 32 of HMAC key, 32 of AES key
KEYS_KEPT = 2


def epoch_of(now: float) -> int:
    """Return the epoch of a Unix time."""
    return int(now // EPOCH_SECONDS)


def seconds_to_rotation(now: float | None = None) -> float:
    """Return how long the current keys hold."""
    return EPOCH_SECONDS - (time.time() if now is None else now) % EPOCH_SECONDS


def ticket_keys(now: float | None = None) -> tuple[bytes, ...]:
    """Return the current epoch's key, then the previous one's if it was ever in use; 80 random bytes each.

    The first caller of an epoch makes its key; callers at the same moment on other nodes get the same one.
    """
    epoch = epoch_of(time.time() if now is None else now)
    kept = _kept(epoch)
    if epoch not in kept:
        _rotate(epoch)
        kept = _kept(epoch)
    return tuple(unseal(kept[number]) for number in sorted(kept, reverse=True))


def _kept(epoch: int) -> dict[int, bytes]:
    rows = TicketKey.objects.filter(epoch__gt=epoch - KEYS_KEPT, epoch__lte=epoch).values_list("epoch", "token")
    return {number: bytes(token) for number, token in rows}


def _rotate(epoch: int) -> None:
    with transaction.atomic():
        # The epoch is unique: of two nodes that come at once, the second one's insert is ignored.
        TicketKey.objects.bulk_create(
            [TicketKey(epoch=epoch, token=seal(secrets.token_bytes(KEY_BYTES)))], ignore_conflicts=True
        )
        TicketKey.objects.filter(epoch__lte=epoch - KEYS_KEPT).delete()


def listener_ticket_key(key: bytes, listener_id: str) -> bytes:
    """Derive one listener's key (80 bytes), so that no listener accepts another one's tickets (HKDF, RFC 5869)."""
    return HKDF(SHA256(), KEY_BYTES, salt=None, info=b"lbadmin session ticket key of " + listener_id.encode()).derive(
        key
    )
