"""The process that speaks to chat and paging services, run as a module: a question in, an answer out.

Apprise knows some two hundred services, each with requests of its own. Here it can do no harm: every connection is
checked against the allowed addresses at the moment it is made, whatever made it and wherever a redirect leads; nothing
is run, nothing is written, and no file is read but libraries and authorities. The process has no setting, no database
and no environment, takes a bounded amount of memory, gives it back after each message, and may be killed any time.
"""

import importlib
import ipaddress
import json
import logging
import mimetypes
import os
import re
import resource
import socket
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from console.routable import Reach

MEMORY_BYTES = 768 * 1024 * 1024
# They reach the desktop or the log of the machine that lbadmin runs on, and nobody else.
LOCAL_SCHEMES = frozenset({"dbus", "glib", "gnome", "growl", "kde", "macosx", "qt", "syslog", "windows", "blink1"})
FORBIDDEN = frozenset(
    {
        "os.exec",
        "os.fork",
        "os.forkpty",
        "os.posix_spawn",
        "os.putenv",
        "os.remove",
        "os.rename",
        "os.rmdir",
        "os.spawn",
        "os.system",
        "pty.spawn",
        "subprocess.Popen",
    }
)
CONNECTING = frozenset({"socket.connect", "socket.sendmsg", "socket.sendto"})
READABLE = tuple(
    str(Path(place).resolve())
    for place in (sys.prefix, sys.base_prefix, "/etc/ssl", "/etc/pki", "/usr/lib", "/usr/share", "/dev/null")
)
READABLE_ETC = frozenset({"/etc/hosts", "/etc/resolv.conf", "/etc/nsswitch.conf", "/etc/host.conf", "/etc/gai.conf"})
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
AUTHORITIES = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt")
SHORTEST_SECRET = 6


class Guard:
    """Refuse what the process must not do; an audit hook cannot be removed again."""

    def __init__(self, reach: Reach) -> None:
        """Remember which addresses may be connected to; ``refused`` keeps those that were not."""
        self._reach = reach
        self.refused: list[str] = []

    def __call__(self, event: str, arguments: Sequence[Any]) -> None:
        """Raise PermissionError for what is forbidden."""
        if event in CONNECTING:
            self._connect(arguments[0], arguments[1])
        elif event == "open":
            _check_open(arguments[0], arguments[2])
        elif event in FORBIDDEN:
            raise PermissionError(event)

    def _connect(self, connection: socket.socket, place: Any) -> None:
        """Refuse an address out of reach, a name, which would be resolved again, and a socket of this machine."""
        host = place[0] if connection.family in {socket.AF_INET, socket.AF_INET6} and place else str(place)
        try:
            address = ipaddress.ip_address(str(host).partition("%")[0])
        except ValueError:
            address = None
        if address is None or not self._reach.holds(address):
            self.refused.append(str(host))
            raise PermissionError(f"{host} is out of reach")


def _check_open(path: Any, flags: int) -> None:
    if isinstance(path, int):
        return
    name = os.path.realpath(os.fsdecode(path))
    if flags & WRITING and name != "/dev/null":
        raise PermissionError(f"{name} is not to be written")
    if not name.startswith(READABLE) and name not in READABLE_ETC:
        raise PermissionError(f"{name} is not to be read")


class _Said(logging.Handler):
    """Keep the warnings of the library: they say what the service answered."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


def answer(question: Mapping[str, Any]) -> dict[str, Any]:
    """Return what became of a question: ``check`` an address, or ``send`` a message to it."""
    apprise = importlib.import_module("apprise")
    said = _Said()
    logging.getLogger("apprise").addHandler(said)
    service = apprise.Apprise.instantiate(question["url"], suppress_exceptions=True)
    if service is None:
        return {"ok": False, "problem": "unknown", "said": _masked(said.lines, question["url"], "")}
    shown = service.url(privacy=True).partition("?")[0]
    if _scheme(shown) in LOCAL_SCHEMES:
        return {"ok": False, "problem": "local", "shown": shown}
    found = {"ok": True, "shown": shown, "service": str(service.service_name)}
    return found if question["verb"] == "check" else found | _send(apprise, service, question, said)


def _send(apprise: Any, service: Any, question: Mapping[str, Any], said: _Said) -> dict[str, Any]:
    guard = Guard(Reach(tuple(ipaddress.ip_network(text) for text in question["allowed"])))
    mimetypes.init()
    if "overflow=" not in question["url"]:
        service.overflow_mode = apprise.OverflowMode.SPLIT  # services that take short messages get several
    sys.addaudithook(guard)
    try:
        is_sent = bool(service.notify(title=question["title"], body=question["body"], notify_type=question["type"]))
    except Exception as error:  # noqa: BLE001  # the edge of this process: any of two hundred services may break
        is_sent, lines = False, [f"{type(error).__name__}: {error}"]
    else:
        lines = said.lines
    shown = service.url(privacy=True)
    return {"ok": is_sent, "refused": guard.refused[:1], "said": _masked(lines, question["url"], shown)}


def _scheme(url: str) -> str:
    return url.partition(":")[0].lower()


def _masked(lines: Sequence[str], url: str, shown: str) -> str:
    """Return the lines without any part of the address that its public form does not show."""
    text = " ".join(lines)
    parts = {part for part in re.split(r"[^\w.-]+", url) if len(part) >= SHORTEST_SECRET and part not in shown}
    for part in sorted(parts, key=len, reverse=True):
        text = text.replace(part, "…")
    return text[:2000]


def _trust_the_machine() -> None:
    """Have a company's own authority count, as it does for webhooks."""
    for place in AUTHORITIES:
        if Path(place).exists():
            os.environ["REQUESTS_CA_BUNDLE"] = place
            return


def main() -> None:
    """Answer the one question of standard input."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _trust_the_machine()
    json.dump(answer(json.load(sys.stdin)), sys.stdout)


if __name__ == "__main__":
    main()
