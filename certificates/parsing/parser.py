"""Have uploads parsed in a process of its own: bounded in time and memory, restarted when it had to be killed.

One parser a process, started at the first upload and shared by its threads. It is a plain subprocess, so it works in
Celery's children too, which may have no ``multiprocessing`` ones. After a fork the child forgets its parent's parser.
"""

import atexit
import logging
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from certificates.parsing.bundles import Bundle, Link, ServedChain, Upload
from certificates.parsing.drops import Drop
from certificates.parsing.formats import LARGEST_INPUT_BYTES
from certificates.parsing.refusals import Refusal
from certificates.parsing.revocation_lists import FIELD as LIST_FIELD
from certificates.parsing.revocation_lists import LARGEST_LIST_BYTES, ListUpload, ReadList
from certificates.parsing.splitting import Understood
from certificates.parsing.wire import (
    pack_drop,
    pack_list_upload,
    pack_refusal,
    pack_served,
    pack_upload,
    receive,
    send,
    unpack_links,
    unpack_list,
    unpack_result,
    unpack_understood,
)
from console.progress import READ, tell

SECONDS_PER_BATCH = 10.0
SECONDS_TO_WAIT = 30.0  # for the uploads of other threads
BATCH = 50

logger = logging.getLogger(__name__)


class ParserDied(Exception):  # noqa: N818  # an event, not an error of the caller
    """Say that the process went away while it had work."""


class ParserBusy(Exception):  # noqa: N818  # an event, not an error of the caller
    """Say that the work of other threads took all the time there was."""


class _Process:
    """One running parser and the socket to it."""

    def __init__(self) -> None:
        self.connection, theirs = socket.socketpair()
        with theirs:
            self.popen = subprocess.Popen(
                [sys.executable, "-m", "certificates.parsing.parser_process"],
                cwd=Path(__file__).parents[2],
                env={"LC_ALL": "C.UTF-8"},  # nothing of ours: the environment holds secrets
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
            )

    def ask(self, messages: Sequence[dict[str, Any]], seconds: float) -> list[dict[str, Any]]:
        """Return one answer for each message; raise ParserDied when none came in time."""
        self.connection.settimeout(seconds)
        try:
            send(self.connection, messages)
            return list(receive(self.connection))
        except (OSError, EOFError) as error:
            raise ParserDied(type(error).__name__) from None

    def has_ended(self) -> bool:
        """Whether the process is gone, as it is after five idle minutes."""
        return self.popen.poll() is not None

    def stop(self) -> None:
        """Kill the process and collect it."""
        self.connection.close()
        self.popen.kill()
        self.popen.wait()

    def forget(self) -> None:
        """Let go of a process that belongs to the parent of this one."""
        self.connection.close()
        self.popen.returncode = 0  # it is not ours to wait for


class Parser:
    """Hand uploads to the process, one batch at a time."""

    def __init__(self, *, seconds_to_wait: float = SECONDS_TO_WAIT) -> None:
        self.seconds_per_batch = SECONDS_PER_BATCH
        self._seconds_to_wait = seconds_to_wait
        self._lock = threading.Lock()
        self._process: _Process | None = None

    def parse(self, upload: Upload) -> Bundle:
        """Return what ``upload`` holds; raise Refusal when it cannot be used."""
        (result,) = self.parse_many([upload])
        if isinstance(result, Refusal):
            raise result
        return result

    def parse_many(self, uploads: Sequence[Upload]) -> list[Bundle | Refusal]:
        """Return a bundle or a refusal for each upload, in order."""
        results: dict[int, Bundle | Refusal] = {
            position: refusal for position, upload in enumerate(uploads) if (refusal := _too_large(upload))
        }
        asked = [position for position in range(len(uploads)) if position not in results]
        answers = self._in_batches([pack_upload(uploads[position]) for position in asked])
        results |= zip(asked, map(unpack_result, answers), strict=True)
        return [results[position] for position in range(len(uploads))]

    def read_drops(self, drops: Sequence[Drop]) -> list[Understood | Refusal]:
        """Return what each drop holds, or why nothing of it can be used, in order."""
        return [unpack_understood(answer) for answer in self._in_batches([pack_drop(drop) for drop in drops])]

    def read_served(self, chains: Sequence[ServedChain]) -> list[tuple[Link, ...] | Refusal]:
        """Return what the certificates of each chain say, or why they cannot be read, in order."""
        return [unpack_links(answer) for answer in self._in_batches([pack_served(chain) for chain in chains])]

    def read_list(self, upload: ListUpload) -> ReadList:
        """Return what a revocation list says; raise Refusal when it cannot be used."""
        if len(upload.data) > LARGEST_LIST_BYTES:
            raise Refusal("crl.too-large", LIST_FIELD, limit=LARGEST_LIST_BYTES, size=len(upload.data))
        try:
            (answer,) = self._answers([pack_list_upload(upload)])
        except ParserDied as death:
            logger.warning("the certificate parser was stopped over a revocation list (%s)", death)
            raise Refusal("crl.too-hard", LIST_FIELD) from None
        except ParserBusy:
            raise Refusal("input.busy", LIST_FIELD) from None
        result = unpack_list(answer)
        if isinstance(result, Refusal):
            raise result
        return result

    def _in_batches(self, messages: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        answers: list[dict[str, Any]] = []
        for start in range(0, len(messages), BATCH):
            tell(READ, start, len(messages))
            answers += self._batch(messages[start : start + BATCH])
        tell(READ, len(messages), len(messages))
        return answers

    def _batch(self, batch: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        try:
            return self._answers(batch)
        except ParserBusy:
            return [pack_refusal(Refusal("input.busy"))] * len(batch)
        except ParserDied as death:
            logger.warning("the certificate parser was stopped over an upload (%s)", death)
        if len(batch) == 1:
            return [pack_refusal(Refusal("input.too-hard"))]
        # One of them did it: the others are asked alone.
        return [self._batch([message])[0] for message in batch]

    def _answers(self, messages: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        if not self._lock.acquire(timeout=self._seconds_to_wait):
            raise ParserBusy
        try:
            return self._running().ask(messages, self.seconds_per_batch)
        except ParserDied:
            self._discard()
            raise
        finally:
            self._lock.release()

    def _running(self) -> _Process:
        if self._process and self._process.has_ended():
            self._discard()
        if self._process is None:
            self._process = _Process()
        return self._process

    def _discard(self) -> None:
        if self._process:
            self._process.stop()
            self._process = None

    def close(self) -> None:
        """Stop the process; a later upload starts another."""
        with self._lock:
            self._discard()

    def forget_parent(self) -> None:
        """Start anew in a forked child, where another thread's lock would never be released."""
        self._lock = threading.Lock()
        if self._process:
            self._process.forget()
            self._process = None


def _too_large(upload: Upload) -> Refusal | None:
    """Refuse here what is not even worth sending."""
    for field, data in (("certificate_pem", upload.certificate_pem), ("private_key_pem", upload.private_key_pem)):
        if data and len(data) > LARGEST_INPUT_BYTES:
            return Refusal("input.too-large", field, limit=LARGEST_INPUT_BYTES, size=len(data))
    return None


parser = Parser()
atexit.register(parser.close)
os.register_at_fork(after_in_child=parser.forget_parent)
