"""Whether a port can be listened on, and if not, who holds it. TCP and UDP have ports of their own.

The engine binds with SO_REUSEPORT, so a second program of the same user on the same port would start silently and
take a share of the connections. A bind without that option tells before the listener is handed over.
"""

import errno
import ipaddress
import os
import socket
import struct
from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from dataplane.engine.limits import may_bind
from listeners.problem_words import Parameters

TCP, UDP = "tcp", "udp"
LISTENING = "0A"
UNCONNECTED, CONNECTED = "07", "01"
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


Problem = tuple[str, Parameters]  # a code of ``listeners.problem_words``


@dataclass(frozen=True, slots=True)
class _Socket:
    """A socket that holds a port. One of UDP that is ``connected`` takes packets of its peer alone."""

    address: Address
    inode: str
    connected: bool


class PortCheck:
    """One round of checks. The tables of the kernel are read once, when the first port is found taken."""

    def __init__(self, own_pids: frozenset[int]) -> None:
        self._own_pids = own_pids
        self._holding = cache(_holding_sockets)
        self._owners = cache(_owners_of_sockets)

    def problem(self, address: str, port: int, transport: str = TCP) -> Problem | None:
        """Return why ``address``:``port`` cannot be listened on; None when it can, or our engine already does."""
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        with socket.socket(family, socket.SOCK_DGRAM if transport == UDP else socket.SOCK_STREAM) as probe:
            if transport == TCP:
                # Connections that wait for their last packets do not count: the engine binds over them too.
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            try:
                probe.bind((address, port))
            except OSError as error:
                return self._explain(error, address, port, transport)
        return None

    def _explain(self, error: OSError, address: str, port: int, transport: str) -> Problem | None:
        place = f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
        if error.errno == errno.EADDRINUSE:
            return self._explain_taken(f"{transport.upper()} {place}", self._holders(address, port, transport))
        if error.errno == errno.EADDRNOTAVAIL:
            return "listener.address-absent", {"address": address}
        if error.errno == errno.EACCES and not may_bind(port):
            return "listener.port-privileged", {"port": port}
        return "listener.port-unusable", {"place": place, "reason": str(error.strerror)}

    def _explain_taken(self, place: str, holders: Collection[_Socket]) -> Problem | None:
        pids = {pid for holder in holders for pid in self._owners().get(holder.inode, ())}
        if pids and pids <= self._own_pids and not any(holder.connected for holder in holders):
            return None
        # What the engine itself sends to a server from holds a port, too, and does not share it.
        strangers = sorted(pids - self._own_pids or pids)
        if not strangers:
            return "listener.port-held-unseen", {"place": place}
        named = ", ".join(f"{_name_of(pid)} (process {pid})" for pid in strangers)
        return "listener.port-held", {"place": place, "holders": named}

    def _holders(self, address: str, port: int, transport: str) -> list[_Socket]:
        """Return the sockets that hold the port at an address that overlaps ``address``."""
        wanted = ipaddress.ip_address(address)
        return [each for each in self._holding(transport).get(port, ()) if _overlap(wanted, each.address)]


def _overlap(wanted: Address, other: Address) -> bool:
    if wanted.version != other.version:
        # A socket on :: takes IPv4 too unless it says otherwise, which /proc does not tell.
        return other.is_unspecified and other.version == 6  # noqa: PLR2004
    return wanted == other or wanted.is_unspecified or other.is_unspecified


def _holding_sockets(transport: str) -> dict[int, list[_Socket]]:
    """Return by port the sockets that keep others from it (proc_net_tcp in the kernel's documents)."""
    states = {LISTENING} if transport == TCP else {UNCONNECTED, CONNECTED}
    found: dict[int, list[_Socket]] = defaultdict(list)
    for table in (transport, f"{transport}6"):
        try:
            lines = Path(f"/proc/net/{table}").read_text().splitlines()[1:]
        except FileNotFoundError:
            continue
        for fields in map(str.split, lines):
            address, _, number = fields[1].partition(":")
            if fields[3] in states:
                is_connected = fields[3] == CONNECTED
                found[int(number, 16)].append(_Socket(_address(address), fields[9], is_connected))
    return found


def _address(text: str) -> Address:
    """Read an address of /proc/net: 32-bit words in the machine's byte order."""
    words = [int(text[i : i + 8], 16) for i in range(0, len(text), 8)]
    packed = struct.pack(f"={len(words)}I", *words)
    address = ipaddress.ip_address(packed)
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def _owners_of_sockets() -> dict[str, set[int]]:
    """Return the processes of each socket, by its inode, as far as this user may look into them."""
    owners: dict[str, set[int]] = defaultdict(set)
    for process in Path("/proc").iterdir():
        if process.name.isdigit():
            for link in _links(process / "fd"):
                if link.startswith("socket:["):
                    owners[link[8:-1]].add(int(process.name))
    return owners


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
