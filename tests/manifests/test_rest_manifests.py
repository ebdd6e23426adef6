"""Manifests by REST: exported, planned and applied."""

import json
from typing import Any

import pytest
from django.test import Client

from listeners.models import ServerGroup
from tests.factories import make_listener

pytestmark = pytest.mark.django_db
GROUP = {"name": "web", "servers": [{"address": "10.0.0.1", "port": 80}]}


def post(client: Client, address: str, body: Any) -> Any:
    return client.post(f"/api/v1{address}", json.dumps(body), "application/json")


def test_what_is_exported_is_what_is_there(admin_client: Client) -> None:
    listener = make_listener()
    manifest = admin_client.get("/api/v1/manifest").json()
    assert manifest["load_balancers"][0]["listeners"][0]["port"] == listener.port
    assert post(admin_client, "/manifests/plan", {"manifest": manifest, "prune": True}).json() == {"changes": []}


def test_a_manifest_is_planned_then_applied(admin_client: Client) -> None:
    body = {"manifest": {"server_groups": [GROUP]}}
    created = {"changes": [{"action": "create", "kind": "server group", "name": "web", "differences": []}]}
    assert post(admin_client, "/manifests/plan", body).json() == created
    assert not ServerGroup.objects.exists()
    assert post(admin_client, "/manifests/apply", body).json() == created
    assert post(admin_client, "/manifests/apply", body).json() == {"changes": []}
    body["manifest"]["server_groups"][0] = {**GROUP, "scheduler": "rr"}
    (change,) = post(admin_client, "/manifests/apply", body).json()["changes"]
    assert change["differences"] == [{"field": "scheduler", "before": "wrr", "after": "rr"}]


def test_a_refusal_names_the_place_in_the_manifest(admin_client: Client) -> None:
    balancer = {"name": "edge", "bind_address": "::1", "listeners": [{"port": 443, "certificate": "none"}]}
    answer = post(admin_client, "/manifests/apply", {"manifest": {"load_balancers": [balancer]}})
    assert (answer.status_code, answer.json()["field"]) == (404, "load_balancers.0.listeners.0.certificate")


def test_what_is_not_known_is_refused(admin_client: Client) -> None:
    answer = post(admin_client, "/manifests/plan", {"manifest": {"server_groups": [{**GROUP, "serverz": 1}]}})
    assert (answer.status_code, answer.json()["field"]) == (422, "manifest.server_groups.0.serverz")
