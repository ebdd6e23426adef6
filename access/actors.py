"""Tell who is behind a request."""

from django.contrib.auth.models import AnonymousUser, User
from django.http import HttpRequest

from access.models import ApiToken
from events.actor import Actor, Interface


def user_of(request: HttpRequest) -> User | AnonymousUser:
    """Return the user of a signed-in page request or of a REST request with a token."""
    token = getattr(request, "auth", None)
    return token.user if isinstance(token, ApiToken) else request.user


def actor_of(request: HttpRequest) -> Actor:
    """Return the actor of a signed-in page request or of a REST request with a token."""
    user = user_of(request)
    has_token = isinstance(getattr(request, "auth", None), ApiToken)
    via: Interface = "rest" if has_token or request.path.startswith("/api/") else "page"
    return Actor(name=user.get_username(), via=via, user_id=user.pk)
