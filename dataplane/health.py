"""The health of servers, from the engine's list of clusters. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from dataplane.observations import Health
from dataplane.snapshot import Listener, Server, Snapshot
from listeners.models import ServerHealth

State = ServerHealth.State
Reason = ServerHealth.Reason


def seen_health(clusters: Sequence[Mapping[str, Any]], snapshot: Snapshot) -> Iterator[Health]:
    """Yield the health of each server of each listener that is served (admin ``/clusters?format=json``)."""
    hosts = {
        cluster["name"]: {_place(host): host.get("health_status", {}) for host in cluster.get("host_statuses", ())}
        for cluster in clusters
        if cluster["name"] in snapshot.listeners
    }
    for listener_id, seen in hosts.items():
        listener = snapshot.listeners[listener_id]
        group = snapshot.server_groups.get(listener.server_group_id)
        for server in group.servers if group else ():
            status = seen.get((server.address, server.port))
            yield _health(listener, server, status, is_checked=bool(group and group.health_check))


def _place(host: Mapping[str, Any]) -> tuple[str, int]:
    address = host["address"].get("socket_address", {})
    return address.get("address", ""), address.get("port_value", 0)


def _health(listener: Listener, server: Server, status: Mapping[str, Any] | None, *, is_checked: bool) -> Health:
    state, reason = _verdict(server, status, is_checked=is_checked)
    return Health(listener.id, server.address, server.port, state, reason)


def _verdict(server: Server, status: Mapping[str, Any] | None, *, is_checked: bool) -> tuple[State, str]:
    if server.weight == 0:
        return State.UNKNOWN, Reason.NO_WEIGHT
    if not is_checked:
        return State.UNKNOWN, Reason.NO_CHECK
    if status is None or status.get("pending_active_hc"):
        return State.UNKNOWN, Reason.PENDING
    if status.get("failed_active_health_check"):
        return State.UNHEALTHY, Reason.TIMEOUT if status.get("active_hc_timeout") else Reason.REFUSED
    return State.HEALTHY, ""
