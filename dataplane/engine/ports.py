"""Whether a port can be listened on, and if not, who holds it.

The engine binds with SO_REUSEPORT, so a second program of the same user on the same port would start silently and
take a share of the connections. A bind without that option tells before the listener is handed over.
"""

import errno
import ipaddress
import os
import socket
import struct
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path

from dataplane.engine.limits import may_bind
from listeners.problem_words import Parameters

LISTENING = "0A"
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


Problem = tuple[str, Parameters]  # a code of ``listeners.problem_words``


class PortCheck:
    """One round of checks. The tables of the kernel are read once, when the first port is found taken."""

    def __init__(self, own_pids: frozenset[int]) -> None:
        self._own_pids = own_pids

    def problem(self, address: str, port: int) -> Problem | None:
        """Return why ``address``:``port`` cannot be listened on; None when it can, or our engine already does."""
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            # Connections that wait for their last packets do not count: the engine binds over them too.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            try:
                probe.bind((address, port))
            except OSError as error:
                return self._explain(error, address, port)
        return None

    def _explain(self, error: OSError, address: str, port: int) -> Problem | None:
        place = f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
        if error.errno == errno.EADDRINUSE:
            return self._explain_taken(place, self.holders_of(address, port))
        if error.errno == errno.EADDRNOTAVAIL:
            return "listener.address-absent", {"address": address}
        if error.errno == errno.EACCES and not may_bind(port):
            return "listener.port-privileged", {"port": port}
        return "listener.port-unusable", {"place": place, "reason": str(error.strerror)}

    def _explain_taken(self, place: str, holders: Mapping[int, str]) -> Problem | None:
        if holders and holders.keys() <= self._own_pids:
            return None
        strangers = [f"{name} (process {pid})" for pid, name in sorted(holders.items()) if pid not in self._own_pids]
        if not strangers:
            return "listener.port-held-unseen", {"place": place}
        return "listener.port-held", {"place": place, "holders": ", ".join(strangers)}

    def holders_of(self, address: str, port: int) -> dict[int, str]:
        """Return the processes (id -> name) that listen on the port at an address that overlaps ``address``."""
        wanted = ipaddress.ip_address(address)
        inodes = [inode for local, inode in self._listening.get(port, ()) if _overlap(wanted, local)]
        return {pid: _name_of(pid) for inode in inodes for pid in self._owners.get(inode, ())}

    @cached_property
    def _listening(self) -> dict[int, list[tuple[Address, str]]]:
        table: dict[int, list[tuple[Address, str]]] = {}
        for port, address, inode in _listening_sockets():
            table.setdefault(port, []).append((address, inode))
        return table

    @cached_property
    def _owners(self) -> dict[str, set[int]]:
        owners: dict[str, set[int]] = {}
        for pid, inode in _socket_inodes():
            owners.setdefault(inode, set()).add(pid)
        return owners


def _overlap(wanted: Address, other: Address) -> bool:
    if wanted.version != other.version:
        # A socket on :: takes IPv4 too unless it says otherwise, which /proc does not tell.
        return other.is_unspecified and other.version == 6  # noqa: PLR2004
    return wanted == other or wanted.is_unspecified or other.is_unspecified


def _listening_sockets() -> Iterator[tuple[int, Address, str]]:
    """Yield port, address and inode of each listening socket (proc_net_tcp in the kernel's documents)."""
    for table in ("tcp", "tcp6"):
        try:
            lines = Path(f"/proc/net/{table}").read_text().splitlines()[1:]
        except FileNotFoundError:
            continue
        for fields in map(str.split, lines):
            address, _, number = fields[1].partition(":")
            if fields[3] == LISTENING:
                yield int(number, 16), _address(address), fields[9]


def _address(text: str) -> Address:
    """Read an address of /proc/net: 32-bit words in the machine's byte order."""
    words = [int(text[i : i + 8], 16) for i in range(0, len(text), 8)]
    packed = struct.pack(f"={len(words)}I", *words)
    address = ipaddress.ip_address(packed)
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def _socket_inodes() -> Iterator[tuple[int, str]]:
    """Yield process id and inode of each socket of the processes that this user may look into."""
    for process in Path("/proc").iterdir():
        if process.name.isdigit():
            for link in _links(process / "fd"):
                if link.startswith("socket:["):
                    yield int(process.name), link[8:-1]


def _links(directory: Path) -> Iterator[str]:
    try:
        with os.scandir(directory) as entries:
            for entry in entries:
                try:
                    yield os.readlink(entry.path)  # noqa: PTH115  (thousands of links; a Path each is slow)
                except OSError:  # closed meanwhile
                    continue
    except OSError:  # another user's, or ended meanwhile
        return


def _name_of(pid: int) -> str:
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        name = Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return "a process that has just ended"
    return Path(words[0].decode(errors="replace")).name or name
