"""Served receipts: after each change ask the listener what it serves, and keep the answer."""

import asyncio
import logging
import ssl
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from django.utils import timezone

from dataplane.accesslog import ProbeSources
from dataplane.envoy.clients import is_observing
from dataplane.expectation import Served, affected_names, expected_fingerprints
from dataplane.handshake import CLIENT_CERTIFICATE_LIFE, Handshake, client_context, shake_hands
from dataplane.snapshot import Listener
from events.models import Change
from listeners.models import ServedReceipt

NAMES_ASKED = 20  # of one listener at a time; the rest is counted
HANDSHAKES_AT_ONCE = 4
# Waits before each try. The first comes right after the push; the engine takes 3-12 ms to serve it.
WAITS_SECONDS = (0.0, 0.003, 0.004, 0.006, 0.01, 0.02, 0.04, 0.08, 0.16, 0.3, 0.6, 1.0, 1.5, 2.0)
ANY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  (where to connect instead)
STRANGER_ACCEPTED = "A client certificate of no known authority was accepted."
OTHER_SERVED = "The listener serves another certificate."

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class _Question:
    """What is to be asked of one listener."""

    names: dict[str, None] = field(default_factory=dict)
    newest: Change | None = None  # the newest change that the answers cover


class Prober:
    """Ask listeners for names after changes: bounded, and coalesced while changes come faster than answers."""

    def __init__(
        self,
        node: str,
        sources: ProbeSources,
        current: Callable[[str], Served | None],
        keep: Callable[[list[ServedReceipt]], None],
    ) -> None:
        self._node = node
        self._sources = sources
        self._current = current
        self._keep = keep
        self._questions: dict[str, _Question] = {}
        self._known: dict[str, Served] = {}
        self._running: dict[str, asyncio.Task[None]] = {}
        self._slots = asyncio.Semaphore(HANDSHAKES_AT_ONCE)
        self._context: tuple[float, ssl.SSLContext] | None = None

    def learn(self, served: Mapping[str, Served]) -> None:
        """Take what is served as known, without asking for it."""
        self._known = dict(served)

    def changed(self, listener_ids: Collection[str], newest: Change | None) -> None:
        """Ask each listener for the names that clients can notice a difference of."""
        for listener_id in listener_ids:
            new = self._current(listener_id)
            old = self._known.pop(listener_id, None)
            if new is not None:
                self._known[listener_id] = new
                self.ask(listener_id, affected_names(old, new), newest)

    def ask(self, listener_id: str, names: Collection[str], newest: Change | None) -> None:
        """Ask one listener for ``names``, together with what it is still to be asked; one without TLS has no answer."""
        if not names or self._current(listener_id) is None:
            return
        question = self._questions.setdefault(listener_id, _Question())
        question.names.update(dict.fromkeys(names))
        question.newest = newest
        if listener_id not in self._running:
            task = asyncio.create_task(self._answer(listener_id))
            self._running[listener_id] = task
            task.add_done_callback(lambda _: self._running.pop(listener_id, None))

    async def _answer(self, listener_id: str) -> None:
        """Work off the questions of one listener; a process edge, so nothing that goes wrong ends the node."""
        while question := self._questions.pop(listener_id, None):
            try:
                await self._answer_one(listener_id, question)
            except Exception:  # the edge of a question: whatever is wrong with this one, the others are asked
                logger.exception("listener %s could not be asked what it serves", listener_id)

    async def _answer_one(self, listener_id: str, question: _Question) -> None:
        names = list(question.names)[:NAMES_ASKED]
        answers = await asyncio.gather(*(self._ask_until_expected(listener_id, name, question) for name in names))
        receipts = [receipt for receipt in answers if receipt is not None]
        if receipts:
            receipts[0].names_left_out = len(question.names) - len(names)
            self._keep(receipts)

    async def _ask_until_expected(self, listener_id: str, name: str, question: _Question) -> ServedReceipt | None:
        """Ask again until the answer is as expected or the tries are used up; None when the listener is gone."""
        receipt, last, expected = None, None, ""
        async with self._slots:
            for wait in WAITS_SECONDS:
                await asyncio.sleep(wait)
                served = self._current(listener_id)
                if served is None:
                    return None
                if last is None or not served.is_same(last):
                    last, expected = served, expected_fingerprints(served, [name])[name]
                receipt = await self._ask_once(served, name, expected, question)
                if receipt.is_expected:
                    break
        return receipt

    async def _ask_once(self, served: Served, name: str, expected: str, question: _Question) -> ServedReceipt:
        listener = served.listener
        is_refusing = listener.mutual_authentication and not is_observing(listener)
        answer = await self._shake_hands(listener, name, is_refusing=is_refusing)
        now = timezone.now()
        newest = question.newest
        error = _fault(answer, expected, is_refusing=is_refusing)
        return ServedReceipt(
            listener_id=listener.id,
            node=self._node,
            change_id=newest.id if newest else None,
            server_name=name,
            expected_sha256=expected,
            served_sha256=answer.sha256,
            is_expected=not error,
            error=error[:500],
            handshake_milliseconds=answer.milliseconds if answer.sha256 else None,
            commit_to_served_milliseconds=(now - newest.at).total_seconds() * 1000 if newest and not error else None,
            at=now,
        )

    async def _shake_hands(self, listener: Listener, name: str, *, is_refusing: bool) -> Handshake:
        place = ANY_ADDRESS.get(listener.address, listener.address), listener.port
        if listener.is_over_udp:
            # 5 MB that a node without such listeners does not need.
            from dataplane.quic_handshake import shake_hands_over_quic  # noqa: PLC0415

            answer = await shake_hands_over_quic(place, name)
            if answer.sha256:
                self._sources.note_quic(listener.id)
            return answer
        return await shake_hands(
            place,
            name,
            context=self._client_context(),
            wait_for_verdict=is_refusing,
            announce=self._sources.announce,
        )

    def _client_context(self) -> ssl.SSLContext:
        """Return the throwaway client certificate, a new one when half its life is over."""
        now = time.monotonic()
        if self._context is None or now > self._context[0]:
            self._context = (now + CLIENT_CERTIFICATE_LIFE.total_seconds() / 2, client_context())
        return self._context[1]


def _fault(answer: Handshake, expected: str, *, is_refusing: bool) -> str:
    """Return what is not as it should be, empty when all is."""
    if answer.error and not answer.is_refused:
        return answer.error
    if answer.sha256 != expected:
        return OTHER_SERVED
    if is_refusing:
        return "" if answer.is_refused else STRANGER_ACCEPTED
    return answer.error
