"""Issue certificates and build revocation lists: milliseconds without I/O, and through the services with SQLite."""

from __future__ import annotations

import argparse
import datetime as dt
import os
import secrets
import statistics
import tempfile
import time
from collections.abc import Callable

import django
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.x509.oid import NameOID
from django.core.management import call_command
from django.db import transaction

from benchmarks.report import publish, table

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lbadmin.settings")
os.environ.setdefault("LBADMIN_DATA_DIR", tempfile.mkdtemp(prefix="lbadmin-bench-authorities-"))
django.setup()

from authorities.building import (
    Addresses,
    Issuer,
    Reach,
    SigningKey,
    Use,
    build_authority,
    build_leaf,
    hash_for,
    life_of,
)
from authorities.lists import Edition, Entry, build_list
from authorities.models import Authority, IssuedCertificate
from authorities.orders import Order
from authorities.services import NewAuthority, create_authority, issue_certificate, publish_list
from certificates.key_types import generate_key
from certificates.subjects import Subject
from events.actor import SYSTEM

ENTRIES = 100_000
ISSUED = 200
STORED = 50
KEY_TYPES = ("P-256", "P-384", "RSA-2048", "RSA-4096")
ADDRESSES = Addresses("http://lb.test/pki/ca.cer", "http://lb.test/pki/ca.crl", "http://lb.test/pki/ca/ocsp")
HEADER = ("what", "authority's key", "p50, ms", "p95, ms", "of it processor, p50", "goal")


def main() -> None:
    """Run the campaign and publish it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=ENTRIES)
    options = parser.parse_args()
    call_command("migrate", verbosity=0)
    rows = [_issue_row(key_type) for key_type in KEY_TYPES]
    rows += [_list_row(key_type, options.entries) for key_type in KEY_TYPES[:1] + KEY_TYPES[-1:]]
    rows += _service_rows(options.entries)
    publish("authorities", "python -m benchmarks.authorities", table(HEADER, rows))


def _authority(key_type: str) -> tuple[x509.Certificate, SigningKey]:
    key = generate_key(key_type)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Benchmark")])
    builder = build_authority(key.public_key(), subject, life_of(3650, dt.datetime.now(dt.UTC)), Reach())
    return builder.sign(key, hash_for(key)), key


def _issue_row(key_type: str) -> list[str]:
    """Make a P-256 key and sign a client certificate for it."""
    certificate, key = _authority(key_type)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "alice")])
    issuer = Issuer(certificate, ADDRESSES)

    def issue() -> None:
        own = generate_key("P-256")
        life = life_of(90, dt.datetime.now(dt.UTC))
        leaf = build_leaf(own.public_key(), subject, life, issuer, Use("client")).sign(key, hash_for(key))
        leaf.public_bytes(serialization.Encoding.DER)

    goal = "<= 10 ms" if key_type == KEY_TYPES[0] else ""
    return ["an ECDSA client certificate, without I/O", key_type, *_percentiles(issue, ISSUED), goal]


def _list_row(key_type: str, entries: int) -> list[str]:
    certificate, key = _authority(key_type)
    now = dt.datetime.now(dt.UTC).replace(microsecond=0)
    rows = [Entry(secrets.token_hex(19), now, "superseded") for _ in range(entries)]
    edition = Edition(1, now, now + dt.timedelta(days=7))

    def build() -> None:
        build_list(certificate, key, edition, rows).public_bytes(serialization.Encoding.DER)

    return [f"a list of {entries:,} entries, without I/O", key_type, *_percentiles(build, 5), "<= 5,000 ms"]


def _service_rows(entries: int) -> list[list[str]]:
    """Issue and publish as operators do: key, signature, rows, sealing, the change feed, one transaction each."""
    authority = create_authority(SYSTEM, NewAuthority(Subject(common_name="Benchmark")))
    order = Order("client", subject=Subject(common_name="alice"))
    issue = _percentiles(lambda: issue_certificate(SYSTEM, authority.pk, order), STORED)
    _revoke_many(authority, entries)
    listed = _percentiles(lambda: publish_list(SYSTEM, authority.pk), 3)
    return [
        ["an ECDSA client certificate, stored (SQLite)", "P-256", *issue, ""],
        [
            f"a list of {entries:,} entries, read, stored and carried by the CA certificate (SQLite)",
            "P-256",
            *listed,
            "",
        ],
    ]


def _revoke_many(authority: Authority, entries: int) -> None:
    now = dt.datetime.now(dt.UTC)
    end = now + dt.timedelta(days=90)
    with transaction.atomic():
        IssuedCertificate.objects.bulk_create(
            [
                IssuedCertificate(
                    authority=authority, serial=secrets.token_hex(19), subject="CN=x", purpose="client",
                    sha256=secrets.token_hex(32), not_after=end, revoked_at=now, reason="superseded", created_by="x",
                )
                for _ in range(entries)
            ],
            batch_size=2000,
        )  # fmt: skip


def _percentiles(work: Callable[[], object], times: int) -> list[str]:
    """Return the median and the 95th percentile in milliseconds, and the median of this process' own time.

    The last is what a machine that others share can be compared by.
    """
    taken, own = [], []
    for _ in range(times):
        start, own_start = time.perf_counter(), time.process_time()
        work()
        taken.append((time.perf_counter() - start) * 1000)
        own.append((time.process_time() - own_start) * 1000)
    ranks = statistics.quantiles(taken, n=20, method="inclusive")
    return [f"{statistics.median(taken):,.1f}", f"{ranks[-1]:,.1f}", f"{statistics.median(own):,.1f}"]


if __name__ == "__main__":
    main()
