"""Every write to watched addresses, the results of checks apart."""

import re
from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from certificates.names import checked_name
from console.errors import ConflictError, InvalidInputError
from console.revisions import refuse_stale, save_revision
from events.actor import Actor
from events.feed import Recorder, recording
from watchlist.models import WatchedAddress
from watchlist.selectors import address_by_id
from watchlist.targets import MOST_LINES, Target, checked_target
from watchlist.waking import wake_checker

SHORTEST_PERIOD, LONGEST_PERIOD = 5, 7 * 24 * 60  # minutes
DEFAULT_PERIOD = 60
MOST_ADDRESSES = 10_000
LONGEST_OWNER = 200
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
LOOKED_UP_AT_ONCE = 200
# What is forgotten when another place is asked.
NO_RESULT: dict[str, Any] = {
    "checked_at": None, "failures": 0, "failing_since": None, "problem": {}, "answered_at": None, "sha256": "",
    "seen_since": None, "subject": "", "issuer": "", "names": [], "not_before": None, "not_after": None,
    "ends_at": None, "ends_sha256": "", "chain": [], "tls_version": "", "trust_problems": [],
}  # fmt: skip


def watch_address(actor: Actor, *, name: str = "", **fields: Any) -> WatchedAddress:
    """Watch one address from now on; ``fields`` are those of watch_addresses and of a target."""
    place = {key: fields.pop(key) for key in ("host", "port", "server_name", "starttls") if key in fields}
    target = checked_target(**place)
    (row,) = watch_addresses(actor, [target], names=[checked_name(name)], **fields)
    return row


def watch_addresses(
    actor: Actor,
    targets: Sequence[Target],
    *,
    names: Sequence[str] = (),
    period_minutes: int = DEFAULT_PERIOD,
    owner: str = "",
    enabled: bool = True,
) -> list[WatchedAddress]:
    """Watch all of ``targets``, or none with the first that is refused; return their rows in order."""
    _check_period(period_minutes)
    owner = _checked_owner(owner)
    if not targets or len(targets) > MOST_LINES:
        message = _("Give from one to %(most)d addresses.") % {"most": MOST_LINES}
        raise InvalidInputError(message, "watched.too-many", field="addresses")
    with recording(actor) as changes:
        _refuse_full(len(targets))
        _refuse_known(targets)
        rows = [
            _new(actor, target, name, period_minutes=period_minutes, owner=owner, enabled=enabled)
            for target, name in zip(targets, names or [""] * len(targets), strict=True)
        ]
        WatchedAddress.objects.bulk_create(rows, batch_size=500)
        for row in rows:
            changes.record("watched_address.created", row, f"Watched the address {row.address}")
        transaction.on_commit(wake_checker)
    return rows


def new_targets(targets: Sequence[Target]) -> list[Target]:
    """Return those of ``targets`` that are not watched yet."""
    known = _known(targets)
    return [target for target in targets if target not in known]


def update_address(
    actor: Actor,
    address_id: str,
    *,
    expected_revision: int | None = None,
    name: str | None = None,
    host: str | None = None,
    port: int | None = None,
    server_name: str | None = None,
    starttls: str | None = None,
    period_minutes: int | None = None,
    owner: str | None = None,
    enabled: bool | None = None,
) -> WatchedAddress:
    """Change what is asked, how often, or by what name it is called; another place forgets what the old one showed."""
    with recording(actor) as changes:
        row = address_by_id(address_id)
        refuse_stale(row, expected_revision, "watched.stale", name=row.name)
        before = _target(row)
        after = checked_target(
            before.host if host is None else host,
            before.port if port is None else port,
            before.server_name if server_name is None else server_name,
            before.starttls if starttls is None else starttls,
        )
        row.name = _renamed(row, before, after, name)
        if after != before:
            _move(row, after)
        if period_minutes is not None:
            _check_period(period_minutes)
            row.period_minutes = period_minutes
        row.owner = row.owner if owner is None else _checked_owner(owner)
        row.enabled = row.enabled if enabled is None else enabled
        _save_due(changes, row, f"Changed the watched address “{row.name}”")
    return row


def check_now(actor: Actor, address_id: str, *, expected_revision: int | None = None) -> WatchedAddress:
    """Have a worker check the address as soon as one is free; raise ConflictError for one that is paused."""
    with recording(actor) as changes:
        row = address_by_id(address_id)
        refuse_stale(row, expected_revision, "watched.stale", name=row.name)
        if not row.enabled:
            message = _("“%(name)s” is not checked at present.") % {"name": row.name}
            raise ConflictError(message, "watched.paused", way_out=_("Switch its checks on first."))
        row.next_check_at = timezone.now()
        row.save(update_fields=["next_check_at"])
        changes.record("watched_address.checked", row, f"Asked for a check of “{row.name}”")
        transaction.on_commit(wake_checker)
    return row


def stop_watching(actor: Actor, address_id: str, *, expected_revision: int | None = None) -> None:
    """Forget the address and what it showed."""
    with recording(actor) as changes:
        row = address_by_id(address_id)
        refuse_stale(row, expected_revision, "watched.stale", name=row.name)
        changes.record("watched_address.deleted", row, f"Stopped watching {row.address}")
        row.delete()


def _new(actor: Actor, target: Target, name: str, **fields: Any) -> WatchedAddress:
    row = WatchedAddress(**fields, created_by=actor.name, next_check_at=timezone.now())
    row.host, row.port, row.server_name, row.starttls = target.host, target.port, target.server_name, target.starttls
    row.name = name or _own_name(target)
    return row


def _own_name(target: Target) -> str:
    host = target.server_name or target.host
    return (f"[{host}]:{target.port}" if ":" in host else f"{host}:{target.port}")[:128]


def _target(row: WatchedAddress) -> Target:
    return Target(row.host, row.port, row.server_name, row.starttls)


def _renamed(row: WatchedAddress, before: Target, after: Target, name: str | None) -> str:
    """Return the new name; one that was made of the address goes on following it."""
    given = row.name if name is None else checked_name(name)
    return _own_name(after) if given in {"", _own_name(before)} else given


def _move(row: WatchedAddress, target: Target) -> None:
    _refuse_known([target])
    row.host, row.port, row.server_name, row.starttls = target.host, target.port, target.server_name, target.starttls
    for field, value in NO_RESULT.items():
        setattr(row, field, value)


def _save_due(changes: Recorder, row: WatchedAddress, summary: str) -> None:
    """Save everything and have it checked; the result of a check that is under way is not taken any more."""
    row.lease = row.leased_until = None
    row.next_check_at = timezone.now()
    fields = [field.name for field in WatchedAddress._meta.concrete_fields if not field.primary_key]  # noqa: SLF001
    save_revision(row, *(field for field in fields if field not in {"revision", "created_at", "created_by"}))
    changes.record("watched_address.updated", row, summary)
    transaction.on_commit(wake_checker)


def _known(targets: Sequence[Target]) -> set[Target]:
    hosts = sorted({target.host for target in targets})
    known: set[Target] = set()
    for start in range(0, len(hosts), LOOKED_UP_AT_ONCE):
        rows = WatchedAddress.objects.filter(host__in=hosts[start : start + LOOKED_UP_AT_ONCE])
        known |= {Target(*values) for values in rows.values_list("host", "port", "server_name", "starttls")}
    return known & set(targets)


def _refuse_known(targets: Sequence[Target]) -> None:
    known = _known(targets)
    if known or len(set(targets)) < len(targets):
        name = _own_name(next(iter(known), targets[0]))
        raise ConflictError(
            _("%(address)s is watched already.") % {"address": name},
            "watched.exists",
            field="host",
            way_out=_("Change that one, or give another port, name or protocol."),
        )


def _refuse_full(count: int) -> None:
    if WatchedAddress.objects.count() + count > MOST_ADDRESSES:
        message = _("The watch list holds at most %(most)d addresses.") % {"most": MOST_ADDRESSES}
        raise ConflictError(message, "watched.full", way_out=_("Delete addresses that are gone."))


def _check_period(minutes: int) -> None:
    if not SHORTEST_PERIOD <= minutes <= LONGEST_PERIOD:
        message = _("%(minutes)d minutes is no period for checks.") % {"minutes": minutes}
        way_out = _("Choose from %(least)d minutes to a week.") % {"least": SHORTEST_PERIOD}
        raise InvalidInputError(message, "watched.period", field="period_minutes", way_out=way_out)


def _checked_owner(text: str) -> str:
    owner = text.strip()
    if len(owner) > LONGEST_OWNER or _CONTROL.search(owner):
        message = _("The owner has a control character, or more than %(most)d characters.") % {"most": LONGEST_OWNER}
        raise InvalidInputError(message, "watched.owner", field="owner")
    return owner
