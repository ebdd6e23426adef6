"""What the machine allows: open files, memory, processors, ports below 1024."""

import os
import resource
from dataclasses import dataclass
from functools import cache
from pathlib import Path

HIGHEST_FILE_LIMIT = 1_048_576  # what the kernel allows by default (fs.nr_open)
MEBIBYTE = 1 << 20
SMALLEST_HEAP = 512 * MEBIBYTE
RESERVED_FILES = 512  # the engine's own: logs, sockets, one epoll and timer set for each worker
FILES_PER_CONNECTION = 2  # the client's and the server's side
# Of every four files one is for UDP sessions, shared by as many listeners that are full at the same time. The engine
# dies when a session finds no file, so the share is a hard bound (tried: 500 sessions with 300 files).
SESSIONS_SHARE = 4
LISTENERS_FULL_AT_ONCE = 8
MOST_SESSIONS = 16_384  # of one UDP listener, 5 KB each
FEWEST_SESSIONS = 8
HEAP_PER_CONNECTION = 112 * 1024  # measured of a client that asks and does not read; an idle one takes 23 KB
CAP_NET_BIND_SERVICE = 10
CGROUP_LIMIT = Path("/sys/fs/cgroup/memory.max")
FIRST_FREE_PORT = Path("/proc/sys/net/ipv4/ip_unprivileged_port_start")


@dataclass(frozen=True, slots=True)
class Limits:
    """The bounds that the engine is given."""

    files: int
    heap_bytes: int
    connections: int
    workers: int


def engine_limits() -> Limits:
    """Measure the machine: files as far as the hard limit goes, heap as 60 % of the memory there is."""
    files = file_limit()
    heap = max(SMALLEST_HEAP, _memory_bytes() * 6 // 10 // MEBIBYTE * MEBIBYTE)
    by_files = max(64, (files - RESERVED_FILES - _files_for_sessions(files)) // FILES_PER_CONNECTION)
    connections = min(by_files, heap // HEAP_PER_CONNECTION)
    return Limits(files, heap, connections, len(os.sched_getaffinity(0)))


@cache
def session_limit() -> int:
    """Return how many UDP sessions one listener may have at a time."""
    share = _files_for_sessions(file_limit()) // LISTENERS_FULL_AT_ONCE
    return max(FEWEST_SESSIONS, min(MOST_SESSIONS, share))


def _files_for_sessions(files: int) -> int:
    most = MOST_SESSIONS * LISTENERS_FULL_AT_ONCE
    return max(0, min(most, (files - RESERVED_FILES) // SESSIONS_SHARE))


def file_limit() -> int:
    """Return how many files the engine may open: the hard limit, up to what the kernel takes."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    return HIGHEST_FILE_LIMIT if hard == resource.RLIM_INFINITY else min(hard, HIGHEST_FILE_LIMIT)


def raise_file_limit() -> int:
    """Raise this process's soft limit to ``file_limit()`` and return it."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    files = file_limit()
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, hard))
    return files


def may_bind(port: int) -> bool:
    """Tell whether this process may listen on ``port``, by its capabilities and the kernel's first free port."""
    if port >= _first_unprivileged_port():
        return True
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("CapEff:"))
    return bool(int(line.split()[1], 16) >> CAP_NET_BIND_SERVICE & 1)


def _first_unprivileged_port() -> int:
    try:
        return int(FIRST_FREE_PORT.read_text())
    except OSError:
        return 1024


def _memory_bytes() -> int:
    """Return the memory of the machine, or of the control group where that is less."""
    physical = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    try:
        return min(physical, int(CGROUP_LIMIT.read_text()))
    except (OSError, ValueError):  # no such group, or "max"
        return physical
