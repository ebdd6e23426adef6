"""Authentication of REST requests: a bearer token, or the session of a signed-in page."""

from django.http import HttpRequest
from ninja.security import HttpBearer, SessionAuth

from access.models import ApiToken
from access.tokens import token_of


class BearerToken(HttpBearer):
    """Accept ``Authorization: Bearer <token>``."""

    def authenticate(self, request: HttpRequest, token: str) -> ApiToken | None:
        """Return the token's row, or None."""
        return token_of(token)


class SignedIn(SessionAuth):
    """Accept a console session, with its CSRF token; whoever has no session is told so, and nothing of CSRF."""

    def __call__(self, request: HttpRequest) -> object | None:
        """Return who is signed in, or None."""
        return super().__call__(request) if request.user.is_authenticated else None
