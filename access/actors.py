"""Tell who is behind a request."""

from django.http import HttpRequest

from access.models import ApiToken
from events.actor import Actor, Interface


def actor_of(request: HttpRequest) -> Actor:
    """Return the actor of a signed-in page request or of a REST request with a token."""
    token = getattr(request, "auth", None)
    if isinstance(token, ApiToken):
        return Actor(name=token.user.get_username(), via="rest", user_id=token.user.pk)
    via: Interface = "rest" if request.path.startswith("/api/") else "page"
    return Actor(name=request.user.get_username(), via=via, user_id=request.user.pk)
