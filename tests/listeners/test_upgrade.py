"""Rows that an installation had when every load balancer was an NLB, after the upgrade."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps.registry import Apps
from django.db import connection, connections
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.utils import load_backend

from listeners.models import Binding, Listener, LoadBalancer, Quota, Server, ServerGroup

pytestmark = pytest.mark.django_db

BEFORE = [("certificates", "0008_fill_issuers"), ("listeners", "0004_receipts_not_as_expected")]
SCHEMA = "upgraded"


@pytest.fixture
def empty_tables(db: None, tmp_path: Path) -> Iterator[None]:
    """Let this process work on a database without tables: a file, or in PostgreSQL a schema of its own."""
    usual = connections["default"]
    settings = usual.settings_dict
    if usual.vendor == "sqlite":
        settings = {**settings, "NAME": str(tmp_path / "lbadmin.sqlite3")}
    else:
        settings = {**settings, "OPTIONS": {**settings["OPTIONS"], "options": f"-c search_path={SCHEMA}"}}
    opened = load_backend(settings["ENGINE"]).DatabaseWrapper(settings, "default")
    connections["default"] = opened
    try:
        _in_postgresql(f"CREATE SCHEMA {SCHEMA}")
        yield
        _in_postgresql(f"DROP SCHEMA {SCHEMA} CASCADE")
    finally:
        opened.close()
        connections["default"] = usual


def _in_postgresql(statement: str) -> None:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(statement)


def _make_tables_of_before() -> None:
    """Make the tables by the steps of then, which a new database takes as one."""
    executor = MigrationExecutor(connection)
    executor.loader = MigrationLoader(connection, replace_migrations=False)
    executor.migrate(BEFORE)


def _store(apps: Apps) -> None:
    """Store a listener with its certificate and servers; PostgreSQL held addresses in a type of their own."""
    get = apps.get_model
    balancer = get("listeners", "LoadBalancer").objects.create(
        id="nlb-before", name="edge", region="cn-hangzhou", bind_address="10.0.0.1", created_by="alice"
    )
    group = get("listeners", "ServerGroup").objects.create(id="sgp-before", name="web", created_by="alice")
    for address in ("10.0.0.2", "2001:db8::2"):
        get("listeners", "Server").objects.create(group=group, address=address, port=8080)
    listener = get("listeners", "Listener").objects.create(
        id="lsn-before",
        load_balancer=balancer,
        server_group=group,
        port=443,
        security_policy="tls_cipher_policy_1_2",
        created_by="alice",
        updated_by="alice",
    )
    certificate = get("certificates", "Certificate").objects.create(
        id="cert-before", kind="server", name="web", created_by="alice"
    )
    get("listeners", "Binding").objects.create(listener=listener, certificate=certificate, role="default")
    get("listeners", "Quota").objects.filter(name="nlb_quota_loadbalancers_num").update(limit=7)


def test_what_was_there_before_stays_as_it_was(empty_tables: None) -> None:
    _make_tables_of_before()
    executor = MigrationExecutor(connection)
    _store(executor.loader.project_state(BEFORE).apps)
    executor.migrate(executor.loader.graph.leaf_nodes("listeners"))
    assert list(Server.objects.values_list("address", "port")) == [("10.0.0.2", 8080), ("2001:db8::2", 8080)]
    assert Quota.objects.get(pk="nlb_quota_loadbalancers_num").limit == 7
    balancer = LoadBalancer.objects.get()
    assert (balancer.product, balancer.edition, balancer.bind_address) == ("NLB", "", "10.0.0.1")
    assert not balancer.deletion_protection
    assert ServerGroup.objects.get().health_check_protocol == "TCP"
    listener = Listener.objects.get()
    assert (listener.protocol, listener.transport, listener.port) == ("TCPSSL", "tcp", 443)
    assert (listener.server_group_id, listener.security_policy) == ("sgp-before", "tls_cipher_policy_1_2")
    assert (listener.http2_enabled, listener.compression_enabled, listener.request_timeout_seconds) == (False, False, 0)
    assert (listener.mutual_authentication_mode, listener.forwarded_headers) == ("enforce", {})
    assert list(Binding.objects.values_list("certificate_id", "role", "domain")) == [("cert-before", "default", "")]
