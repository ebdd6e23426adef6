"""Between compiling and serving: only listeners whose port is free and that no other node of the machine serves."""

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence

from dataplane.engine.leases import ListenerLeases
from dataplane.engine.ports import PortCheck
from dataplane.envoy.resources import CompiledListener
from dataplane.status import Blocked
from dataplane.xds.cache import ResourceCache

RETRY_SECONDS = 1.0
OWNED_ELSEWHERE = "listener.owned-elsewhere"

logger = logging.getLogger(__name__)

Place = tuple[str, int, str]  # address, port, transport
OnBlocked = Callable[[Mapping[str, Blocked]], None]
OnAdmitted = Callable[[set[str]], None]


class GatedCache(ResourceCache):
    """A resource cache that keeps a listener back while its port is taken, and tries again.

    A listener that moves to a taken port goes on being served where it was. Checks run in a thread; a listener
    that is admitted already passes without one.
    """

    def __init__(
        self,
        leases: ListenerLeases,
        own_pids: Callable[[], frozenset[int]],
        on_blocked: OnBlocked,
        on_admitted: OnAdmitted,
        drain_seconds: float = 0,
    ) -> None:
        super().__init__(drain_seconds)
        self._leases = leases
        self._own_pids = own_pids
        self._on_blocked = on_blocked
        self._on_admitted = on_admitted
        self._admitted: dict[str, Place] = {}
        self._waiting: dict[str, CompiledListener] = {}
        self._blocked: dict[str, Blocked] = {}
        self._news = asyncio.Event()
        self._is_open = False  # once everything was checked for the first time

    @property
    def blocked(self) -> Mapping[str, Blocked]:
        """The listeners that are kept back, and why."""
        return self._blocked

    def fill(self, compiled: Iterable[CompiledListener]) -> None:
        """Take everything; it is answered once every port is checked, since an engine may be serving already."""
        listeners = {listener.id: listener for listener in compiled}
        self._waiting = listeners
        self._news.set()

    def update(self, compiled: Iterable[CompiledListener], removed: Iterable[str] = ()) -> None:
        """Pass on what is admitted, keep the rest for the next check."""
        gone = list(removed)
        known = []
        for listener in compiled:
            if self._is_open and (listener.listener is None or self._is_admitted(listener)):
                self._waiting.pop(listener.id, None)
                known.append(listener)
            else:
                self._waiting[listener.id] = listener
                self._news.set()
        for listener_id in gone:
            self._waiting.pop(listener_id, None)
            self._admitted.pop(listener_id, None)
        self._tell_blocked({key: value for key, value in self._blocked.items() if key in self._waiting})
        if self._is_open:
            super().update(known, gone)
            if gone:
                self._leases.keep_only(self._admitted.keys() | self._waiting.keys())

    def _is_admitted(self, listener: CompiledListener) -> bool:
        return self._admitted.get(listener.id) == listener.place

    async def run(self) -> None:
        """Check what waits: at once when it is new, then every ``RETRY_SECONDS`` until it passes."""
        while True:
            timeout = RETRY_SECONDS if self._waiting else None
            try:
                await asyncio.wait_for(self._news.wait(), timeout)
            except TimeoutError:
                logger.debug("checking %s listeners again", len(self._waiting))
            self._news.clear()
            await self._check()

    async def _check(self) -> None:
        waiting = list(self._waiting.values())
        blocked = await asyncio.to_thread(self._reasons, waiting, self._own_pids())
        # What was changed or removed during the check is not in question any more, or comes again.
        current = [listener for listener in waiting if self._waiting.get(listener.id) is listener]
        admitted = [listener for listener in current if listener.id not in blocked]
        for listener in admitted:
            del self._waiting[listener.id]
            if listener.listener is not None:
                self._admitted[listener.id] = listener.place
        self._pass_on(admitted)
        self._tell_blocked({key: reason for key, reason in blocked.items() if key in self._waiting})

    def _pass_on(self, admitted: Sequence[CompiledListener]) -> None:
        if self._is_open:
            super().update(admitted)
        else:
            self._is_open = True
            super().fill(admitted)
        self._on_admitted({listener.id for listener in admitted})

    def _reasons(self, listeners: Sequence[CompiledListener], own_pids: frozenset[int]) -> dict[str, Blocked]:
        """Return why listeners cannot be served; runs in a thread."""
        ports = PortCheck(own_pids)
        reasons = {
            listener.id: self._reason(listener, ports) for listener in listeners if listener.listener is not None
        }
        return {listener_id: reason for listener_id, reason in reasons.items() if reason is not None}

    def _reason(self, listener: CompiledListener, ports: PortCheck) -> Blocked | None:
        holder = self._leases.acquire(listener.id)
        if holder is not None:
            return Blocked(OWNED_ELSEWHERE, {"holder": str(holder)})
        problem = ports.problem(*listener.place)
        return Blocked(*problem) if problem else None

    def _tell_blocked(self, blocked: Mapping[str, Blocked]) -> None:
        if blocked != self._blocked:
            for listener_id in blocked.keys() - self._blocked.keys():
                logger.warning("listener %s is kept back: %s", listener_id, blocked[listener_id].message)
            self._blocked = dict(blocked)
            self._on_blocked(self._blocked)
