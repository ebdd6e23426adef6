"""Put notices into a delivery: into the one that still waits for the same people, else into a new one."""

import datetime as dt

from django.db import connection
from django.db.models import BooleanField, CharField, IntegerField, QuerySet, Value

from alerts.models import Delivery, DeliveryNotice
from alerts.people.audiences import Place
from events.models import Notice


def pack(notices: "QuerySet[Notice]", place: Place, kind: str, now: dt.datetime) -> bool:
    """Put ``notices`` into a message of ``kind``; return whether a new one was begun. Inside ``writing_ledger``.

    What waits for a digest or for the end of quiet hours takes in what comes meanwhile.
    """
    group_id = place.audience.group_id or None
    waiting = Delivery.objects.filter(
        channel=place.channel_id, group=group_id, kind=kind, state=Delivery.State.PENDING, attempts=0
    ).filter(next_attempt_at__gt=now)
    found = waiting.order_by("pk").values_list("pk", flat=True).first()
    # Written to, so that no sender takes it before this transaction ends: what it holds by then, it sends.
    if found and waiting.filter(pk=found).update(attempts=0):
        _fill(found, place.channel_id, kind, notices)
        return False
    made = Delivery.objects.create(
        channel_id=place.channel_id, group_id=group_id, kind=kind, next_attempt_at=place.departs_at, created_at=now
    )
    _fill(made.pk, place.channel_id, kind, notices)
    return True


def _fill(delivery_id: int, channel_id: str, kind: str, notices: "QuerySet[Notice]") -> None:
    """Write the items within the database: there may be ten thousand."""
    rows = notices.order_by().values_list(
        Value(delivery_id, IntegerField()),
        "pk",
        Value(channel_id, CharField()),
        Value(kind == Delivery.Kind.RESOLVED, BooleanField()),
        Value(False, BooleanField()),
        Value(False, BooleanField()),
    )
    select, parameters = rows.query.sql_with_params()
    table = connection.ops.quote_name(DeliveryNotice._meta.db_table)  # noqa: SLF001
    columns = "delivery_id, notice_id, channel_id, is_resolution, is_told, is_void"
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {table} ({columns}) {select}", parameters)
