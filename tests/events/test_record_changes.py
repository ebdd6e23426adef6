"""The change feed: one row for each change, who made it, and nothing that a reader could miss."""

import threading
import time
from collections.abc import Callable

import pytest
from django.contrib.auth.models import Group
from django.db import connection

from events.actor import Actor
from events.feed import changes_after, newest_change_id, recording
from events.models import Change
from tests.waiting import wait_until

ALICE = Actor(name="alice", via="page")
WRITERS, WRITES = 4, 15


def in_thread(work: Callable[[], None]) -> threading.Thread:
    def run() -> None:
        try:
            work()
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


@pytest.mark.django_db
def test_a_change_keeps_who_made_it_and_what_it_concerns() -> None:
    group = Group.objects.create(name="operators")
    with recording(ALICE) as changes:
        changes.record("listener.updated", group, "port 443", fields=["port"])
    change = Change.objects.get()
    assert (change.actor_name, change.actor_via) == ("alice", "page")
    assert (change.kind, change.object_type, change.object_id) == ("listener.updated", "listener", str(group.pk))
    assert change.detail == {"fields": ["port"]}
    assert newest_change_id() == change.pk


@pytest.mark.django_db
def test_a_write_that_fails_leaves_no_change() -> None:
    def fail() -> None:
        with recording(ALICE) as changes:
            changes.record("listener.created", Group.objects.create(name="half"), "half")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert not Change.objects.exists()
    assert not Group.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_reader_that_keeps_the_highest_id_misses_no_change_of_interleaved_writers() -> None:
    group = Group.objects.create(name="operators")

    def write() -> None:
        for number in range(WRITES):
            with recording(ALICE) as changes:
                changes.record("listener.updated", group, str(number))
                time.sleep(0.001 * (number % 4))  # writers would overtake each other here, if they could

    threads = [in_thread(write) for _ in range(WRITERS)]
    seen: list[int] = []

    def everything_is_read() -> bool:
        seen.extend(change.pk for change in changes_after(seen[-1] if seen else 0, limit=7))
        return len(seen) >= WRITERS * WRITES

    wait_until(everything_is_read, deadline=60)
    for thread in threads:
        thread.join()
    assert seen == list(Change.objects.order_by("id").values_list("id", flat=True))


@pytest.mark.django_db(transaction=True)
def test_a_second_writer_waits_for_the_first() -> None:
    group = Group.objects.create(name="operators")
    entered, order = threading.Event(), []

    def first() -> None:
        with recording(ALICE) as changes:
            entered.set()
            time.sleep(0.1)
            order.append("first")
            changes.record("listener.updated", group, "first")

    def second() -> None:
        entered.wait(60)
        with recording(ALICE) as changes:
            order.append("second")
            changes.record("listener.updated", group, "second")

    for thread in (in_thread(first), in_thread(second)):
        thread.join()
    assert order == ["first", "second"]
    assert [change.summary for change in changes_after(0)] == order
