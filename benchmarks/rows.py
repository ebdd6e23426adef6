"""Rows by the hundred thousand, copied from one real certificate: what an installation looks like after years.

Import ``benchmarks.stack`` before this module: it sets Django up.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, TypeVar

from django.db import models, transaction
from django.db.models import OuterRef, Subquery
from django.utils import timezone

from alerts.models import Channel, Delivery, DeliveryNotice, Scan
from benchmarks.stack import import_issued
from certificates.hints import EDITION
from certificates.models import (
    Certificate,
    CertificateHint,
    CertificateName,
    CertificateTag,
    CertificateVersion,
    Kind,
    SealedKey,
)
from events.models import Change, Notice
from listeners.models import (
    Binding,
    Listener,
    ListenerStatus,
    LoadBalancer,
    NodeStatus,
    ServedReceipt,
    Server,
    ServerGroup,
    ServerHealth,
)
from listeners.tls_policies import WIZARD_POLICY
from tests.certs import make_leaf

Row = TypeVar("Row", bound=models.Model)

CHUNK = 1000
NODE = "bench"
LISTENERS_OF_ONE = 1000
ADDITIONAL_OF_ONE = 25
SHARED_BY = 2000  # listeners whose default certificate is one and the same
RECEIPTS_OF_ONE = 500


@dataclass(frozen=True, slots=True)
class Sizes:
    """How many rows of what there are to be."""

    certificates: int
    listeners: int

    @property
    def instances(self) -> int:
        """One large instance, and 100 listeners on each of the others."""
        return max(2, self.listeners // 100)

    @property
    def server_groups(self) -> int:
        """A group for five listeners."""
        return max(2, self.listeners // 5)


def fill(sizes: Sizes) -> None:
    """Store everything; the first row of each table has the most of what belongs to it."""
    with transaction.atomic():
        certificates = _certificates(sizes.certificates)
        listeners = _listeners(sizes, certificates)
        _observations(listeners)
        _events(certificates, listeners)


def _store(model: type[Row], count: int, make: Callable[[int], dict[str, Any]]) -> list[Row]:
    """Store ``count`` rows and return them."""
    return _store_all(model, (make(number) for number in range(count)))


def _store_all(model: type[Row], rows: Iterable[dict[str, Any]]) -> list[Row]:
    manager = model._default_manager  # noqa: SLF001 - the model is a parameter
    return manager.bulk_create([model(**row) for row in rows], batch_size=CHUNK)


def _certificates(count: int) -> list[Certificate]:
    """Copy one real certificate, each with a year's place in a queue of ends, two names, and its own fingerprints."""
    real = Certificate.objects.get(pk=import_issued(make_leaf("real.example.com"), "real")).current_version
    if real is None:
        raise LookupError("The import made no version.")
    certificates = _identities(real, count)
    versions = _versions(real, certificates)
    _store_all(CertificateTag, ({"certificate": each, "key": "env", "value": "live"} for each in certificates[::2]))
    _store_all(CertificateHint, ({"certificate": each, "code": "weak-hash"} for each in certificates[::500]))
    token = real.key.token
    _store_all(SealedKey, ({"version_id": version.pk, "token": token} for version in versions))
    _store_all(
        CertificateName,
        (
            {"version_id": version.pk, "kind": "dns", "value": value}
            for certificate, version in zip(certificates, versions, strict=True)
            for value in certificate.search_text.split("\n")
        ),
    )
    return certificates


def _identities(real: CertificateVersion, count: int) -> list[Certificate]:
    """Store certificates that have no version yet; an eighth are of another algorithm, and end last."""
    first = timezone.now() - dt.timedelta(minutes=10_000)
    others = {"key_algorithm": "RSA", "key_bits": 2048}
    same = {"key_algorithm": real.key_algorithm, "key_bits": real.key_bits}
    return _store(
        Certificate,
        count,
        lambda n: {
            "name": f"host-{n}.example.com",
            "kind": Kind.CA if n % 50 == 49 else Kind.SERVER,
            "not_after": first + dt.timedelta(minutes=5 * n),
            "search_text": f"host-{n}.example.com\n*.host-{n}.example.com",
            "not_before": real.not_before,
            "issuer": real.issuer,
            **(others if 8 * n >= 7 * count else same),
            "owner": f"team-{n % 100}",
            "hints_edition": EDITION,
            "created_by": "bench",
        },
    )


def _versions(real: CertificateVersion, certificates: Sequence[Certificate]) -> list[CertificateVersion]:
    """Store a version of each certificate, and make it the current one."""
    copied = {key: value for key, value in vars(real).items() if key not in {"id", "_state"}}
    versions = _store(
        CertificateVersion,
        len(certificates),
        lambda n: (
            copied
            | {
                "certificate_id": certificates[n].pk,
                "serial": f"{n + 1:x}",
                "sha256": sha256(b"leaf %d" % n).hexdigest(),
                "spki_sha256": sha256(b"key %d" % n).hexdigest(),
                "not_after": certificates[n].not_after,
            }
        ),
    )
    own = CertificateVersion.objects.filter(certificate=OuterRef("pk")).values("pk")
    Certificate.objects.filter(current_version=None).update(current_version=Subquery(own[:1]))
    return versions


def _listeners(sizes: Sizes, certificates: list[Certificate]) -> list[Listener]:
    instances = _store(
        LoadBalancer,
        sizes.instances,
        lambda n: {
            "name": f"instance-{n:05}",
            "region": "cn-hangzhou",
            "bind_address": f"127.{n // 250 + 1}.0.{n % 250}",
        },
    )
    groups = _store(ServerGroup, sizes.server_groups, lambda n: {"name": f"group-{n:05}"})
    _store(
        Server,
        3 * len(groups),
        lambda n: {"group": groups[n // 3], "address": f"192.0.2.{n % 250}", "port": 8000 + n % 3},
    )
    others = len(instances) - 1
    listeners = _store(
        Listener,
        sizes.listeners,
        lambda n: {
            "load_balancer": instances[0 if n < LISTENERS_OF_ONE else 1 + n % others],
            "server_group": groups[0 if n < LISTENERS_OF_ONE else n % len(groups)],
            "port": 1000 + n,
            "name": f"listener-{n:05}",
            "security_policy": WIZARD_POLICY,
            "mutual_authentication": n == 0,
            "created_by": "bench",
        },
    )
    servers = [certificate for certificate in certificates if certificate.kind == Kind.SERVER]
    authority = next(certificate for certificate in certificates if certificate.kind == Kind.CA)
    _store(
        Binding,
        len(listeners),
        lambda n: {"listener": listeners[n], "role": "default", "certificate": servers[0 if n < SHARED_BY else n]},
    )
    _store(
        Binding,
        ADDITIONAL_OF_ONE,
        lambda n: {"listener": listeners[0], "role": "additional", "certificate": servers[1 + n]},
    )
    Binding.objects.create(listener=listeners[0], role="ca", certificate=authority)
    return listeners


def _observations(listeners: list[Listener]) -> None:
    now = timezone.now()
    NodeStatus.objects.create(node=NODE, pid=1, started_at=now, seen_at=now + dt.timedelta(days=1))
    _store(
        ListenerStatus,
        len(listeners),
        lambda n: {
            "listener": listeners[n],
            "node": NODE,
            "state": "rejected" if n % 100 == 99 else "running",
            "problems": [{"code": "rejected", "message": "key values mismatch"}] if n % 100 == 99 else [],
            "handshakes": n,
            "failures": {"no certificate": n},
        },
    )
    servers = list(Server.objects.order_by("id")[:3])
    _store(
        ServerHealth,
        3 * min(LISTENERS_OF_ONE, len(listeners)),
        lambda n: {
            "server": servers[n % 3],
            "listener": listeners[n // 3],
            "node": NODE,
            "state": "healthy",
            "since": now,
        },
    )
    _store(
        ServedReceipt,
        len(listeners) + RECEIPTS_OF_ONE,
        lambda n: {
            "listener": listeners[max(0, n - RECEIPTS_OF_ONE)],
            "node": NODE,
            "server_name": f"host-{n}.example.com",
            "expected_sha256": "0" * 64,
            "served_sha256": "0" * 64,
            "is_expected": n % 1000 != 999,
            "handshake_milliseconds": 1.5,
            "at": now,
        },
    )


def _events(certificates: list[Certificate], listeners: list[Listener]) -> None:
    now = timezone.now()
    _changes(certificates, listeners)
    notices = _notices(certificates, now)
    _told(notices, _deliveries(len(listeners), now))
    _store(Scan, 4000, lambda n: {"started_at": now, "finished_at": now, "requested_by": "lbadmin"})


def _changes(certificates: list[Certificate], listeners: list[Listener]) -> None:
    subjects = [("certificate", certificate.pk) for certificate in certificates]
    subjects += [("listener", listener.pk) for listener in listeners]
    _store(
        Change,
        len(subjects),
        lambda n: {
            "kind": f"{subjects[n][0]}.created",
            "object_type": subjects[n][0],
            "object_id": subjects[n][1],
            "summary": "created",
            "actor_name": f"operator-{n % 50}",
            "actor_via": "rest",
        },
    )


def _notices(certificates: list[Certificate], now: dt.datetime) -> list[Notice]:
    return _store(
        Notice,
        len(certificates),
        lambda n: {
            "subject_kind": "certificate",
            "subject_id": certificates[n].pk,
            "generation": "1",
            "threshold_hours": 720,
            "state": "told",
            "subject_name": certificates[n].name,
            "expires_at": certificates[n].not_after,
            "created_at": now,
        },
    )


def _deliveries(count: int, now: dt.datetime) -> list[Delivery]:
    channels = _store(
        Channel,
        5,
        lambda n: {"name": f"channel-{n}", "kind": "email", "target": "ops@example.com", "created_by": "bench"},
    )
    return _store(
        Delivery,
        count,
        lambda n: {
            "channel": channels[n % 5],
            "kind": "expiry",
            "state": "sent",
            "next_attempt_at": now,
            "created_at": now,
            "sent_at": now,
        },
    )


def _told(notices: list[Notice], deliveries: list[Delivery]) -> None:
    """Tell each notice in a delivery; the last one is the digest of a day on which very many ended."""
    told_in = [deliveries[n % len(deliveries) if n % 10 else -1] for n in range(len(notices))]
    _store(
        DeliveryNotice,
        len(notices),
        lambda n: {"delivery": told_in[n], "notice": notices[n], "channel": told_in[n].channel},
    )
