"""The secrets that webhooks and form callbacks are signed with: the new one, and for a while the one before."""

import base64
import datetime as dt
import secrets

from alerts.models import Channel
from console.sealing import seal, unseal

SECRET_PREFIX = "whsec_"  # noqa: S105  # how the Standard Webhooks specification marks a secret
SECRET_BYTES = 32
# How long messages carry both signatures after a rotation, if nothing else is asked for.
OVERLAP_HOURS = 24
MOST_OVERLAP_HOURS = 7 * 24
SIGNED_KINDS = (Channel.Kind.WEBHOOK, Channel.Kind.CALLBACK)


def new_secret() -> str:
    """Return a secret that nobody has."""
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def raw_secret(secret: str) -> bytes:
    """Return the key that a secret spells."""
    return base64.b64decode(secret.removeprefix(SECRET_PREFIX))


def signing_secrets(channel: Channel, now: dt.datetime) -> list[str]:
    """Return the secrets that are valid now, the newest first; raise ConflictError when one cannot be opened."""
    tokens = [channel.sealed_secret]
    if has_previous_secret(channel, now):
        tokens.append(channel.sealed_previous_secret)
    return [unseal(bytes(token)).decode() for token in tokens if token]


def has_previous_secret(channel: Channel, now: dt.datetime) -> bool:
    """Whether messages are signed with the secret before the last rotation as well."""
    until = channel.previous_secret_until
    return channel.sealed_previous_secret is not None and until is not None and now < until


def rotate(channel: Channel, now: dt.datetime, overlap_hours: int) -> str:
    """Give the channel a new secret and keep the one it had for some hours; return the new one. Nothing is saved."""
    secret = new_secret()
    is_kept = overlap_hours > 0
    channel.sealed_previous_secret = channel.sealed_secret if is_kept else None
    channel.previous_secret_until = now + dt.timedelta(hours=overlap_hours) if is_kept else None
    channel.sealed_secret = seal(secret.encode())
    return secret


def forget_previous_secrets(now: dt.datetime) -> int:
    """Delete the secrets that messages are not signed with any more; return how many."""
    over = Channel.objects.filter(previous_secret_until__lte=now)
    return over.update(sealed_previous_secret=None, previous_secret_until=None)
