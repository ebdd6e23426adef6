"""Access keys of the cloud-compatible API: by the page, by the command."""

import json

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client

from access.access_keys import MOST_KEYS, create_access_key, secret_of
from access.models import AccessKey
from console.errors import ConflictError
from events.actor import COMMAND
from events.models import Change

pytestmark = pytest.mark.django_db


def test_command_prints_one_object_that_opens_the_api(admin_user: User, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("createaccesskey", "admin", name="terraform")
    printed = json.loads(capsys.readouterr().out)
    row = AccessKey.objects.get()
    assert printed == {"AccessKeyId": row.pk, "AccessKeySecret": secret_of(row)}
    assert (row.name, row.user, row.is_enabled) == ("terraform", admin_user, True)
    assert secret_of(row).encode() not in bytes(row.sealed_secret)


def test_command_refuses_an_unknown_user() -> None:
    with pytest.raises(CommandError, match="No user is called “nobody”"):
        call_command("createaccesskey", "nobody")


def test_page_shows_a_secret_once(client: Client, admin_user: User) -> None:
    client.force_login(admin_user)
    made = client.post("/access-keys/", {"name": "terraform"}).content.decode()
    row = AccessKey.objects.get()
    assert row.pk in made
    assert secret_of(row) in made
    listed = client.get("/access-keys/").content.decode()
    assert row.pk in listed
    assert secret_of(row) not in listed
    assert Change.objects.get(kind="access_key.created").actor_via == "page"


def test_key_is_switched_off_and_on_and_deleted(client: Client, admin_user: User) -> None:
    client.force_login(admin_user)
    row = create_access_key(COMMAND, admin_user, "terraform").row
    for enabled in (False, True):
        client.post(f"/access-keys/{row.pk}/switch/", {"enabled": str(enabled).lower()})
        row.refresh_from_db()
        assert row.is_enabled is enabled
    assert "signs nothing" in client.get(f"/access-keys/{row.pk}/delete/").content.decode()
    client.post(f"/access-keys/{row.pk}/delete/")
    assert not AccessKey.objects.exists()


def test_somebody_elses_key_is_not_found(client: Client, admin_user: User) -> None:
    row = create_access_key(COMMAND, admin_user).row
    other = User.objects.create_user("bob")
    client.force_login(other)
    assert row.pk not in client.get("/access-keys/").content.decode()
    assert client.post(f"/access-keys/{row.pk}/switch/").status_code == 404
    assert client.get(f"/access-keys/{row.pk}/delete/").status_code == 404


def test_page_asks_for_a_name_and_a_sign_in(client: Client, admin_user: User) -> None:
    assert client.get("/access-keys/").status_code == 302
    client.force_login(admin_user)
    assert client.post("/access-keys/", {"name": ""}).status_code == 422
    assert client.get("/access-keys/none/delete/").status_code == 404
    assert client.get("/access-keys/none/switch/").status_code == 405


def test_one_user_has_some_keys_at_most(admin_user: User) -> None:
    for _each in range(MOST_KEYS):
        create_access_key(COMMAND, admin_user)
    with pytest.raises(ConflictError, match="20 access keys"):
        create_access_key(COMMAND, admin_user)
