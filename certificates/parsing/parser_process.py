"""The parser's process: ``python -m certificates.parsing.parser_process``, with its socket as standard input.

It knows no setting, no database and no secret but the one upload at hand, and it may be killed at any moment.
"""

import logging
import resource
import signal
import socket
import sys
import warnings
from collections.abc import Callable
from typing import Any, TypeVar

from certificates.parsing.bundles import Bundle, Upload, read_bundle, read_served
from certificates.parsing.drops import Drop, read_drop
from certificates.parsing.refusals import Refusal
from certificates.parsing.revocation_lists import read_list
from certificates.parsing.splitting import Understood
from certificates.parsing.wire import (
    is_drop,
    is_list_upload,
    is_served,
    pack_links,
    pack_list,
    pack_result,
    pack_understood,
    receive,
    send,
    unpack_drop,
    unpack_list_upload,
    unpack_served,
    unpack_upload,
)

MEMORY_BYTES = 768 * 1024 * 1024
OPEN_FILES = 16
# An idle parser gives its memory back; the next upload starts another.
IDLE_SECONDS = 300
# Of computing for one upload: half a second does for anything real, and the limits that are read beforehand leave
# what is encrypted inside of something encrypted.
CPU_SECONDS = 5.0

logger = logging.getLogger("certificates.parsing.parser")
Request = TypeVar("Request")
Result = TypeVar("Result")


def read_safely(upload: Upload) -> Bundle | Refusal:
    """Return the bundle or the refusal, whatever the bytes are."""
    return _safely(read_bundle, upload)


def read_drop_safely(drop: Drop) -> Understood | Refusal:
    """Return what a drop holds, whatever the bytes are."""
    return _safely(read_drop, drop)


def _answer(message: dict[str, Any]) -> dict[str, Any]:
    """Read what one message asks for; the kernel ends this process when that takes too much computing."""
    signal.setitimer(signal.ITIMER_PROF, CPU_SECONDS)
    try:
        return _read(message)
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def _read(message: dict[str, Any]) -> dict[str, Any]:
    if is_list_upload(message):
        return pack_list(_safely(read_list, unpack_list_upload(message)))
    if is_drop(message):
        return pack_understood(read_drop_safely(unpack_drop(message)))
    if is_served(message):
        return pack_links(_safely(read_served, unpack_served(message)))
    return pack_result(read_safely(unpack_upload(message)))


def _safely(read: Callable[[Request], Result], request: Request) -> Result | Refusal:
    try:
        return read(request)
    except Refusal as refusal:
        return refusal
    except MemoryError:
        return Refusal("input.too-hard")
    except Exception as error:  # noqa: BLE001
        # The edge of this process: hostile bytes found a way that the library does not document. Its message may
        # quote them, so only the kind of the error is logged.
        logger.error("an upload could not be read: %s", type(error).__qualname__)  # noqa: TRY400
        return Refusal("input.unreadable")


def _confine() -> None:
    """Bound memory and files, and leave no core: a core would hold the key."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (OPEN_FILES, OPEN_FILES))


def serve(connection: socket.socket) -> None:
    """Answer until the other side is gone, or silent for five minutes."""
    connection.settimeout(IDLE_SECONDS)
    while True:
        try:
            send(connection, [_answer(message) for message in receive(connection)])
        except (EOFError, OSError):
            return


def main() -> None:
    """Serve on standard input."""
    # A terminal's Ctrl-C goes to the whole group; this process ends when its owner does.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    warnings.simplefilter("ignore")
    logging.basicConfig(format="%(levelname)s %(name)s: %(message)s")
    _confine()
    with socket.socket(fileno=sys.stdin.fileno()) as connection:
        serve(connection)


if __name__ == "__main__":
    main()
