"""The quick start's terminal: aligned prefixes, colours for eyes only, and who gets Ctrl-C."""

import asyncio
import contextlib
import os
import select
import signal
import sys
from collections.abc import Iterator

WIDTH = 8
_COLOURS = {"console": 36, "worker": 33, "beat": 35, "redis": 31, "node": 32, "sample": 34, "setup": 90}


def say(text: str) -> None:
    """Print a line of the quick start itself."""
    print_line("lbadmin", text)


def print_line(name: str, text: str) -> None:
    """Print one line of a process behind its name; a terminal that is gone is no error."""
    prefix = f"{name:<{WIDTH}}|"
    if sys.stdout.isatty():
        prefix = f"\033[{_COLOURS.get(name, 1)}m{prefix}\033[0m"
    print_plain(f"{prefix} {text}")


def print_plain(text: str) -> None:
    """Print a line that has no process; a terminal that is gone is no error."""
    with contextlib.suppress(OSError):
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()


@contextlib.contextmanager
def own_foreground() -> Iterator[int | None]:
    """Take Ctrl-C for this process alone while the block runs; yield the terminal, None without one.

    make dies of Ctrl-C even when the command it runs ends well. A process group of its own in the terminal's
    foreground, as a shell gives each job, lets the quick start answer it and ``make run`` exit 0. Ctrl-Z is ignored
    there, since make would not notice it and hang.
    """
    terminal = _controlling_terminal()
    if terminal is None:
        yield None
        return
    former = os.getpgrp()
    os.setpgid(0, 0)
    signal.signal(signal.SIGTTOU, signal.SIG_IGN)  # a background process may not choose the foreground otherwise
    signal.signal(signal.SIGTSTP, signal.SIG_IGN)
    os.tcsetpgrp(terminal, os.getpgrp())
    try:
        yield terminal
    finally:
        with contextlib.suppress(OSError):  # the terminal was closed
            os.tcsetpgrp(terminal, former)


async def closed(terminal: int | None) -> None:
    """Return once the terminal is gone; never, without one.

    The kernel tells only the session's leader. That may be make, which waits for this process instead of ending.
    """
    poll = select.poll()
    if terminal is not None:
        poll.register(terminal, 0)
    while not poll.poll(0):  # noqa: ASYNC110 - a hang-up can only be polled for
        await asyncio.sleep(0.5)


def _controlling_terminal() -> int | None:
    """Return the terminal if a parent shares it with this process in its foreground, else None."""
    try:
        descriptor = sys.stdin.fileno()
        is_shared = os.tcgetpgrp(descriptor) == os.getpgrp() != os.getpid()
    except (OSError, ValueError, AttributeError):  # no terminal; standard input closed or missing
        return None
    return descriptor if is_shared else None
