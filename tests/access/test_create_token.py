import io

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client

from access.models import ApiToken


def create_token(*arguments: str) -> str:
    out = io.StringIO()
    call_command("createtoken", *arguments, stdout=out)
    return out.getvalue()


@pytest.mark.django_db
def test_only_the_token_is_printed_and_it_opens_the_api(client: Client) -> None:
    User.objects.create_user("robot")
    token = create_token("robot", "--name", "deploy").removesuffix("\n")
    assert token.split() == [token]
    assert ApiToken.objects.get().name == "deploy"
    assert client.get("/api/v1/certificates", headers={"Authorization": f"Bearer {token}"}).status_code == 200


@pytest.mark.django_db
def test_a_token_of_a_disabled_user_opens_nothing(client: Client) -> None:
    user = User.objects.create_user("robot")
    token = create_token("robot").strip()
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert client.get("/api/v1/certificates", headers={"Authorization": f"Bearer {token}"}).status_code == 401


@pytest.mark.django_db
@pytest.mark.parametrize("arguments", [("nobody",), ("robot", "--name", "x" * 101)], ids=["no user", "long name"])
def test_a_token_that_cannot_be_made_is_refused_with_the_reason(arguments: tuple[str, ...]) -> None:
    User.objects.create_user("robot")
    with pytest.raises(CommandError, match=r"(No user is called|more than 100 characters)"):
        create_token(*arguments)
    assert not ApiToken.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer wrong"}], ids=["no token", "a wrong token"])
def test_a_write_without_a_good_token_is_unauthorized(headers: dict[str, str]) -> None:
    client = Client(enforce_csrf_checks=True)
    answer = client.post("/api/v1/certificates", data="{}", content_type="application/json", headers=headers)
    assert (answer.status_code, answer["Content-Type"]) == (401, "application/problem+json")


def test_a_write_of_a_session_needs_its_csrf_token(admin_user: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(admin_user)
    assert client.post("/api/v1/certificates", data="{}", content_type="application/json").status_code == 403
