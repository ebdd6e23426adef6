"""From rows to real handshakes with the real engine."""

import ssl
from pathlib import Path

import pytest

from certificates.models import Kind
from dataplane.envoy.names import CLUSTER, ENDPOINTS, LISTENER, SECRET
from listeners import services
from listeners.models import Listener
from listeners.services import ServerSpec
from tests.certs import Issued, make_ca, make_leaf, rsa_key
from tests.dataplane.conftest import Backend
from tests.dataplane.envoy import admin, client_context, connect, fingerprint, running_engine, served
from tests.dataplane.node import running_node
from tests.dataplane.rows import OPERATOR, group_of, make_listener, replace, store, store_foreign_key
from tests.waiting import free_port, wait_until

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


VERSIONS = (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1, ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3)


def exchange(connection: ssl.SSLSocket, data: bytes) -> bytes:
    connection.sendall(data)
    return connection.recv(len(data))


def _listener_on_free_port() -> tuple[Issued, Listener, int]:
    default, port = make_leaf("default.test"), free_port()
    return default, make_listener(default, port=port), port


def _identity(directory: Path, issued: Issued) -> tuple[Path, Path]:
    stem = directory / issued.sha256[:8]
    certificate, key = stem.with_suffix(".crt"), stem.with_suffix(".key")
    certificate.write_bytes(issued.chain_pem)
    key.write_bytes(issued.key_pem)
    return certificate, key


def _echoes(port: int, identity: tuple[Path, Path] | None) -> bool:
    try:
        with connect(port, None, client_context(identity=identity)) as connection:
            return exchange(connection, b"hello") == b"hello"
    except OSError:
        return False


def _versions(port: int) -> list[str | None]:
    accepted = []
    for version in VERSIONS:
        try:
            with connect(port, None, client_context(version=version)) as connection:
                accepted.append(connection.version())
        except OSError:
            continue
    return accepted


def test_each_name_is_served_its_certificate_and_every_other_name_the_default(directory: Path) -> None:
    default, exact = make_leaf("default.test"), make_leaf("a.test", "*.b.test")
    port = free_port()
    make_listener(default, exact, port=port)
    with running_node(directory), running_engine(directory):
        wait_until(lambda: served(port, "a.test") == exact.sha256)
        assert served(port, "deep.x.b.test") == exact.sha256
        assert served(port, "unknown.test") == default.sha256
        assert served(port, None) == default.sha256


def test_one_name_with_two_kinds_of_key_is_served_by_what_the_client_can_use(directory: Path) -> None:
    ecdsa, rsa = make_leaf("a.test"), make_leaf("a.test", key=rsa_key())
    port = free_port()
    make_listener(make_leaf("default.test"), ecdsa, rsa, port=port)
    only_rsa = client_context(version=ssl.TLSVersion.TLSv1_2)
    only_rsa.set_ciphers("ECDHE-RSA-AES128-GCM-SHA256")
    with running_node(directory), running_engine(directory):
        wait_until(lambda: served(port, "a.test") == ecdsa.sha256)
        with connect(port, "a.test", only_rsa) as connection:
            assert fingerprint(connection) == rsa.sha256


def test_replaced_certificate_is_served_and_the_open_connection_lives_on(directory: Path, backend: Backend) -> None:
    old, new = make_leaf("a.test"), make_leaf("a.test")
    port = free_port()
    listener = make_listener(None, old, port=port, servers=[backend.spec])
    certificate = listener.bindings.get(role="additional").certificate
    with running_node(directory) as node, running_engine(directory):
        wait_until(lambda: served(port, "a.test") == old.sha256)
        with connect(port, "a.test") as connection:
            assert exchange(connection, b"before") == b"before"
            node.forget_taken()
            replace(certificate, new)
            wait_until(lambda: served(port, "a.test") == new.sha256)
            wait_until(lambda: node.taken)
            assert {kind for kind, _ in node.taken} == {SECRET}
            assert exchange(connection, b"after") == b"after"


def test_default_certificate_changed_to_another_kind_of_key_is_a_new_secret_only(
    directory: Path, backend: Backend
) -> None:
    old, new = make_leaf("default.test"), make_leaf("default.test", key=rsa_key())
    port = free_port()
    listener = make_listener(old, port=port, servers=[backend.spec])
    other = store(new)
    with running_node(directory) as node, running_engine(directory):
        wait_until(lambda: served(port, None) == old.sha256)
        with connect(port, None) as connection:
            assert exchange(connection, b"before") == b"before"
            node.forget_taken()
            services.change_default_certificate(OPERATOR, listener.pk, certificate_id=other.pk)
            wait_until(lambda: served(port, None) == new.sha256)
            wait_until(lambda: node.taken)
            assert node.taken == [(SECRET, f"listener/{listener.pk}/default")]
            assert exchange(connection, b"after") == b"after"


def test_certificate_that_the_engine_refuses_leaves_the_last_good_one_serving(directory: Path) -> None:
    good, listener, port = _listener_on_free_port()
    with running_node(directory) as node, running_engine(directory):
        wait_until(lambda: served(port, None) == good.sha256)
        store_foreign_key(listener.bindings.get(role="default").certificate_id)
        wait_until(lambda: node.rejections)
        kind, name, reason = node.rejections[0]
        assert (kind, name) == (SECRET, f"listener/{listener.pk}/default")
        assert "KEY_VALUES_MISMATCH" in reason
        assert served(port, None) == good.sha256


def test_refused_additional_certificate_does_not_hold_up_the_listener(directory: Path) -> None:
    good, bad, late = make_leaf("default.test"), make_leaf("bad.test"), make_leaf("late.test")
    port = free_port()
    listener = make_listener(good, bad, port=port)
    binding = listener.bindings.get(role="additional")
    store_foreign_key(binding.certificate_id)
    with running_node(directory) as node, running_engine(directory):
        wait_until(lambda: served(port, "bad.test") == good.sha256)
        problems = node.cache.compiled[listener.pk].problems
        assert [(problem.code, problem.object_id) for problem in problems] == [
            ("certificate.refused", binding.certificate_id)
        ]
        services.add_additional_certificates(OPERATOR, listener.pk, certificate_ids=[store(late).pk])
        wait_until(lambda: served(port, "late.test") == late.sha256)


def test_one_refused_certificate_among_many_leaves_all_others_served_from_a_cold_start(directory: Path) -> None:
    default, *good, bad = (make_leaf(f"{name}.test") for name in ("default", *map(str, range(8)), "bad"))
    port = free_port()
    listener = make_listener(default, bad, *good, port=port)
    store_foreign_key(listener.bindings.get(certificate__current_version__sha256=bad.sha256).certificate_id)
    with running_node(directory), running_engine(directory):
        wanted = [default.sha256, *(leaf.sha256 for leaf in good)]
        wait_until(lambda: [served(port, f"{name}.test") for name in ("bad", *range(8))] == wanted)


def test_refused_listener_is_told_with_the_engines_words(directory: Path) -> None:
    _, listener, port = _listener_on_free_port()
    with running_node(directory) as node, running_engine(directory):
        wait_until(lambda: served(port, None))
        services.update_load_balancer(OPERATOR, listener.load_balancer_id, bind_address="203.0.113.1")
        wait_until(lambda: node.rejections)
        assert node.rejections[0][:2] == (LISTENER, listener.pk)
        assert "Cannot assign requested address" in node.rejections[0][2]
        assert served(port, None)


def test_clients_without_an_accepted_certificate_never_reach_a_server(directory: Path, backend: Backend) -> None:
    authority = make_ca()
    port = free_port()
    identity = _identity(directory, make_leaf("client", issuer=authority, client=True))
    stranger = _identity(directory, make_leaf("stranger", issuer=make_ca("Other"), client=True))
    make_listener(
        None,
        port=port,
        servers=[backend.spec],
        mutual_authentication=True,
        ca_certificate_id=store(authority, Kind.CA).pk,
        security_policy="tls_cipher_policy_1_2_strict_with_1_3",
    )
    with running_node(directory), running_engine(directory):
        wait_until(lambda: _echoes(port, identity))
        before = backend.connections
        assert not _echoes(port, None)
        assert not _echoes(port, stranger)
        assert backend.connections == before


def test_policy_decides_which_protocol_versions_are_accepted(directory: Path) -> None:
    old, new = free_port(), free_port()
    make_listener(None, port=old, security_policy="tls_cipher_policy_1_0")
    make_listener(None, port=new, security_policy="tls_cipher_policy_1_2_strict_with_1_3")
    with running_node(directory), running_engine(directory):
        wait_until(lambda: served(old, None) and served(new, None))
        assert _versions(old) == ["TLSv1", "TLSv1.1", "TLSv1.2"]
        assert _versions(new) == ["TLSv1.2", "TLSv1.3"]


def test_servers_come_and_go_without_a_word_to_open_connections(directory: Path, backend: Backend) -> None:
    port = free_port()
    listener = make_listener(None, port=port, servers=[backend.spec])
    with running_node(directory) as node, running_engine(directory):
        wait_until(lambda: _echoes(port, None))
        with connect(port, None) as connection:
            assert exchange(connection, b"before") == b"before"
            node.forget_taken()
            services.update_server_group(
                OPERATOR, group_of(listener).pk, servers=[backend.spec, ServerSpec("127.0.0.1", free_port())]
            )
            wait_until(lambda: (ENDPOINTS, listener.pk) in node.taken)
            # Session tickets have keys of their own, which change by the clock.
            assert [taken for taken in node.taken if not taken[1].endswith("/tickets")] == [(ENDPOINTS, listener.pk)]
            services.update_server_group(OPERATOR, group_of(listener).pk, health_check_interval_seconds=7)
            wait_until(lambda: (CLUSTER, listener.pk) in node.taken)
            # The new cluster gets its servers again, or it would wait for them for ever.
            wait_until(lambda: "warming_clusters: 0" in admin(directory, "/stats?filter=cluster_manager.warming"))
            assert exchange(connection, b"after") == b"after"


def test_stopped_listener_is_gone_and_comes_back(directory: Path) -> None:
    _, listener, port = _listener_on_free_port()
    with running_node(directory) as node, running_engine(directory):
        wait_until(lambda: served(port, None))
        services.stop_listener(OPERATOR, listener.pk)
        wait_until(lambda: not served(port, None))
        assert not node.cache.entries(CLUSTER)
        services.start_listener(OPERATOR, listener.pk)
        wait_until(lambda: served(port, None))


def test_engine_goes_on_without_the_node_and_learns_afterwards_what_went_meanwhile(directory: Path) -> None:
    _, listener, port = _listener_on_free_port()
    _, other, other_port = _listener_on_free_port()
    with running_engine(directory):
        with running_node(directory):
            wait_until(lambda: served(port, None) and served(other_port, None))
        assert served(port, None)
        services.delete_listener(OPERATOR, other.pk)
        with running_node(directory) as node:
            wait_until(lambda: not served(other_port, None))
            assert served(port, None)
            assert (LISTENER, listener.pk) in node.taken
            assert "listener_modified: 0" in admin(directory, "/stats?filter=listener_manager.listener_modified")


def test_refused_certificate_is_refused_again_after_the_node_came_back(directory: Path) -> None:
    good, listener, port = _listener_on_free_port()
    with running_engine(directory):
        with running_node(directory) as node:
            wait_until(lambda: served(port, None) == good.sha256)
            store_foreign_key(listener.bindings.get(role="default").certificate_id)
            wait_until(lambda: node.rejections)
        with running_node(directory) as node:
            wait_until(lambda: node.rejections)
            assert served(port, None) == good.sha256


def test_ended_connections_come_back_as_the_access_log(directory: Path, backend: Backend) -> None:
    port = free_port()
    listener = make_listener(None, port=port, servers=[backend.spec])
    tls13 = client_context(version=ssl.TLSVersion.TLSv1_3)
    with running_node(directory) as node, running_engine(directory):
        wait_until(lambda: served(port, None))
        with connect(port, "a.test") as connection:
            exchange(connection, b"hello")
        with pytest.raises(ssl.SSLError):
            connect(port, "old.test", tls13)
        wait_until(lambda: {entry.server_name for _, entry in node.connections} >= {"a.test", "old.test"})
        entries = {entry.server_name: entry for listener_id, entry in node.connections if listener_id == listener.pk}
        assert entries["a.test"].has_handshake
        assert entries["a.test"].failure == ""
        assert (entries["a.test"].bytes_received, entries["a.test"].bytes_sent) == (5, 5)
        assert entries["a.test"].server == f"127.0.0.1:{backend.spec.port}"
        assert not entries["old.test"].has_handshake
        assert "UNSUPPORTED_PROTOCOL" in entries["old.test"].failure
