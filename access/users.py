"""Who may sign in, and what they may do beside that; only administrators change it."""

from collections.abc import Sequence
from typing import Any

from django.contrib.auth.models import AnonymousUser, Permission, User
from django.contrib.auth.password_validation import validate_password
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from console.errors import ConflictError, ForbiddenError, InvalidInputError, NotFoundError
from events.actor import Actor
from events.feed import recording

# What an administrator may do anyway, and others only when they are allowed.
PERMISSIONS = ("certificates.export_private_key",)


def require_administrator(user: User | AnonymousUser) -> None:
    """Raise ForbiddenError unless ``user`` may look after the users."""
    if not user.is_superuser:
        raise ForbiddenError(
            _("Only an administrator can look after users."),
            "user.forbidden",
            way_out=_("Ask an administrator, or use manage.py on the machine."),
        )


def user_by_id(user_id: int) -> User:
    """Return a user; raise NotFoundError."""
    row = User.objects.filter(pk=user_id).first() if 0 < user_id < 2**31 else None
    if row is None:
        raise NotFoundError(
            _("There is no user %(number)s.") % {"number": user_id},
            "user.not-found",
            way_out=_("Look it up in the list."),
        )
    return row


def create_user(actor: Actor, *, username: str, password: str, is_administrator: bool = False) -> User:
    """Let somebody sign in from now on."""
    row = User(username=username, is_superuser=is_administrator, is_staff=is_administrator)
    _check_username(username)
    _check_password(password, row)
    row.set_password(password)
    with recording(actor) as changes:
        if User.objects.filter(username=username).exists():
            raise ConflictError(
                _("There is a user “%(name)s” already.") % {"name": username},
                "user.name-taken",
                field="username",
                way_out=_("Choose another name."),
            )
        row.save()
        changes.record("user.created", row, f"user {username}{', an administrator' if is_administrator else ''}")
    return row


def update_user(
    actor: Actor,
    user_id: int,
    *,
    is_active: bool | None = None,
    is_administrator: bool | None = None,
    password: str | None = None,
    permissions: Sequence[str] | None = None,
) -> User:
    """Change what is given. A user who is switched off can neither sign in nor use a token or an access key."""
    with recording(actor) as changes:
        row = user_by_id(user_id)
        if actor.user_id == row.pk and False in {is_active, is_administrator}:
            raise _oneself()
        told: dict[str, Any] = {"is_active": is_active, "is_administrator": is_administrator}
        if is_active is not None:
            row.is_active = is_active
        if is_administrator is not None:
            row.is_superuser = row.is_staff = is_administrator
        if password is not None:
            _check_password(password, row)
            row.set_password(password)
        row.save(update_fields=["is_active", "is_superuser", "is_staff", "password"])
        if permissions is not None:
            row.user_permissions.set(_permissions(permissions))
        said = [f"{name}: {'yes' if value else 'no'}" for name, value in told.items() if value is not None]
        said += ["password changed"] * (password is not None)
        said += [f"permissions: {', '.join(permissions) or 'none'}"] if permissions is not None else []
        changes.record("user.updated", row, f"user {row.username}: {'; '.join(said)}")
    return user_by_id(user_id)


def permissions_of(user: User) -> list[str]:
    """Return what was allowed to a user one by one."""
    return sorted(
        f"{app}.{name}" for app, name in user.user_permissions.values_list("content_type__app_label", "codename")
    )


def _permissions(names: Sequence[str]) -> list[Permission]:
    unknown = next((name for name in names if name not in PERMISSIONS), None)
    if unknown is not None:
        raise InvalidInputError(
            _("There is no permission “%(name)s”.") % {"name": unknown[:60]},
            "user.permission-unknown",
            field="permissions",
            way_out=_("Choose among %(names)s.") % {"names": ", ".join(PERMISSIONS)},
        )
    parts = [name.split(".") for name in dict.fromkeys(names)]
    return [Permission.objects.get(content_type__app_label=app, codename=codename) for app, codename in parts]


def _oneself() -> ConflictError:
    return ConflictError(
        _("Nobody can take their own rights away."),
        "user.oneself",
        way_out=_("Have another administrator do it."),
    )


def _check_username(username: str) -> None:
    try:
        UnicodeUsernameValidator()(username)
    except ValidationError:
        username = ""
    if not 1 <= len(username) <= 150:  # noqa: PLR2004 - Django's column
        raise InvalidInputError(
            _("This cannot be a user name."),
            "user.name-invalid",
            field="username",
            way_out=_("Use 1 to 150 letters, digits and @ . + - _"),
        )


def _check_password(password: str, user: User) -> None:
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise InvalidInputError(
            " ".join(error.messages), "user.password-weak", field="password", way_out=_("Choose a longer, rarer one.")
        ) from None
