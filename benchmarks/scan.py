"""Scan a million versions for expiry on SQLite and PostgreSQL: seconds, and how much the process grows meanwhile.

Five rules decide: one for a tag, which tells 60 days before the end, one that mutes an owner, one for load balancers of
a product, and the two that every installation has. One certificate of a hundred lives for six days.
"""

from __future__ import annotations

import datetime as dt
import os
import tempfile
import time

import django
import time_machine
from django.core.management import call_command
from django.db import connection, models, transaction

from benchmarks.databases import measured, peak_megabytes, tell
from benchmarks.report import publish, table

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lbadmin.settings")
os.environ.setdefault("LBADMIN_DATA_DIR", tempfile.gettempdir() + "/lbadmin-bench-scan")
django.setup()

from alerts.scanning import run_scan
from alerts.services.channels import create_channel
from alerts.services.rules import create_rule
from certificates.models import Certificate, CertificateTag, CertificateVersion
from events.actor import SYSTEM
from tests.alerts.rows import make_certificate

VERSIONS = 1_000_000
DUE = 1_000
MANY = 10_000
TAGGED = 500
SHORT_LIVED = 100  # one of so many
HEADER = ("database", "scan", "notices", "messages", "seconds", "process grew by, MB")


def main() -> None:
    """Run the campaign and publish it."""
    lines = measured("benchmarks.scan", __doc__, ("versions", VERSIONS), measure)
    if lines:
        publish("scan", "python -m benchmarks.scan", table(HEADER, lines))


def measure(database: str, versions: int) -> None:
    """Print a line for each scan: what is due for the first time, nothing new, and many at once."""
    call_command("migrate", verbosity=0)
    _fill(versions)
    for name, moment in (
        (f"{DUE:,} due of {versions:,}, and {TAGGED:,} by the rule of a tag", dt.timedelta(0)),
        ("nothing new", dt.timedelta(0)),
        (f"{MANY:,} more due at once", dt.timedelta(days=10, seconds=MANY)),
    ):
        tell(database, name, *_scan(moment))


def _scan(later: dt.timedelta) -> list[str]:
    """Return notices, messages, seconds and megabytes of one scan at a time from now."""
    with time_machine.travel(dt.datetime.now(dt.UTC) + later):
        before, started = peak_megabytes(), time.perf_counter()
        scan = run_scan(SYSTEM)
        seconds = time.perf_counter() - started
    return [f"{scan.notices_made:,}", str(scan.deliveries_made), f"{seconds:.2f}", f"{peak_megabytes() - before:.1f}"]


def _fill(versions: int) -> None:
    """Store certificates with a version each, copied in SQL from one of each kind of row."""
    far = dt.datetime.now(dt.UTC) + dt.timedelta(days=4000)
    sample = make_certificate(far, name="sample")
    sql = _Postgresql() if connection.vendor == "postgresql" else _Sqlite()
    now = dt.datetime.now(dt.UTC).replace(microsecond=0, tzinfo=None)
    end = sql.ends(str(now + dt.timedelta(days=5)), str(now + dt.timedelta(days=40)))
    begin = sql.begins(end)
    number = {"id": "100 + n"}
    with connection.cursor() as cursor:
        cursor.execute(sql.hurry)
    with transaction.atomic(), connection.cursor() as cursor:
        for model, changed in (
            (
                Certificate,
                {"id": sql.identifier, "name": "'bench-' || n", "not_after": end, "current_version_id": "100 + n"},
            ),
            (
                CertificateVersion,
                number
                | {"certificate_id": sql.identifier, "sha256": sql.digest, "not_after": end, "not_before": begin},
            ),
        ):
            cursor.execute(_copy(model, changed, sql.series(versions)))
    connection.close()  # with what was only for filling
    with connection.cursor() as cursor:
        cursor.execute(sql.settle)
    assert Certificate.objects.count() == versions + 1
    assert sample.pk
    _lay_rules(versions)
    create_channel(SYSTEM, kind="webhook", name="pager", target="https://hooks.example.test/")
    create_channel(SYSTEM, kind="email", name="mail", target="ops@example.test")


def _lay_rules(versions: int) -> None:
    """Make rules whose scopes hold some; the certificates of one are tagged, and end within its longest threshold."""
    create_rule(SYSTEM, name="tagged", tag_key="env", tag_value="prod", thresholds_hours=[60 * 24, 24, 0])
    create_rule(SYSTEM, name="muted", owner="nobody", mutes=True)
    create_rule(SYSTEM, name="of a product", product="ALB", thresholds_hours=[60 * 24, 0])
    step = versions // TAGGED
    ids = [f"cert-{number:016}" for number in range(step - 1, versions, step)]
    CertificateTag.objects.bulk_create(CertificateTag(certificate_id=pk, key="env", value="prod") for pk in ids)


def _copy(model: type[models.Model], changed: dict[str, str], series: str) -> str:
    """Return the SQL that repeats the table's one row with some columns changed."""
    columns = [str(field.column) for field in model._meta.concrete_fields]  # noqa: SLF001
    values = [changed.get(column, f"one.{column}") for column in columns]
    names = ", ".join(columns)
    table_name = model._meta.db_table  # noqa: SLF001
    source = series.format(table=table_name)
    return f"INSERT INTO {table_name} ({names}) SELECT {', '.join(values)} FROM {source}"


class _Sqlite:
    """How SQLite spells it."""

    hurry = "PRAGMA cache_size=-1000000"  # the indexes are filled in memory
    settle = "PRAGMA cache_size=-16000"  # as lbadmin runs

    identifier = "'cert-' || substr('0000000000000000' || n, -16)"
    digest = "substr(lower(hex(n)) || one.sha256, 1, 64)"

    def series(self, count: int) -> str:
        numbers = f"WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < {count}) SELECT n FROM s"
        return f"({numbers}), (SELECT * FROM {{table}} LIMIT 1) AS one"

    def ends(self, soon: str, later: str) -> str:
        return f"datetime(CASE WHEN n <= {DUE} THEN '{soon}' ELSE '{later}' END, '+' || n || ' seconds')"

    def begins(self, end: str) -> str:
        return f"datetime({end}, CASE WHEN n % {SHORT_LIVED} = 0 THEN '-6 days' ELSE '-90 days' END)"


class _Postgresql:
    """How PostgreSQL spells it."""

    hurry = "SET session_replication_role = replica"  # a reference of each row is not looked up: it is right
    settle = "ANALYZE"

    identifier = "'cert-' || right('0000000000000000' || n, 16)"
    digest = "left(to_hex(n) || one.sha256, 64)"

    def series(self, count: int) -> str:
        return f"generate_series(1, {count}) AS s(n), (SELECT * FROM {{table}} LIMIT 1) AS one"

    def ends(self, soon: str, later: str) -> str:
        return f"(CASE WHEN n <= {DUE} THEN '{soon}+00' ELSE '{later}+00' END)::timestamptz + n * interval '1 second'"

    def begins(self, end: str) -> str:
        return f"{end} - CASE WHEN n % {SHORT_LIVED} = 0 THEN interval '6 days' ELSE interval '90 days' END"


if __name__ == "__main__":
    main()
