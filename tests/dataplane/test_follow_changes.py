"""The node keeps in step with the database, by the change feed and whatever happens to it."""

import stat
from pathlib import Path

import pytest
from django.db import connection

from certificates.models import Certificate, SealedKey
from events.feed import newest_change_id
from listeners import services
from listeners.models import Listener
from tests.certs import make_leaf
from tests.dataplane.envoy import admin, running_engine, served
from tests.dataplane.node import Node, running_node
from tests.dataplane.rows import OPERATOR, group_of, make_listener, replace, store
from tests.waiting import free_port, wait_until

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


def has_followed(node: Node) -> bool:
    return node.follower.cursor == newest_change_id()


def version_of(node: Node, listener: Listener) -> str:
    return node.cache.compiled[listener.pk].version


def test_every_kind_of_change_is_followed_and_a_full_comparison_finds_nothing(directory: Path) -> None:
    listener = make_listener(None, make_leaf("a.test"))
    with running_node(directory) as node:
        wait_until(lambda: listener.pk in node.cache.compiled)
        replace(listener.bindings.get(role="additional").certificate, make_leaf("a.test", "b.test"))
        services.update_server_group(OPERATOR, group_of(listener).pk, healthy_threshold=7)
        services.update_load_balancer(OPERATOR, listener.load_balancer_id, bind_address="127.0.0.2")
        services.update_listener(OPERATOR, listener.pk, idle_timeout_seconds=33)
        added, removed = make_listener(), make_listener()
        wait_until(lambda: removed.pk in node.cache.compiled)
        services.delete_listener(OPERATOR, removed.pk)
        wait_until(lambda: has_followed(node))
        assert node.cache.compiled.keys() == {listener.pk, added.pk}
        assert node.compare()


def test_only_what_changed_is_compiled_again(directory: Path) -> None:
    listener, other = make_listener(None, make_leaf("a.test")), make_listener()
    with running_node(directory) as node:
        wait_until(lambda: node.steps)
        untouched = node.cache.compiled[other.pk]
        replace(listener.bindings.get(role="additional").certificate, make_leaf("a.test"))
        wait_until(lambda: has_followed(node))
        assert [compiled.id for compiled in node.steps[-1].compiled] == [listener.pk]
        assert node.cache.compiled[other.pk] is untouched


def test_certificate_of_several_listeners_is_replaced_on_all(directory: Path) -> None:
    first, second = make_listener(), make_listener()
    certificate = store(make_leaf("shared.test"))
    for listener in (first, second):
        services.change_default_certificate(OPERATOR, listener.pk, certificate_id=certificate.pk)
    with running_node(directory) as node:
        wait_until(lambda: node.steps)
        replace(certificate, make_leaf("shared.test"))
        wait_until(lambda: has_followed(node))
        assert {compiled.id for compiled in node.steps[-1].compiled} == {first.pk, second.pk}


def test_unbound_certificate_and_other_changes_touch_nothing(directory: Path) -> None:
    listener = make_listener()
    with running_node(directory) as node:
        wait_until(lambda: node.steps)
        before = node.cache.compiled[listener.pk]
        store(make_leaf("unbound.test"))
        wait_until(lambda: has_followed(node))
        assert node.cache.compiled[listener.pk] is before


def test_difference_that_the_feed_did_not_tell_is_logged_and_served(
    directory: Path, caplog: pytest.LogCaptureFixture
) -> None:
    listener = make_listener()
    with running_node(directory) as node:
        wait_until(lambda: node.steps)
        before = version_of(node, listener)
        Listener.objects.filter(pk=listener.pk).update(idle_timeout_seconds=11)
        assert not node.compare()
        assert version_of(node, listener) != before
        assert node.compare()
    assert listener.pk in caplog.text


def test_redis_wakes_the_node(directory: Path, redis_server: str) -> None:
    listener = make_listener()
    # Without the wake-up nothing would be seen before the test's deadline.
    with running_node(directory, poll_seconds=600.0) as node:
        wait_until(lambda: node.steps and node.follower.is_woken)
        services.update_listener(OPERATOR, listener.pk, idle_timeout_seconds=44)
        wait_until(lambda: has_followed(node))


def test_node_survives_a_database_that_fails_for_a_while(directory: Path) -> None:
    listener = make_listener()
    with running_node(directory) as node:
        wait_until(lambda: node.steps)
        with connection.schema_editor() as editor:
            editor.execute("ALTER TABLE events_change RENAME TO events_change_away")
        wait_until(lambda: node.follower.problem)
        with connection.schema_editor() as editor:
            editor.execute("ALTER TABLE events_change_away RENAME TO events_change")
        services.update_listener(OPERATOR, listener.pk, idle_timeout_seconds=55)
        wait_until(lambda: has_followed(node) and not node.follower.problem)


def test_certificate_whose_key_does_not_open_is_left_out_and_named(directory: Path) -> None:
    default, lost = make_leaf("default.test"), make_leaf("lost.test")
    port = free_port()
    listener = make_listener(default, lost, port=port)
    binding = listener.bindings.get(role="additional")
    SealedKey.objects.filter(version__certificate=binding.certificate_id).update(token=b"damaged")
    with running_node(directory) as node, running_engine(directory):
        wait_until(lambda: node.cache.compiled and node.cache.compiled[listener.pk].problems)
        problem = node.cache.compiled[listener.pk].problems[0]
        assert (problem.code, problem.object_id) == ("certificate.refused", binding.certificate_id)
        wait_until(lambda: served(port, "lost.test") == default.sha256)
        replace(Certificate.objects.get(pk=binding.certificate_id), make_leaf("lost.test"))
        wait_until(lambda: served(port, "lost.test") not in {"", default.sha256})
        assert node.cache.compiled[listener.pk].problems == ()


def test_socket_belongs_to_this_user_alone(directory: Path) -> None:
    with running_node(directory):
        assert stat.S_IMODE((directory / "xds.sock").stat().st_mode) == 0o600


def test_no_private_key_is_written_to_the_engines_config_dump_or_log(
    directory: Path, caplog: pytest.LogCaptureFixture
) -> None:
    issued, port = make_leaf("default.test"), free_port()
    make_listener(issued, port=port)
    secret_lines = issued.key_pem.decode().splitlines()[1:-1]
    with running_node(directory), running_engine(directory, "-l", "debug"):
        wait_until(lambda: served(port, None))
        dump = admin(directory, "/config_dump?include_eds")
    text = dump + caplog.text + (directory / "engine.log").read_text(errors="replace")
    assert not any(line in text for line in secret_lines)
