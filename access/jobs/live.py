"""What is known of jobs under way: how far each is, and whether somebody wants it to stop.

It is in Redis, because nobody sees what the transaction that does the work writes before its end. Whoever does a job
says so every second; a job of which nothing is heard is not under way.
"""

import datetime as dt
import logging
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import redis
from django.utils import timezone

from console.progress import StoppedError
from events.wake import redis_client

LIFE_SECONDS = 15
BEAT_SECONDS = 1.0
STOP_SECONDS = 3600  # as long as a wish to stop is remembered
_PREFIX = "lbadmin:job:"

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Live:
    """How far a job is: ``step`` is one of console.progress.STEPS, or empty before the first."""

    started_at: dt.datetime
    step: str = ""
    done: int = 0
    total: int = 0
    is_stopping: bool = False


def _name(job_id: str) -> str:
    return f"{_PREFIX}{job_id}"


def _stop_name(job_id: str) -> str:
    return f"{_PREFIX}{job_id}:stop"


def live_jobs(job_ids: Sequence[str]) -> Mapping[str, Live]:
    """Return those of the jobs that are under way; none while Redis is down, since nobody works then either."""
    if not job_ids:
        return {}
    try:
        with redis_client().pipeline(transaction=False) as pipe:
            for job_id in job_ids:
                pipe.hgetall(_name(job_id))
                pipe.exists(_stop_name(job_id))
            answers = pipe.execute()
    except redis.RedisError as error:
        logger.warning("it is not known which jobs are under way: %s", error)
        return {}
    heard = zip(job_ids, answers[::2], answers[1::2], strict=True)
    return {job_id: _live(fields, bool(stop)) for job_id, fields, stop in heard if fields}


def _live(fields: Mapping[bytes, bytes], is_stopping: bool) -> Live:  # noqa: FBT001 - private
    told = {name.decode(): value.decode() for name, value in fields.items()}
    started_at = dt.datetime.fromisoformat(told["started_at"])
    return Live(started_at, told["step"], int(told["done"]), int(told["total"]), is_stopping)


def ask_to_stop(job_id: str) -> None:
    """Have whoever does a job stop at its next step, with nothing done. Raises redis.RedisError."""
    redis_client().set(_stop_name(job_id), 1, ex=STOP_SECONDS)


class Pulse:
    """Says every second, as long as the block lasts, that a job is under way; hears of its progress meanwhile."""

    def __init__(self, job_id: str) -> None:
        self.live = Live(timezone.now())
        self._job_id = job_id
        self._wanted_stop = threading.Event()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._beat_on, name=f"pulse-{job_id}", daemon=True)

    def __enter__(self) -> Self:
        self._beat()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()
        self._sent("DEL", _name(self._job_id), _stop_name(self._job_id))

    def hear(self, step: str, done: int, total: int) -> None:
        """Keep how far the work is. Raises StoppedError when somebody wants it to stop."""
        self.live = Live(self.live.started_at, step, done, total)
        self.check()

    def check(self) -> None:
        """Raise StoppedError when somebody wants the work to stop."""
        if self._wanted_stop.is_set():
            raise StoppedError

    def _beat_on(self) -> None:
        while not self._over.wait(BEAT_SECONDS):
            self._beat()

    def _beat(self) -> None:
        live, name = self.live, _name(self._job_id)
        told = {"started_at": live.started_at.isoformat(), "step": live.step, "done": live.done, "total": live.total}
        self._sent("HSET", name, *(part for pair in told.items() for part in pair))
        self._sent("EXPIRE", name, LIFE_SECONDS)
        if self._sent("EXISTS", _stop_name(self._job_id)):
            self._wanted_stop.set()

    def _sent(self, *command: Any) -> Any:
        try:
            return redis_client().execute_command(*command)  # type: ignore[no-untyped-call]
        except redis.RedisError as error:
            logger.warning("job %s cannot tell how far it is: %s", self._job_id, error)
            return None
