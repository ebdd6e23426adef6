"""A progress bar for commands, where a person watches."""

import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TextIO

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from console.progress import APPLY, MAKE_KEYS, READ, SEAL, SIGN, STORE, listening

STEP_WORDS: Mapping[str, str | Promise] = {
    READ: _("Reading"),
    MAKE_KEYS: _("Making keys"),
    SIGN: _("Signing"),
    STORE: _("Storing"),
    APPLY: _("Applying"),
    SEAL: _("Sealing"),
}
WIDTH = 30
_SECONDS_BETWEEN = 0.1
_CLEAR_LINE = "\r\x1b[K"


class _Bar:
    """One line that is written over, at most ten times a second."""

    def __init__(self, terminal: TextIO) -> None:
        self._terminal = terminal
        self._drawn_at = 0.0

    def __call__(self, step: str, done: int, total: int) -> None:
        if done >= total:  # what is printed next finds the line free
            self.clear()
            return
        now = time.monotonic()
        if now - self._drawn_at < _SECONDS_BETWEEN:
            return
        self._drawn_at = now
        filled = WIDTH * done // max(total, 1)
        bar = "#" * filled + "." * (WIDTH - filled)
        self._write(f"{_CLEAR_LINE}{STEP_WORDS[step]} [{bar}] {done}/{total}")

    def clear(self) -> None:
        """Leave the line as if nothing had been there."""
        if self._drawn_at:
            self._write(_CLEAR_LINE)
            self._drawn_at = 0.0

    def _write(self, text: str) -> None:
        self._terminal.write(text)
        self._terminal.flush()


@contextmanager
def progress_bar(terminal: TextIO | None = None) -> Iterator[None]:
    """Show on a terminal (standard error) how far the work within has come; show nothing where it is none."""
    terminal = terminal or sys.stderr
    if not terminal.isatty():
        yield
        return
    bar = _Bar(terminal)
    try:
        with listening(bar):
            yield
    finally:
        bar.clear()
