"""Make, switch and delete access keys of the cloud-compatible API."""

import secrets
import string
from dataclasses import dataclass, field
from datetime import timedelta

from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from access.models import LONGEST_KEY_NAME, AccessKey
from console.errors import ConflictError, InvalidInputError, NotFoundError
from console.ids import is_id
from console.sealing import seal, unseal
from events.actor import Actor
from events.feed import recording

PREFIX = "LBAK"
ID_LENGTH = 20
SECRET_LENGTH = 32
# As many as one person can rotate and tell apart.
MOST_KEYS = 20
# A row is written at most this often for a key in constant use.
LAST_USED_RESOLUTION = timedelta(minutes=1)
_ALPHABET = string.ascii_letters + string.digits


@dataclass(frozen=True, slots=True)
class NewAccessKey:
    """A key that was just made, with the secret that cannot be read again."""

    row: AccessKey
    secret: str = field(repr=False)


def _random(length: int) -> str:
    return "".join(secrets.choice(_ALPHABET) for _each in range(length))


def create_access_key(actor: Actor, user: User, name: str = "") -> NewAccessKey:
    """Store a new key for ``user``. Raises ConflictError when the user has as many as one can have."""
    if len(name) > LONGEST_KEY_NAME:
        raise InvalidInputError(
            _("The name has %(length)s characters.") % {"length": len(name)},
            "access-key.name-too-long",
            field="name",
            way_out=_("Use at most %(most)s.") % {"most": LONGEST_KEY_NAME},
        )
    secret = _random(SECRET_LENGTH)
    with recording(actor) as changes:
        _refuse_one_too_many(user)
        row = AccessKey.objects.create(
            id=PREFIX + _random(ID_LENGTH), user=user, name=name, sealed_secret=seal(secret.encode())
        )
        changes.record("access_key.created", row, f"access key {row.pk} of {user.get_username()}")
    return NewAccessKey(row, secret)


def _refuse_one_too_many(user: User) -> None:
    if AccessKey.objects.filter(user=user).count() >= MOST_KEYS:
        raise ConflictError(
            _("“%(user)s” has %(most)s access keys, as many as one user can have.")
            % {"user": user.get_username(), "most": MOST_KEYS},
            "access-key.too-many",
            way_out=_("Delete one that is not used any more."),
        )


def access_keys_of(user: User) -> QuerySet[AccessKey]:
    """Return the keys that ``user`` may see: the own ones, and all of them for an administrator."""
    rows = AccessKey.objects.select_related("user")
    return rows if user.is_superuser else rows.filter(user=user)


def access_key_by_id(user: User, key_id: str) -> AccessKey:
    """Return one of the keys that ``user`` may see; raise NotFoundError."""
    row = access_keys_of(user).filter(pk=key_id).first() if is_id(key_id) else None
    if row is None:
        raise NotFoundError(
            _("There is no access key “%(id)s”.") % {"id": key_id[:64]},
            "access-key.not-found",
            way_out=_("It may have been deleted; look it up in the list."),
        )
    return row


def set_access_key_enabled(actor: Actor, row: AccessKey, *, enabled: bool) -> AccessKey:
    """Let a key sign requests, or refuse all that it signs from now on."""
    with recording(actor) as changes:
        if row.is_enabled != enabled:
            row.is_enabled = enabled
            row.save(update_fields=["is_enabled"])
            verb = "enabled" if enabled else "disabled"
            changes.record(f"access_key.{verb}", row, f"access key {row.pk} of {row.user.get_username()}")
    return row


def delete_access_key(actor: Actor, row: AccessKey) -> None:
    """Delete a key; from then on it signs nothing."""
    with recording(actor) as changes:
        changes.record("access_key.deleted", row, f"access key {row.pk} of {row.user.get_username()}")
        row.delete()


def secret_of(row: AccessKey) -> str:
    """Return the secret that requests are signed with."""
    return unseal(row.sealed_secret).decode()


def note_use(row: AccessKey) -> None:
    """Keep when a key was last used, to the minute."""
    now = timezone.now()
    if row.last_used_at is None or now - row.last_used_at > LAST_USED_RESOLUTION:
        AccessKey.objects.filter(pk=row.pk).update(last_used_at=now)
