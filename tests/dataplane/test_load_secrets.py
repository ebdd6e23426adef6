"""Secrets are opened when asked for; a database that does not answer only delays them."""

import asyncio

import pytest
from django.db import connection
from envoy.extensions.transport_sockets.tls.v3.secret_pb2 import Secret

from certificates.models import Kind
from dataplane.collect import Selection, collect_all
from dataplane.envoy.compile import compile_snapshot
from dataplane.envoy.resources import SecretSource
from dataplane.secrets import SecretStore
from dataplane.xds.server import SecretsUnavailableError
from tests.certs import make_ca, make_leaf
from tests.dataplane.rows import make_listener, store

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


def load(sources: dict[str, SecretSource]) -> dict[str, Secret]:
    async def once() -> dict[str, Secret]:
        secrets = SecretStore()
        secrets.set_ticket_keys((b"a" * 80, b"b" * 80))
        try:
            found = await secrets.load({**sources, **secrets.ticket_sources(["listener/lsn-1/tickets"])})
        finally:
            await secrets.close()
        return {name: Secret.FromString(payload) for name, payload in found.items()}

    return asyncio.run(once())


def test_each_slot_gets_its_chain_key_authority_and_tickets() -> None:
    authority = make_ca()
    issued = make_leaf("a.test", issuer=make_ca("Intermediate", issuer=authority))
    listener = make_listener(issued, mutual_authentication=True, ca_certificate_id=store(authority, Kind.CA).pk)
    sources = dict(compile_snapshot(collect_all(Selection())).listeners[listener.pk].secrets)
    found = load(sources)
    pair = found[f"listener/{listener.pk}/default"].tls_certificate
    assert pair.certificate_chain.inline_bytes.split() == issued.chain_pem.split()
    assert pair.private_key.inline_bytes.split() == issued.key_pem.split()
    trusted = found[f"listener/{listener.pk}/ca"].validation_context.trusted_ca.inline_bytes
    assert trusted.split() == authority.pem.split()
    keys = found["listener/lsn-1/tickets"].session_ticket_keys.keys
    assert [len(key.inline_bytes) for key in keys] == [80, 80]


def test_version_that_is_gone_is_missing_from_the_answer() -> None:
    assert load({"listener/lsn-1/7": SecretSource("certificate", "1", 4711)}).keys() == {"listener/lsn-1/tickets"}


def test_database_that_does_not_answer_is_said_so_that_the_server_asks_again() -> None:
    with connection.schema_editor() as editor:
        editor.execute("ALTER TABLE certificates_sealedkey RENAME TO away")
    try:
        with pytest.raises(SecretsUnavailableError):
            load({"listener/lsn-1/7": SecretSource("certificate", "1", 4711)})
    finally:
        with connection.schema_editor() as editor:
            editor.execute("ALTER TABLE away RENAME TO certificates_sealedkey")
