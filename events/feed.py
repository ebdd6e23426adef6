"""Writing: one transaction, one writer, one row in the change feed for each object changed."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import connection, models, transaction

from events.actor import Actor
from events.models import Change
from events.wake import wake_nodes

# Any fixed number does; it only has to be the same for every writer of this database.
ADVISORY_LOCK = 0x1BAD_317

# Told of changes in the transaction that made them, when they have their ids.
Follower = Callable[[Sequence[Change]], None]
_followers: list[Follower] = []


def register_follower(follower: Follower) -> None:
    """Have ``follower`` told of every change, so that a layer above can keep what goes with it."""
    _followers.append(follower)


class Recorder:
    """Collect the changes of one transaction."""

    def __init__(self, actor: Actor) -> None:
        self.actor = actor
        self.rows: list[Change] = []

    def record(self, kind: str, subject: models.Model, summary: str, **detail: Any) -> None:
        """Note that ``subject`` changed; ``kind`` is ``<object type>.<verb in the past>``."""
        self.rows.append(
            Change(
                kind=kind,
                object_type=kind.partition(".")[0],
                object_id=str(subject.pk),
                summary=summary[:500],
                detail=detail,
                actor_name=self.actor.name,
                actor_via=self.actor.via,
                user_id=self.actor.user_id,
            )
        )


@contextmanager
def recording(actor: Actor) -> Iterator[Recorder]:
    """Run a write as the only writer and append what it recorded to the change feed.

    Ids are handed out before commit, so a reader that keeps the highest id it saw could pass a row that commits
    later. PostgreSQL therefore takes an advisory lock for the whole transaction; SQLite's immediate transactions
    have one writer anyway. The same lock makes checks of limits and ports free of races.
    """
    with transaction.atomic():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ADVISORY_LOCK])
        recorder = Recorder(actor)
        yield recorder
        Change.objects.bulk_create(recorder.rows)
        for follower in _followers:
            follower(recorder.rows)
        transaction.on_commit(wake_nodes)


def changes_after(cursor: int, limit: int = 1000) -> list[Change]:
    """Return the changes that came after ``cursor``, oldest first."""
    return list(Change.objects.filter(id__gt=cursor).order_by("id")[:limit])


def newest_change_id() -> int:
    """Return the id of the newest change, 0 when there is none."""
    return Change.objects.order_by("-id").values_list("id", flat=True).first() or 0
