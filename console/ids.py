"""Public identifiers: a prefix that tells the kind, then 16 random characters."""

import re
import secrets
from functools import partial

ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyz"
LENGTH = 16
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


def new_id(prefix: str) -> str:
    """Return a fresh identifier such as ``lsn-3k9x0q7c2m8v5b1t`` (82 bits of randomness)."""
    return f"{prefix}-" + "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def is_id(text: str) -> bool:
    """Tell whether ``text`` could be an id at all; a database refuses some texts with an error of its own."""
    return bool(_ID.fullmatch(text))


load_balancer_id = partial(new_id, "nlb")
listener_id = partial(new_id, "lsn")
server_group_id = partial(new_id, "sgp")
rule_id = partial(new_id, "rule")
security_policy_id = partial(new_id, "tls")
certificate_id = partial(new_id, "cert")
channel_id = partial(new_id, "chn")
request_id = partial(new_id, "csr")
authority_id = partial(new_id, "ca")
repository_id = partial(new_id, "repo")
account_id = partial(new_id, "acme")
renewal_id = partial(new_id, "ren")
replacement_id = partial(new_id, "rep")
drop_id = partial(new_id, "drop")
contact_id = partial(new_id, "ctc")
contact_group_id = partial(new_id, "grp")
alert_rule_id = partial(new_id, "arl")
watched_address_id = partial(new_id, "wat")
job_id = partial(new_id, "job")
