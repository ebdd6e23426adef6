"""DNS-01 by a hook: a program of the installation that writes and deletes the record.

It is called as ``NAME present|cleanup RECORD VALUE`` and returns when the record can be seen everywhere. Only programs
in the hook folder of the data directory are run, which only the installation's owner can write to.
"""

import logging
import os
import stat
import subprocess
from pathlib import Path
from typing import Literal

from django.conf import settings
from django.utils.translation import gettext as _

from console.errors import InvalidInputError
from renewals.problems import AttemptFailedError

LONGEST_NAME = 100
LONGEST_OUTPUT = 500

logger = logging.getLogger(__name__)


def hook_folder() -> Path:
    """Return where hooks are."""
    return Path(settings.DATA_DIR) / "hooks"


def hooks() -> list[str]:
    """Return the names of the hooks that can be run."""
    try:
        names = sorted(entry.name for entry in os.scandir(hook_folder()))
    except OSError:
        return []
    return [name for name in names if not problem_of(name)]


def checked_hook(text: str) -> str:
    """Return the name of a hook that can be run; raise InvalidInputError for any other."""
    name = text.strip()
    if problem := problem_of(name):
        raise InvalidInputError(problem, "renewal.invalid-hook", field="dns_hook", way_out=_way_out())
    return name


def problem_of(name: str) -> str:
    """Return why ``name`` cannot be run as a hook, empty when it can."""
    if not name:
        return _("DNS-01 needs a hook that writes the record.")
    if len(name) > LONGEST_NAME or name.startswith(".") or "/" in name or not name.isprintable():
        return _("“%(name)s” is no name of a program in the hook folder.") % {"name": name[:LONGEST_NAME]}
    try:
        status = (hook_folder() / name).lstat()
    except OSError:
        return _("There is no hook “%(name)s”.") % {"name": name}
    if not stat.S_ISREG(status.st_mode) or not os.access(hook_folder() / name, os.X_OK):
        return _("The hook “%(name)s” is no program that can be run.") % {"name": name}
    if status.st_uid not in {0, os.geteuid()} or status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        return _("The hook “%(name)s” belongs to, or can be written by, somebody else.") % {"name": name}
    return ""


def _way_out() -> str:
    folder = {"folder": hook_folder()}
    return _("Put a program into %(folder)s that its owner alone can write (mode 0755) and name it here.") % folder


def record_name(host: str) -> str:
    """Return the name of the record that proves ``host``."""
    return f"_acme-challenge.{host}"


def call_hook(hook: str, verb: Literal["present", "cleanup"], host: str, value: str) -> None:
    """Run a hook to its end; raise AttemptFailedError with what it wrote when it does not succeed."""
    if problem := problem_of(hook):
        raise AttemptFailedError(problem, "renewal.invalid-hook", way_out=_way_out())
    seconds = settings.RENEWALS_HOOK_SECONDS
    command = [str(hook_folder() / hook), verb, record_name(host), value]
    with _started(command, hook) as process:
        try:
            output, _unused = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            _kill_group(process)
            message = _("The hook “%(name)s” did not end within %(seconds)s s.") % {"name": hook, "seconds": seconds}
            raise AttemptFailedError(message, "renewal.hook-timeout", way_out=_("See why it waits.")) from None
    if process.returncode:
        raise _failed(hook, process.returncode, output)


def _started(command: list[str], hook: str) -> "subprocess.Popen[bytes]":
    """Start a hook in a session of its own, with nothing of our environment: it holds secrets."""
    try:
        return subprocess.Popen(
            command,
            cwd=hook_folder(),
            env={"PATH": os.defpath, "LC_ALL": "C.UTF-8", "HOME": str(hook_folder())},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    except OSError as error:
        message = _("The hook “%(name)s” cannot be started: %(reason)s.")
        parts = {"name": hook, "reason": error.strerror or error}
        raise AttemptFailedError(message % parts, "renewal.hook-failed", way_out=_("Check its first line.")) from None


def _kill_group(process: "subprocess.Popen[bytes]") -> None:
    try:
        os.killpg(process.pid, 9)
    except ProcessLookupError:
        logger.info("hook %s had just ended", process.pid)
    process.wait()


def _failed(hook: str, status: int, output: bytes) -> AttemptFailedError:
    text = " ".join(output[-LONGEST_OUTPUT:].decode(errors="replace").split())
    words = "".join(letter if letter.isprintable() else "?" for letter in text)
    message = _("The hook “%(name)s” ended with %(status)s: %(output)s")
    parts = {"name": hook, "status": status, "output": words or "—"}
    return AttemptFailedError(message % parts, "renewal.hook-failed", way_out=_("Run it by hand to see why."))
