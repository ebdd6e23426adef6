"""What this node knows of each listener, in memory; ``dataplane.observations`` writes it down."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils import timezone

from dataplane.envoy.names import CLUSTER, ENDPOINTS, FILTERS, LISTENER, ROUTES, SECRET, listener_of
from dataplane.envoy.resources import CompiledListener, Resource
from listeners.models import ListenerStatus
from listeners.problem_words import Parameters, message_of

State = ListenerStatus.State
ENGINE_REFUSED = "engine.refused"
LONGEST_REASON = 2000

Key = tuple[str, str]  # resource type and name


def _kept(code: str, parameters: Parameters) -> dict[str, Any]:
    """Return a problem as it is stored: readers say it in their language, logs and older readers in English."""
    return {"code": code, "parameters": dict(parameters), "message": message_of(code, parameters)}


@dataclass(slots=True)
class Blocked:
    """Why a listener is not handed to the engine."""

    code: str
    parameters: Parameters

    @property
    def message(self) -> str:
        """Why, in the language of logs."""
        return message_of(self.code, self.parameters)


@dataclass(frozen=True, slots=True)
class Observation:
    """The state of one listener at one moment, as it is stored."""

    listener_id: str
    state: State
    desired_version: str
    acknowledged_version: str
    acknowledged_at: datetime | None
    problems: tuple[Mapping[str, Any], ...]


@dataclass(slots=True)
class _Engine:
    """What the engine said: versions it took, versions it refused and why."""

    taken: dict[str, dict[str, dict[str, str]]] = field(  # by listener, type and name
        default_factory=lambda: defaultdict(lambda: defaultdict(dict))
    )
    refused: dict[str, dict[Key, tuple[str, str]]] = field(default_factory=lambda: defaultdict(dict))


class StatusBoard:
    """Put together what was compiled, what the engine said to it, and what keeps a listener back.

    It belongs to one event loop and is the observer of the xDS server.
    """

    def __init__(self, compiled: Callable[[], Mapping[str, CompiledListener]]) -> None:
        self._compiled = compiled
        self._engine = _Engine()
        self._blocked: dict[str, Blocked] = {}
        self._last: dict[str, tuple[str, datetime]] = {}
        self._changed: set[str] = set()

    def acknowledged(self, type_url: str, versions: Mapping[str, str]) -> None:
        """Note what the engine took."""
        for name, version in versions.items():
            listener_id = listener_of(type_url, name)
            self._engine.taken[listener_id][type_url][name] = version
            self._engine.refused[listener_id].pop((type_url, name), None)
            self._changed.add(listener_id)

    def rejected(self, type_url: str, name: str, version: str, reason: str, *, has_older: bool) -> None:
        """Note what the engine refused, and its words."""
        listener_id = listener_of(type_url, name)
        self._engine.refused[listener_id][type_url, name] = (version, reason[:LONGEST_REASON])
        self._changed.add(listener_id)

    def engine_restarted(self) -> None:
        """Forget what an engine said that is no more."""
        self._engine = _Engine()
        self._changed |= self._compiled().keys()

    def block(self, blocked: Mapping[str, Blocked]) -> None:
        """Set which listeners are kept back, and why."""
        self._changed |= blocked.keys() ^ self._blocked.keys()
        self._changed |= {key for key in blocked if blocked[key] != self._blocked.get(key)}
        self._blocked = dict(blocked)

    def touch(self, listener_ids: set[str]) -> None:
        """Note that these listeners were compiled anew."""
        self._changed |= listener_ids

    def take_changed(self) -> list[Observation]:
        """Return what has changed since the last call; a listener that is no longer served is stopped."""
        changed, self._changed = self._changed, set()
        return [self.observe(listener_id) for listener_id in sorted(changed)]

    def is_acknowledged(self, listener_id: str) -> bool:
        """Tell whether the engine has taken everything of the listener as it is compiled now."""
        compiled = self._compiled().get(listener_id)
        return compiled is not None and self._is_taken(compiled)

    def observe(self, listener_id: str) -> Observation:
        """Return the state of one listener."""
        compiled = self._compiled().get(listener_id)
        if compiled is None:
            self._forget(listener_id)
            return Observation(listener_id, State.STOPPED, "", "", None, ())
        version = compiled.version
        if self._is_taken(compiled) and self._last.get(listener_id, ("",))[0] != version:
            self._last[listener_id] = (version, timezone.now())
        taken, at = self._last.get(listener_id, ("", None))
        problems = [_kept(problem.code, problem.parameters) for problem in compiled.problems]
        refusals = self._refusals(compiled)
        blocked = self._blocked.get(listener_id)
        if blocked:
            problems.insert(0, _kept(blocked.code, blocked.parameters))
        problems += [_kept(ENGINE_REFUSED, {"reason": reason}) for reason in refusals]
        state = self._state(compiled, is_taken=taken == version, is_refused=bool(refusals), is_blocked=bool(blocked))
        return Observation(listener_id, state, version, taken, at, tuple(problems))

    @staticmethod
    def _state(compiled: CompiledListener, *, is_taken: bool, is_refused: bool, is_blocked: bool) -> State:
        if is_blocked:
            return State.BLOCKED
        if compiled.listener is None or is_refused:
            return State.REJECTED
        return State.RUNNING if is_taken else State.PENDING

    def _is_taken(self, compiled: CompiledListener) -> bool:
        taken = self._engine.taken[compiled.id]
        if compiled.listener is None:
            return False
        if any(taken[type_url].get(part.name) != part.version for type_url, part in _parts(compiled)):
            return False
        secrets = taken[SECRET]
        return all(secrets.get(name) == source.version for name, source in compiled.secrets.items())

    def _refusals(self, compiled: CompiledListener) -> list[str]:
        """Return the engine's words on what it was last offered and did not take."""
        refused = self._engine.refused[compiled.id]
        if not refused:
            return []
        wanted = _wanted(compiled)
        reasons = [reason for key, (version, reason) in refused.items() if wanted.get(key) == version]
        return list(dict.fromkeys(reasons))

    def _forget(self, listener_id: str) -> None:
        self._last.pop(listener_id, None)
        self._engine.taken.pop(listener_id, None)
        self._engine.refused.pop(listener_id, None)


def _parts(compiled: CompiledListener) -> list[tuple[str, Resource]]:
    """Return the resources of a listener, its secrets apart."""
    parts = {
        CLUSTER: compiled.clusters,
        ENDPOINTS: compiled.endpoints,
        FILTERS: compiled.filters,
        ROUTES: compiled.routes,
    }
    found = [(type_url, part) for type_url, named in parts.items() for part in named.values()]
    return [*found, (LISTENER, compiled.listener)] if compiled.listener else found


def _wanted(compiled: CompiledListener) -> dict[Key, str]:
    """Return every resource of a listener with its version."""
    wanted = {(type_url, part.name): part.version for type_url, part in _parts(compiled)}
    return wanted | {(SECRET, name): source.version for name, source in compiled.secrets.items()}
