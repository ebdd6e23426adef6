"""REST: users, bearer tokens and access keys."""

from datetime import datetime

from django.contrib.auth.models import User
from django.http import HttpRequest
from django.views.decorators.debug import sensitive_variables
from ninja import Field, Router, Schema, Status

from access.access_keys import (
    access_key_by_id,
    access_keys_of,
    create_access_key,
    delete_access_key,
    set_access_key_enabled,
)
from access.actors import actor_of, user_of
from access.models import AccessKey, ApiToken
from access.rest import Body, PageOut, PageParameters
from access.scopes import AREA_NAMES, refuse_wider
from access.tokens import delete_token, make_token, token_by_id, tokens_of
from access.users import create_user, permissions_of, require_administrator, update_user, user_by_id
from console.tables import Page, keyset_page

router = Router(tags=["access"])
_SCOPES = (
    f"`read`, `write` (which includes reading), or one area's: `AREA:read`, `AREA:write` of {', '.join(AREA_NAMES)}."
)


class TokenIn(Body):
    """A token to make."""

    name: str = ""
    scopes: list[str] = Field(
        [], description=f"{_SCOPES} Empty: all that you may do.", examples=[["certificates:write"]]
    )
    expires_at: datetime | None = Field(None, description="Null: it lasts until it is deleted.")


class TokenOut(Schema):
    """A token, without itself."""

    id: int
    user: str = Field(alias="user.username")
    name: str
    scopes: list[str] = Field(description="Empty: all that the user may do.")
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None


class TokenMade(TokenOut):
    """A token that was just made: the one answer that holds it."""

    token: str


class AccessKeyIn(Body):
    """An access key to make."""

    name: str = ""


class AccessKeyPatch(Body):
    """What to change of an access key."""

    is_enabled: bool


class AccessKeyOut(Schema):
    """An access key, without its secret."""

    id: str
    user: str = Field(alias="user.username")
    name: str
    is_enabled: bool
    created_at: datetime
    last_used_at: datetime | None


class AccessKeyMade(AccessKeyOut):
    """An access key that was just made: the one answer that holds its secret."""

    secret: str


class UserIn(Body):
    """A user to create."""

    username: str
    password: str
    is_administrator: bool = False


class UserPatch(Body):
    """What to change of a user; what is not sent stays."""

    is_active: bool = True
    is_administrator: bool = False
    password: str = ""
    permissions: list[str] = []


class UserOut(Schema):
    """A user."""

    id: int
    username: str
    is_active: bool
    is_administrator: bool = Field(alias="is_superuser")
    permissions: list[str] = Field(description="What was allowed one by one; an administrator may do everything.")
    created_at: datetime = Field(alias="date_joined")
    last_sign_in_at: datetime | None = Field(alias="last_login")

    @staticmethod
    def resolve_permissions(user: User) -> list[str]:
        """Return what was allowed."""
        return permissions_of(user)


@router.get("/tokens", response=PageOut[TokenOut], operation_id="listTokens")
def list_tokens(request: HttpRequest, page: PageParameters) -> Page[ApiToken]:
    """List your tokens, or as an administrator everybody's, newest first."""
    return keyset_page(tokens_of(_user(request)), ("-id",), page.cursor, page.limit)


@router.post("/tokens", response={201: TokenMade}, operation_id="createToken")
@sensitive_variables()
def create_token(request: HttpRequest, body: TokenIn) -> Status[ApiToken]:
    """Make a token of your own. Sent with a token, the new one may do no more and last no longer."""
    own = getattr(request, "auth", None)
    expires_at = body.expires_at
    if isinstance(own, ApiToken):
        refuse_wider(own.scopes, body.scopes)
        if own.expires_at is not None:
            expires_at = min(expires_at or own.expires_at, own.expires_at)
    made = make_token(actor_of(request), _user(request), name=body.name, scopes=body.scopes, expires_at=expires_at)
    made.row.token = made.token
    return Status(201, made.row)


@router.get("/tokens/{token_id}", response=TokenOut, operation_id="getToken")
def get_token(request: HttpRequest, token_id: int) -> ApiToken:
    """Show a token."""
    return token_by_id(_user(request), token_id)


@router.delete("/tokens/{token_id}", response={204: None}, operation_id="deleteToken")
def remove_token(request: HttpRequest, token_id: int) -> Status[None]:
    """Delete a token; from then on it opens nothing."""
    delete_token(actor_of(request), token_by_id(_user(request), token_id))
    return Status(204, None)


@router.get("/access-keys", response=PageOut[AccessKeyOut], operation_id="listAccessKeys")
def list_access_keys(request: HttpRequest, page: PageParameters) -> Page[AccessKey]:
    """List your access keys of the cloud-compatible API, or as an administrator everybody's, newest first."""
    return keyset_page(access_keys_of(_user(request)), ("-created_at", "id"), page.cursor, page.limit)


@router.post("/access-keys", response={201: AccessKeyMade}, operation_id="createAccessKey")
@sensitive_variables()
def make_access_key(request: HttpRequest, body: AccessKeyIn) -> Status[AccessKey]:
    """Make an access key of your own."""
    own = getattr(request, "auth", None)
    if isinstance(own, ApiToken):
        refuse_wider(own.scopes, [])
    made = create_access_key(actor_of(request), _user(request), body.name)
    made.row.secret = made.secret
    return Status(201, made.row)


@router.patch("/access-keys/{key_id}", response=AccessKeyOut, operation_id="updateAccessKey")
def switch_access_key(request: HttpRequest, key_id: str, body: AccessKeyPatch) -> AccessKey:
    """Switch an access key off, or on again."""
    row = access_key_by_id(_user(request), key_id)
    return set_access_key_enabled(actor_of(request), row, enabled=body.is_enabled)


@router.delete("/access-keys/{key_id}", response={204: None}, operation_id="deleteAccessKey")
def remove_access_key(request: HttpRequest, key_id: str) -> Status[None]:
    """Delete an access key; from then on it signs nothing."""
    delete_access_key(actor_of(request), access_key_by_id(_user(request), key_id))
    return Status(204, None)


@router.get("/users", response=PageOut[UserOut], operation_id="listUsers")
def list_users(request: HttpRequest, page: PageParameters) -> Page[User]:
    """List who can sign in, by name; administrators only."""
    require_administrator(user_of(request))
    return keyset_page(User.objects.all(), ("username", "id"), page.cursor, page.limit)


@router.post("/users", response={201: UserOut}, operation_id="createUser")
@sensitive_variables()
def add_user(request: HttpRequest, body: UserIn) -> Status[User]:
    """Let somebody sign in; administrators only."""
    require_administrator(user_of(request))
    return Status(201, create_user(actor_of(request), **body.model_dump()))


@router.get("/users/me", response=UserOut, operation_id="getOwnUser")
def get_own_user(request: HttpRequest) -> User:
    """Show who is asking."""
    return _user(request)


@router.get("/users/{user_id}", response=UserOut, operation_id="getUser")
def get_user(request: HttpRequest, user_id: int) -> User:
    """Show a user; administrators only."""
    require_administrator(user_of(request))
    return user_by_id(user_id)


@router.patch("/users/{user_id}", response=UserOut, operation_id="updateUser")
@sensitive_variables()
def change_user(request: HttpRequest, user_id: int, body: UserPatch) -> User:
    """Change what is sent; administrators only. Who is switched off can use no token and no access key either."""
    require_administrator(user_of(request))
    return update_user(actor_of(request), user_id, **body.model_dump(exclude_unset=True))


def _user(request: HttpRequest) -> User:
    return user_of(request)  # type: ignore[return-value]  # an operation has one: it was authenticated
