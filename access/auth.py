"""Authentication of REST requests: a bearer token, or the session of a signed-in page."""

from django.http import HttpRequest
from ninja.security import HttpBearer, SessionAuth

from access.models import ApiToken
from access.rates import take_request
from access.scopes import refuse_out_of_scope
from access.tokens import token_of


class BearerToken(HttpBearer):
    """Accept ``Authorization: Bearer <token>`` within the token's scopes, and as often as a token may ask."""

    def authenticate(self, request: HttpRequest, token: str) -> ApiToken | None:
        """Return the token's row, or None. Raises ForbiddenError and TooManyRequestsError."""
        found = token_of(token)
        if found is not None:
            request.rate = take_request(found.digest)  # type: ignore[attr-defined]
            refuse_out_of_scope(found.scopes, request.method or "", request.path)
        return found


class SignedIn(SessionAuth):
    """Accept a console session, with its CSRF token; whoever has no session is told so, and nothing of CSRF."""

    def __call__(self, request: HttpRequest) -> object | None:
        """Return who is signed in, or None."""
        return super().__call__(request) if request.user.is_authenticated else None
