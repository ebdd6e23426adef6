"""Make, check and take back bearer tokens."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from access.models import LONGEST_TOKEN_NAME, ApiToken
from access.scopes import checked_scopes
from console.errors import InvalidInputError, NotFoundError
from events.actor import COMMAND, Actor
from events.feed import recording

PREFIX = "lbt_"
# A row is written at most this often for a token in constant use.
LAST_USED_RESOLUTION = timedelta(minutes=1)
LONGEST_LIFE = timedelta(days=3650)


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token that was just made; only its digest is kept."""

    row: ApiToken
    token: str = field(repr=False)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def create_token(user: User, name: str = "") -> str:
    """Store a new token for ``user`` that may do all that the user may, and return it."""
    return make_token(COMMAND, user, name=name).token


def make_token(
    actor: Actor, user: User, *, name: str = "", scopes: Sequence[str] = (), expires_at: datetime | None = None
) -> NewToken:
    """Store a new token for ``user``; it cannot be read again.

    Without scopes it may do whatever the user may, and without an end it lasts until it is deleted.
    """
    _check_name(name)
    _check_end(expires_at)
    token = PREFIX + secrets.token_urlsafe(32)
    with recording(actor) as changes:
        row = ApiToken.objects.create(
            user=user, name=name, digest=_digest(token), scopes=checked_scopes(scopes), expires_at=expires_at
        )
        may = ", ".join(row.scopes) or "everything"
        changes.record("token.created", row, f"token {row} of {user.get_username()} for {may}")
    return NewToken(row, token)


def _check_name(name: str) -> None:
    if len(name) > LONGEST_TOKEN_NAME or not name.isprintable():
        raise InvalidInputError(
            _("The token's name has more than %(most)s characters, or one that cannot be seen.")
            % {"most": LONGEST_TOKEN_NAME},
            "token.name-invalid",
            field="name",
            way_out=_("Choose a shorter one."),
        )


def _check_end(expires_at: datetime | None) -> None:
    now = timezone.now()
    if expires_at is not None and (timezone.is_naive(expires_at) or not now < expires_at <= now + LONGEST_LIFE):
        raise InvalidInputError(
            _("A token cannot end then."),
            "token.end-invalid",
            field="expires_at",
            way_out=_("Name a time with its zone, from now to ten years on, or none."),
        )


def token_of(token: str) -> ApiToken | None:
    """Return the stored token that ``token`` spells, if it has not ended and its user is still active."""
    now = timezone.now()
    living = ApiToken.objects.filter(Q(expires_at=None) | Q(expires_at__gt=now), user__is_active=True)
    found = next(iter(living.select_related("user").filter(digest=_digest(token)).order_by()), None)
    if found and (found.last_used_at is None or now - found.last_used_at > LAST_USED_RESOLUTION):
        ApiToken.objects.filter(pk=found.pk).update(last_used_at=now)
    return found


def tokens_of(user: User) -> QuerySet[ApiToken]:
    """Return the tokens that ``user`` may see: the own ones, and all of them for an administrator."""
    rows = ApiToken.objects.select_related("user")
    return rows if user.is_superuser else rows.filter(user=user)


def token_by_id(user: User, number: int) -> ApiToken:
    """Return one of the tokens that ``user`` may see; raise NotFoundError."""
    row = tokens_of(user).filter(pk=number).first() if 0 < number < 2**63 else None
    if row is None:
        raise NotFoundError(
            _("There is no token %(number)s.") % {"number": number},
            "token.not-found",
            way_out=_("It may have been deleted; look it up in the list."),
        )
    return row


def delete_token(actor: Actor, row: ApiToken) -> None:
    """Delete a token; from then on it opens nothing."""
    with recording(actor) as changes:
        changes.record("token.deleted", row, f"token {row} of {row.user.get_username()}")
        row.delete()
