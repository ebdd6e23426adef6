"""Public identifiers: a prefix that tells the kind, then 16 random characters."""

import secrets
from functools import partial

ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyz"
LENGTH = 16


def new_id(prefix: str) -> str:
    """Return a fresh identifier such as ``lsn-3k9x0q7c2m8v5b1t`` (82 bits of randomness)."""
    return f"{prefix}-" + "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


load_balancer_id = partial(new_id, "nlb")
listener_id = partial(new_id, "lsn")
server_group_id = partial(new_id, "sgp")
certificate_id = partial(new_id, "cert")
channel_id = partial(new_id, "chn")
