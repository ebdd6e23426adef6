"""Ask again who somebody is, before what a stolen session or token must not do."""

import math

from django.contrib.auth.models import AnonymousUser, User
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from access.throttle import address_of, forgive_attempt, take_attempt
from console.errors import ForbiddenError


def refuse_without(user: User | AnonymousUser, permission: str) -> None:
    """Raise ForbiddenError for a user who lacks a permission, such as ``certificates.export_private_key``."""
    if not user.has_perm(permission):
        raise ForbiddenError(
            _("You lack the permission “%(permission)s”.") % {"permission": permission},
            "permission.missing",
            way_out=_("Ask an administrator for it: manage.py allow USER %(permission)s") % {"permission": permission},
        )


def refuse_wrong_password(request: HttpRequest, user: User | AnonymousUser, password: str) -> None:
    """Raise ForbiddenError unless ``password`` is the user's; guesses are slowed down as at the sign-in."""
    name, address = user.get_username(), address_of(request)
    if wait := take_attempt(name, address):
        minutes = math.ceil(wait.total_seconds() / 60)
        message = ngettext(
            "Too many attempts failed. Wait %(n)d minute, then try again.",
            "Too many attempts failed. Wait %(n)d minutes, then try again.",
            minutes,
        )
        raise ForbiddenError(message % {"n": minutes}, "password.blocked", field="password")
    if not user.check_password(password):
        raise ForbiddenError(_("This is not your password."), "password.wrong", field="password")
    forgive_attempt(name, address)
