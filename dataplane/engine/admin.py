"""The engine's admin interface, over its private unix socket."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from dataplane.engine.errors import EngineError

ACTIVE = re.compile(
    r"^envoy_(?:listener_downstream_cx_active\{envoy_listener_address|udp_downstream_sess_active\{envoy_udp_prefix)"
    r'="([^"]+)"\} ([1-9]\d*)$',
    re.MULTILINE,
)
QUIC_COUNTERS = re.compile(
    r'^envoy_http_downstream_cx_(http3|tx_bytes)_total\{envoy_http_conn_manager_prefix="([^"]+)"\} (\d+)$', re.MULTILINE
)


@dataclass(frozen=True, slots=True)
class QuicCounters:
    """What one engine has counted for one listener since it runs."""

    connections: int = 0
    bytes_sent: int = 0


class Admin:
    """Ask and order the engine; every call ends within ``timeout`` seconds or raises EngineError."""

    def __init__(self, socket: Path, timeout: float = 5.0) -> None:
        transport = httpx.AsyncHTTPTransport(uds=str(socket))
        self._client = httpx.AsyncClient(transport=transport, base_url="http://engine", timeout=timeout)

    async def _ask(self, method: str, path: str, **parameters: str) -> httpx.Response:
        try:
            response = await self._client.request(method, path, params=parameters)
            response.raise_for_status()
        except httpx.HTTPError as error:
            raise EngineError(f"The engine's admin interface does not answer {path}: {error!r}") from error
        return response

    async def state(self) -> str:
        """Return ``LIVE``, ``INITIALIZING``, ``PRE_INITIALIZING`` or ``DRAINING``."""
        return str((await self._ask("GET", "/server_info")).json()["state"])

    async def version(self) -> str:
        """Return the engine's version and build."""
        return str((await self._ask("GET", "/server_info")).json()["version"])

    async def active_connections(self) -> dict[str, int]:
        """Return how many connections, or sessions of UDP, listeners have open; those without any are left out."""
        # Prometheus' format takes 3 ms with 10,000 filter chains. The others walk through all their scopes, which
        # keeps the engine's main thread, and so every replace, waiting for 120 ms.
        answer = await self._ask("GET", "/stats/prometheus", filter="downstream_(cx|sess)_active")
        return {listener_id: int(count) for listener_id, count in ACTIVE.findall(answer.text)}

    async def quic_counters(self) -> dict[str, QuicCounters]:
        """Return what the engine has counted of the QUIC connections of each listener."""
        answer = await self._ask("GET", "/stats/prometheus", filter="downstream_cx_(http3|tx_bytes)_total")
        found = {(counter, name): int(count) for counter, name, count in QUIC_COUNTERS.findall(answer.text)}
        return {
            name: QuicCounters(found.get(("http3", name), 0), found.get(("tx_bytes", name), 0))
            for _counter, name in found
        }

    async def clusters(self) -> list[dict[str, Any]]:
        """Return the server groups as the engine sees them, with each server's health."""
        answer = (await self._ask("GET", "/clusters", format="json")).json()
        statuses: list[dict[str, Any]] = answer.get("cluster_statuses", [])
        return statuses

    async def stop_accepting(self) -> None:
        """Close all listening sockets; open connections go on."""
        await self._ask("POST", "/drain_listeners")

    async def reopen_logs(self) -> None:
        """Make the engine open its log anew, after it was moved away."""
        await self._ask("POST", "/reopen_logs")

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()
