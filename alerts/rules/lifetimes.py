"""What ``alerts.rules.expiry`` says, said in SQL: the tightest threshold that something which ends has crossed."""

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import BigIntegerField, Case, DateTimeField, F, Func, IntegerField, Q, Value, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast
from django.db.models.sql.compiler import SQLCompiler

from alerts.rules.expiry import FRACTIONS, MOST_OF_LIFE, SHORT_LIFE

HOUR_SECONDS = 3600


class Epoch(Func):
    """Seconds since 1970 of a moment, computed by the database itself."""

    output_field = BigIntegerField()
    arity = 1

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any) -> Any:
        """Read the text in which SQLite keeps moments."""
        return self.as_sql(compiler, connection, template="CAST(strftime('%%%%s', %(expressions)s) AS INTEGER)")

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any) -> Any:
        """Read a timestamp with time zone."""
        return self.as_sql(compiler, connection, template="FLOOR(EXTRACT(EPOCH FROM %(expressions)s))::bigint")


def tightest_crossed(hours: Sequence[int], now: dt.datetime) -> Case:
    """Return the tightest of a rule's thresholds that rows have crossed, NULL for none. Needs ``measures``."""
    return Case(
        When(_prefers_fractions(hours), then=_tightest_fraction(now, at_end=0 in hours)),
        *(
            When(_left_at_most(each, now) & _suits_life(each), then=Value(each, IntegerField()))
            for each in sorted(hours)
        ),
        output_field=IntegerField(),
    )


def measures(now: dt.datetime) -> dict[str, Any]:
    """Return what rows with ``begins_at`` and ``ends_at`` have to be annotated with before."""
    return {
        "life": Epoch("ends_at") - Epoch("begins_at"),
        "seconds_left": Epoch("ends_at") - Value(int(now.timestamp()), BigIntegerField()),
    }


def _prefers_fractions(hours: Sequence[int]) -> Q:
    """Whether a rule's thresholds do not suit a life: it is short and they are long, or all of them are too early."""
    longest = max(hours, default=0)
    is_short = Q(life__lt=min(int(SHORT_LIFE.total_seconds()), longest * HOUR_SECONDS * FRACTIONS[-1]))
    part, whole = MOST_OF_LIFE
    shortest = min(hours, default=0)
    return is_short | Q(life__lt=-(-shortest * HOUR_SECONDS * whole // part)) if shortest else is_short


def _suits_life(hours: int) -> Q:
    part, whole = MOST_OF_LIFE
    return Q(life__gte=-(-hours * HOUR_SECONDS * whole // part)) if hours else Q()


def _left_at_most(hours: int, now: dt.datetime) -> Q:
    return Q(ends_at__lte=Value(now + dt.timedelta(hours=hours), DateTimeField()))


def _tightest_fraction(now: dt.datetime, *, at_end: bool) -> Case:
    return Case(*(When(crossed, then=hours) for crossed, hours in _fractions(now, at_end=at_end)))


def _fractions(now: dt.datetime, *, at_end: bool) -> Iterator[tuple[Q, Combinable | Value]]:
    """Yield when each fraction of a life counts as crossed, and how many hours it is, tightest first."""
    has_none = Q(life__lt=HOUR_SECONDS * FRACTIONS[-1])
    yield _left_at_most(0, now) if at_end else _left_at_most(0, now) & has_none, Value(0, IntegerField())
    for fraction in FRACTIONS:
        whole = HOUR_SECONDS * fraction
        hours = Cast(F("life") / Value(whole, BigIntegerField()), IntegerField())
        yield Q(life__gte=whole, seconds_left__lte=hours * Value(HOUR_SECONDS)), hours
