"""The nodes page."""

import datetime as dt

import pytest
from django.test import Client
from django.utils import timezone

from listeners.models import NodeStatus
from tests.factories import make_server_group

pytestmark = pytest.mark.django_db


def node(name: str, **fields: object) -> NodeStatus:
    now = timezone.now()
    return NodeStatus.objects.create(**{"node": name, "pid": 1, "started_at": now, "seen_at": now, **fields})


def test_signed_out_one_is_asked_to_sign_in(client: Client) -> None:
    assert client.get("/nodes/")["Location"] == "/sign-in/?next=/nodes/"


def test_states_are_said_in_words(admin_client: Client) -> None:
    make_server_group()
    node("edge-1", change_cursor=10**6)
    node("edge-2", seen_at=timezone.now() - dt.timedelta(minutes=5))
    node("edge-3", problem="The port is taken.")
    node("edge-4", change_cursor=0)
    page = admin_client.get("/nodes/").content.decode()
    for word in ("Up to date", "Silent", "The port is taken.", "Following"):
        assert word in page


def test_no_node_says_how_to_start_one(admin_client: Client) -> None:
    assert "runlistener" in admin_client.get("/nodes/").content.decode()


def test_other_methods_are_refused(admin_client: Client) -> None:
    assert admin_client.post("/nodes/").status_code == 405
