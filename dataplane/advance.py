"""One step along the change feed: read what changed, compile only that. No state is kept here, nothing is sent."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from dataplane.challenges import collect_challenges
from dataplane.collect import Selection, collect_all, collect_certificates, collect_listeners, collect_server_groups
from dataplane.envoy.checks import Refused
from dataplane.envoy.compile import compile_listener, compile_snapshot, with_replaced_certificate, with_server_groups
from dataplane.envoy.resources import CompiledListener
from dataplane.snapshot import Snapshot
from events.feed import changes_after, newest_change_id
from events.models import Change
from listeners.models import Listener


@dataclass(frozen=True, slots=True)
class Position:
    """What is served, and up to which change."""

    cursor: int
    snapshot: Snapshot
    compiled: Mapping[str, CompiledListener]


@dataclass(frozen=True, slots=True)
class Step:
    """A new position, and what is different from the one before."""

    position: Position
    changes: tuple[Change, ...] = ()
    compiled: tuple[CompiledListener, ...] = ()  # different from before
    removed: frozenset[str] = frozenset()  # listeners that are no longer served
    certificates: frozenset[str] = frozenset()  # different from before


@dataclass(slots=True)
class _Touched:
    """The ids that a run of changes names."""

    listeners: set[str] = field(default_factory=set)
    certificates: set[str] = field(default_factory=set)
    server_groups: set[str] = field(default_factory=set)
    challenges: bool = False


def start(selection: Selection, refused: Refused) -> Position:
    """Read and compile everything."""
    cursor = newest_change_id()  # before the rows: a change in between is then read twice, never missed
    snapshot = collect_all(selection)
    return Position(cursor, snapshot, compile_snapshot(snapshot, refused).listeners)


def advance(selection: Selection, position: Position, refused: Refused) -> Step | None:
    """Follow the change feed from ``position``; None when nothing has changed."""
    changes = changes_after(position.cursor)
    if not changes:
        return None
    touched = _touched(changes, position.snapshot)
    snapshot = _read(selection, position.snapshot, touched)
    step = recompile(position, snapshot, touched.listeners, refused)
    return replace(step, position=replace(step.position, cursor=changes[-1].id), changes=tuple(changes))


def move_on(position: Position, moment: datetime, refused: Refused) -> Step | None:
    """Let time pass: compile again where a revocation list has ended by ``moment``; None where none has."""
    ended = position.snapshot.checking_otherwise_at(moment)
    if not ended:
        return None
    listeners = {listener.id for key in ended for listener in position.snapshot.listeners_with_certificate(key)}
    return recompile(position, replace(position.snapshot, moment=moment), listeners, refused)


def recompile(position: Position, snapshot: Snapshot, listener_ids: Collection[str], refused: Refused) -> Step:
    """Compile what differs between the position's snapshot and ``snapshot``, and ``listener_ids`` in any case."""
    work = _Recompilation(position, snapshot, refused)
    removed = work.drop_removed()
    has_other_challenges = position.snapshot.challenges != snapshot.challenges
    work.compile_whole(snapshot.listeners.keys() if has_other_challenges else listener_ids)
    certificates = work.changed_certificates()
    for certificate_id in certificates:
        work.compile_certificate(certificate_id)
    for group_id in work.changed_groups():
        work.compile_group(group_id)
    different = tuple(value for key, value in work.compiled.items() if position.compiled.get(key) is not value)
    return Step(replace(position, snapshot=snapshot, compiled=work.compiled), (), different, removed, certificates)


class _Recompilation:
    """The listeners of a new snapshot, each compiled again as little as possible."""

    def __init__(self, position: Position, snapshot: Snapshot, refused: Refused) -> None:
        self._old = position.snapshot
        self._new = snapshot
        self._refused = refused
        self._done: set[str] = set()
        self.compiled = dict(position.compiled)

    def drop_removed(self) -> frozenset[str]:
        removed = frozenset(self.compiled.keys() - self._new.listeners.keys())
        for listener_id in removed:
            del self.compiled[listener_id]
        return removed

    def changed_certificates(self) -> frozenset[str]:
        return _changed(self._old.certificates, self._new.certificates)

    def changed_groups(self) -> frozenset[str]:
        return _changed(self._old.server_groups, self._new.server_groups)

    def compile_whole(self, listener_ids: Collection[str]) -> None:
        added = self._new.listeners.keys() - self.compiled.keys()
        self._done |= added | {key for key in listener_ids if key in self._new.listeners}
        for listener_id in self._done:
            self._compile(listener_id)

    def compile_certificate(self, certificate_id: str) -> None:
        before, after = self._old.certificates.get(certificate_id), self._new.certificates[certificate_id]
        for listener in self._new.listeners_with_certificate(certificate_id):
            if listener.id not in self._done:
                compiled = self.compiled[listener.id]
                quick = (
                    with_replaced_certificate(compiled, listener, before, after, self._new.moment) if before else None
                )
                self._keep(listener.id, quick)

    def compile_group(self, group_id: str) -> None:
        for listener in self._new.listeners_of_group(group_id):
            if listener.id not in self._done:
                self._keep(listener.id, with_server_groups(self.compiled[listener.id], self._new, self._refused))

    def _keep(self, listener_id: str, quick: CompiledListener | None) -> None:
        if quick is None:
            self._done.add(listener_id)
            self._compile(listener_id)
        else:
            self.compiled[listener_id] = quick

    def _compile(self, listener_id: str) -> None:
        self.compiled[listener_id] = compile_listener(self._new, listener_id, self._refused)


def _changed(old: Mapping[str, object], new: Mapping[str, object]) -> frozenset[str]:
    # Most values are the very same objects; only the others are compared.
    candidates = [key for key, value in new.items() if old.get(key) is not value]
    return frozenset(key for key in candidates if old.get(key) != new[key])


def _touched(changes: list[Change], snapshot: Snapshot) -> _Touched:
    touched = _Touched()
    balancers = set()
    policies = set()
    for change in changes:
        match change.object_type:
            case "listener":
                touched.listeners.add(change.object_id)
            case "certificate":
                touched.certificates.add(change.object_id)
            case "server_group":
                touched.server_groups.add(change.object_id)
            case "challenge":
                touched.challenges = True
            case "security_policy":
                policies.add(change.object_id)
            case "load_balancer":
                balancers.add(change.object_id)
    if policies:
        touched.listeners |= {key for key, each in snapshot.listeners.items() if each.security_policy in policies}
    # A listener tells its clients of the port of another one.
    touched.listeners |= {key for key, each in snapshot.listeners.items() if each.quic_listener_id in touched.listeners}
    if balancers:
        touched.listeners |= {key for key, value in snapshot.listeners.items() if value.load_balancer_id in balancers}
        touched.listeners |= set(Listener.objects.filter(load_balancer_id__in=balancers).values_list("id", flat=True))
    return touched


def _read(selection: Selection, snapshot: Snapshot, touched: _Touched) -> Snapshot:
    if touched.listeners:
        part = collect_listeners(selection, touched.listeners, snapshot)
        snapshot = snapshot.with_listeners(touched.listeners, part)
    certificates = touched.certificates & snapshot.certificates.keys()
    if certificates:
        snapshot = snapshot.with_certificates(collect_certificates(certificates))
    groups = touched.server_groups & snapshot.server_groups.keys()
    if groups:
        snapshot = _with_groups(snapshot, groups)
    if touched.challenges:
        snapshot = replace(snapshot, challenges=collect_challenges())
    return snapshot


def _with_groups(snapshot: Snapshot, group_ids: Collection[str]) -> Snapshot:
    found = collect_server_groups(group_ids)
    authorities = {group.ca_certificate_id for group in found.values() if group.ca_certificate_id}
    return snapshot.with_server_groups(found, collect_certificates(authorities - snapshot.certificates.keys()))
