"""Keep the engine's resources in step with the database: everything once, then along the change feed."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import replace

import redis.asyncio
from django.conf import settings
from django.db import Error
from django.utils import timezone
from redis.exceptions import RedisError

from console.errors import DomainError
from dataplane.advance import Position, Step, advance, move_on, recompile, start
from dataplane.collect import Selection, collect_all
from dataplane.database import DatabaseThread
from dataplane.envoy.names import SECRET, listener_of, ticket_secrets
from dataplane.envoy.resources import CompiledListener
from dataplane.garbage import uncollected
from dataplane.secrets import SecretStore
from dataplane.snapshot import Snapshot
from dataplane.xds.cache import ResourceCache
from events.feed import newest_change_id
from events.wake import CHANNEL
from listeners.tickets import seconds_to_rotation, ticket_keys

logger = logging.getLogger(__name__)

POLL_SECONDS = 0.1  # what a change waits for at most when Redis does not wake us
COMPARE_SECONDS = 300.0
CLOCK_SECONDS = 1.0
FIRST_RETRY_SECONDS = 0.1
LAST_RETRY_SECONDS = 5.0
REDIS_RETRY_SECONDS = 1.0
CHAINS_AT_ONCE = 320  # that get new session ticket keys: some 20 ms of the engine's main thread
TURN_SECONDS = 0.2

# Called in the event loop after each step, when the cache has it.
Applied = Callable[[Step], None]


class Follower:
    """Follow the database for one node."""

    def __init__(
        self,
        cache: ResourceCache,
        secrets: SecretStore,
        selection: Selection,
        applied: Applied,
        *,
        poll_seconds: float = POLL_SECONDS,
    ) -> None:
        self._cache = cache
        self._secrets = secrets
        self._selection = selection
        self._applied = applied
        self._poll_seconds = poll_seconds
        self._database = DatabaseThread("follow")
        self._comparing = DatabaseThread("compare")  # so that changes are followed meanwhile
        self._refused: dict[tuple[str, str], str] = {}
        self._wake = asyncio.Event()
        self._turn = asyncio.Lock()  # one step at a time
        self._position = Position(0, Snapshot(), {})
        self.is_woken = False  # by Redis; if not, the poll sees each change
        self.problem = ""  # what keeps the node from following; empty when nothing does
        secrets.unavailable = self.refuse

    @property
    def cursor(self) -> int:
        """The newest change that the engine's resources contain."""
        return self._position.cursor

    @property
    def snapshot(self) -> Snapshot:
        """What is served."""
        return self._position.snapshot

    @property
    def compiled(self) -> Mapping[str, CompiledListener]:
        """The same as the engine's resources."""
        return self._position.compiled

    async def run(self) -> None:
        """Follow until cancelled; errors of the database and of Redis are survived."""
        try:
            await self._repeatedly(self._begin, once=True)
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._repeatedly(self._follow))
                tasks.create_task(self._repeatedly(self._rotate_tickets))
                tasks.create_task(self._repeatedly(self._compare))
                tasks.create_task(self._repeatedly(self._end_lists))
                tasks.create_task(self._listen())
        finally:
            await self._database.close()
            await self._comparing.close()
            await self._secrets.close()

    def refuse(self, secret: str, version: str, reason: str) -> None:
        """Leave a certificate out that the engine has never taken in this slot: a chain without it waits for ever."""
        self._refused[secret, version] = reason
        task = asyncio.ensure_future(self._leave_out(listener_of(SECRET, secret)))
        task.add_done_callback(_log_failure)

    async def _leave_out(self, listener_id: str) -> None:
        async with self._turn:
            position = self._position
            step = await self._database.run(recompile, position, position.snapshot, {listener_id}, self._refused)
            await self._apply(step)

    async def _begin(self) -> None:
        """Read everything once. Session ticket keys come first: no listener can do without."""
        self._secrets.set_ticket_keys(await self._database.run(ticket_keys))
        with uncollected():
            self._position = await self._database.run(start, self._selection, self._refused)
        names = [name for listener in self._position.compiled.values() for name in listener.tickets]
        self._cache.put_secrets(self._secrets.ticket_sources(names))
        self._cache.fill(self._position.compiled.values())
        self._applied(Step(self._position, (), tuple(self._position.compiled.values())))

    async def _follow(self) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), self._poll_seconds)
        self._wake.clear()
        await self.catch_up()

    async def catch_up(self) -> None:
        """Apply every change there is."""
        async with self._turn:
            while True:
                step = await self._database.run(advance, self._selection, self._position, self._refused)
                if step is None:
                    return
                await self._apply(step)

    async def _apply(self, step: Step) -> None:
        known = self._cache.entries(SECRET)
        new = [name for listener in step.compiled for name in listener.tickets if name not in known]
        self._cache.put_secrets(self._secrets.ticket_sources(new))
        self._cache.update(step.compiled, step.removed)
        self._cache.drop_secrets(name for listener_id in step.removed for name in ticket_secrets(listener_id))
        self._position = step.position
        await asyncio.sleep(0)  # what has changed is on its way to the engine before anything else is done with it
        self._applied(step)

    async def _rotate_tickets(self) -> None:
        await asyncio.sleep(seconds_to_rotation())
        self._secrets.set_ticket_keys(await self._database.run(ticket_keys))
        for names in ticket_turns(self._position.compiled.values()):
            # A listener that is gone meanwhile has none any more.
            served = self._cache.entries(SECRET)
            self._cache.put_secrets(self._secrets.ticket_sources(name for name in names if name in served))
            await asyncio.sleep(TURN_SECONDS)

    async def _end_lists(self) -> None:
        """Act at the end of a revocation list, which no change tells of."""
        await asyncio.sleep(CLOCK_SECONDS)
        async with self._turn:
            step = await self._database.run(move_on, self._position, timezone.now(), self._refused)
            if step is not None:
                await self._apply(step)

    async def _compare(self) -> None:
        await asyncio.sleep(COMPARE_SECONDS)
        await self.compare()

    async def compare(self) -> bool:
        """Read everything again and compare; tell whether it was as followed. A difference is logged and served."""
        position = self._position
        found = await self._comparing.run(_difference, self._selection, position)
        if found is None:
            return True
        async with self._turn:
            if self._position is not position:
                return True  # it was collected beside a change; the next comparison sees what is left
            different = _differences(position.snapshot, found)
            logger.error("a full comparison found what the change feed did not tell: %s", ", ".join(different))
            changed = {key for key in found.listeners if found.listeners[key] != position.snapshot.listeners.get(key)}
            await self._apply(await self._database.run(recompile, position, found, changed, self._refused))
            return False

    async def _listen(self) -> None:
        """Wake at each commit. Without Redis the poll goes on alone; each outage is told once."""
        has_told = False
        while True:
            try:
                async with redis.asyncio.from_url(settings.REDIS_URL) as client, client.pubsub() as channel:
                    await channel.subscribe(CHANNEL)
                    async for _message in channel.listen():
                        self.is_woken = True
                        self._wake.set()
            except (RedisError, OSError) as error:
                if self.is_woken or not has_told:
                    logger.warning("Redis does not wake this node, it polls: %s", error)
                self.is_woken, has_told = False, True
            await asyncio.sleep(REDIS_RETRY_SECONDS)

    async def _repeatedly(self, work: Callable[[], Awaitable[None]], *, once: bool = False) -> None:
        """Do ``work`` again and again, or until it worked once; wait a little longer after each failure."""
        delay = FIRST_RETRY_SECONDS
        while True:
            try:
                await work()
            except (Error, DomainError) as error:
                self.problem = f"The node cannot follow the changes: {error}"
                logger.warning("%s; trying again in %.1f s", self.problem, delay)
                await asyncio.sleep(delay)
                delay = min(delay * 2, LAST_RETRY_SECONDS)
                continue
            self.problem = ""
            delay = FIRST_RETRY_SECONDS
            if once:
                return


def _difference(selection: Selection, position: Position) -> Snapshot | None:
    """Read everything; None when it is as followed, or when the change feed has moved on meanwhile."""
    found = collect_all(selection)
    is_same = replace(found, moment=position.snapshot.moment) == position.snapshot
    return None if is_same or newest_change_id() != position.cursor else found


def _differences(old: Snapshot, new: Snapshot) -> list[str]:
    """Return the ids of what differs."""
    return sorted(
        key
        for before, after in (
            (old.listeners, new.listeners),
            (old.server_groups, new.server_groups),
            (old.certificates, new.certificates),
        )
        for key in before.keys() | after.keys()
        if before.get(key) != after.get(key)
    )


def ticket_turns(compiled: Iterable[CompiledListener]) -> Iterator[list[str]]:
    """Share out the secrets of session ticket keys, so that no turn keeps the engine busy for long."""
    turn: list[str] = []
    chains = 0
    for name, count in (pair for listener in list(compiled) for pair in listener.tickets.items()):
        if turn and chains + count > CHAINS_AT_ONCE:
            yield turn
            turn, chains = [], 0
        turn.append(name)
        chains += count
    if turn:
        yield turn


def _log_failure(task: "asyncio.Future[None]") -> None:
    if not task.cancelled() and task.exception() is not None:
        logger.error("a refused certificate could not be left out: %s", task.exception())
