"""The figures for Prometheus: who may read them, and what they say."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from access.tokens import create_token
from listeners.models import ListenerStatus, NodeStatus, ServedReceipt, ServerHealth
from tests.dataplane.rows import group_of
from tests.factories import make_listener

pytestmark = pytest.mark.django_db


@pytest.fixture
def user() -> User:
    return User.objects.create_user("prometheus", password="x" * 16)


def test_without_token_or_session_nothing_is_told(client: Client) -> None:
    for headers in ({}, {"Authorization": "Bearer lbt_wrong"}, {"Authorization": "Basic eA=="}):
        answer = client.get("/metrics", headers=headers)
        assert answer.status_code == 401
        assert answer["WWW-Authenticate"] == "Bearer"
        assert b"lbadmin_" not in answer.content


def test_other_methods_are_refused(client: Client) -> None:
    assert client.post("/metrics").status_code == 405


def test_signed_in_user_may_read_it(client: Client, user: User) -> None:
    client.force_login(user)
    assert client.get("/metrics").status_code == 200


def test_figures_of_listeners_servers_receipts_and_nodes_are_shown(client: Client, user: User) -> None:
    listener = make_listener(name="shop")
    now = timezone.now()
    ListenerStatus.objects.create(
        listener=listener, node="n1", state="running", handshakes=7, failures={"unknown-ca": 2}, connections_active=3
    )
    server = group_of(listener).servers.get()
    ServerHealth.objects.create(server=server, listener=listener, node="n1", state="unhealthy", since=now)
    for milliseconds in (900.0, 12.5):
        ServedReceipt.objects.create(
            listener=listener, node="n1", is_expected=True, commit_to_served_milliseconds=milliseconds, at=now
        )
    NodeStatus.objects.create(node="n1", pid=1, engine_pid=2, started_at=now, seen_at=now, change_cursor=5)

    answer = client.get("/metrics", headers={"Authorization": f"Bearer {create_token(user)}"})

    assert answer["Content-Type"].startswith("text/plain; version=")
    lines = answer.content.decode().splitlines()
    labels = f'listener="{listener.pk}",load_balancer="{listener.load_balancer}",name="shop",node="n1"'
    port = f'port="{listener.port}",protocol="TCPSSL"'
    assert f"lbadmin_listener_running{{{labels},{port}}} 1.0" in lines
    assert f"lbadmin_listener_handshakes_total{{{labels},{port}}} 7.0" in lines
    assert f'lbadmin_listener_failures_total{{{labels},{port},reason="unknown-ca"}} 2.0' in lines
    assert f"lbadmin_listener_connections{{{labels},{port}}} 3.0" in lines
    assert f'lbadmin_receipt_commit_to_served_seconds{{listener="{listener.pk}",node="n1"}} 0.0125' in lines
    assert 'lbadmin_node_change_cursor{node="n1"} 5.0' in lines
    assert any(line.startswith("lbadmin_server_healthy{") and line.endswith(" 0.0") for line in lines)
