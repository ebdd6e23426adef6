"""Session ticket keys: shared, rotated, forgotten."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from listeners.models import TicketKey
from listeners.tickets import EPOCH_SECONDS, KEY_BYTES, epoch_of, listener_ticket_key, seconds_to_rotation, ticket_keys

START = 1_800_000_000.0


@pytest.mark.django_db
def test_the_same_keys_come_within_an_epoch() -> None:
    first = ticket_keys(START)
    assert first == ticket_keys(START + EPOCH_SECONDS - 1)
    assert [len(key) for key in first] == [KEY_BYTES]


@pytest.mark.django_db
def test_the_next_epoch_has_a_fresh_key_and_keeps_the_one_before() -> None:
    (first,) = ticket_keys(START)
    second = ticket_keys(START + EPOCH_SECONDS)
    assert len(second) == 2
    assert second[1] == first
    third = ticket_keys(START + 2 * EPOCH_SECONDS)
    assert third[1] == second[0]
    assert first not in third


@pytest.mark.django_db
def test_a_key_is_gone_after_300_seconds() -> None:
    for number in range(5):
        ticket_keys(START + number * EPOCH_SECONDS)
    assert set(TicketKey.objects.values_list("epoch", flat=True)) == {epoch_of(START) + 3, epoch_of(START) + 4}


@pytest.mark.django_db
def test_after_a_pause_no_old_key_is_accepted() -> None:
    ticket_keys(START)
    assert len(ticket_keys(START + 10 * EPOCH_SECONDS)) == 1
    assert TicketKey.objects.count() == 1


@pytest.mark.django_db
def test_the_key_is_sealed_at_rest() -> None:
    (key,) = ticket_keys(START)
    assert key not in bytes(TicketKey.objects.get().token)


@pytest.mark.django_db
def test_a_node_whose_clock_is_behind_gets_the_older_keys() -> None:
    (old,) = ticket_keys(START)
    ticket_keys(START + EPOCH_SECONDS)
    assert ticket_keys(START) == (old,)


@pytest.fixture
def concurrent_nodes() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(8) as threads:
        yield threads


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_nodes_that_come_at_once_get_the_same_key(concurrent_nodes: ThreadPoolExecutor) -> None:
    def ask(_: int) -> tuple[bytes, ...]:
        try:
            return ticket_keys(START)
        finally:
            connection.close()

    assert len(set(concurrent_nodes.map(ask, range(16)))) == 1
    assert TicketKey.objects.count() == 1


def test_each_listener_has_a_key_of_its_own() -> None:
    key = bytes(range(KEY_BYTES))
    one, other = listener_ticket_key(key, "lsn-1"), listener_ticket_key(key, "lsn-2")
    assert len(one) == len(other) == KEY_BYTES
    assert one != other
    assert one == listener_ticket_key(key, "lsn-1")


def test_the_rotation_is_due_at_the_end_of_the_epoch() -> None:
    assert seconds_to_rotation(START) == EPOCH_SECONDS
    assert seconds_to_rotation(START + 149) == 1
    assert 0 < seconds_to_rotation() <= EPOCH_SECONDS
