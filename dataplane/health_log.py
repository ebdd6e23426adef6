"""Why health checks fail: the engine's notes of them, in a file that this reader keeps small."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

LARGEST_BYTES = 1024 * 1024  # then it is emptied; the engine appends, so it writes on at the beginning
MOST_READ = 256 * 1024  # of what is new at once: the newest is what counts
_EVENTS = ("health_check_failure_event", "eject_unhealthy_event")

Place = tuple[str, str, int]  # cluster, address and port


@dataclass(frozen=True, slots=True)
class FailedCheck:
    """How a check failed: it was answered otherwise than it should be, or not at all."""

    was_answered: bool
    http_status: int = 0


NO_NOTES: Mapping[Place, FailedCheck] = MappingProxyType({})


class HealthLog:
    """The last failed check of each server, as the engine noted it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = 0
        self.failed: dict[Place, FailedCheck] = {}

    def read(self) -> Mapping[Place, FailedCheck]:
        """Read what is new and return the last failed check of each server; empty the file when it is large."""
        try:
            size = self._path.stat().st_size
        except FileNotFoundError:
            return self.failed
        if size < self._offset:
            self._offset = 0
        if size > self._offset:
            self._take(size)
        if size > LARGEST_BYTES:
            with self._path.open("r+b") as file:
                file.truncate(0)
            self._offset = 0
        return self.failed

    def _take(self, size: int) -> None:
        with self._path.open("rb") as file:
            file.seek(max(self._offset, size - MOST_READ))
            new = file.read(MOST_READ)
        whole = new.rfind(b"\n") + 1
        self._offset = size - (len(new) - whole)
        for line in new[:whole].splitlines():
            noted = _noted(line)
            if noted is not None:
                self.failed[noted[0]] = noted[1]

    def keep_only(self, clusters: set[str]) -> None:
        """Forget the servers of clusters that are gone."""
        self.failed = {place: check for place, check in self.failed.items() if place[0] in clusters}


def _noted(line: bytes) -> tuple[Place, FailedCheck] | None:
    """Return what a line says of a failed check; None for any other, and for the rest of one that was cut."""
    try:
        event = json.loads(line)
        failure = next((event[name] for name in _EVENTS if name in event), None)
        if failure is None:
            return None
        address = event["host"]["socket_address"]
        place = (str(event["cluster_name"]), str(address["address"]), int(address["port_value"]))
        return place, _failed(failure)
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def _failed(failure: Mapping[str, Any]) -> FailedCheck:
    status = int(failure.get("http_status_code", 0))
    return FailedCheck(was_answered=failure.get("failure_type") == "ACTIVE", http_status=status)
