"""The health of servers, from the engine's list of clusters and its notes of failed checks. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from dataplane.envoy.names import CLUSTER, cluster_name, listener_of
from dataplane.health_log import NO_NOTES, FailedCheck
from dataplane.observations import Health
from dataplane.snapshot import Listener, Server, ServerGroup, Snapshot
from listeners.host_names import is_ip_address
from listeners.models import ServerHealth

State = ServerHealth.State
Reason = ServerHealth.Reason
Status = Mapping[str, Any]  # of a host, as the engine tells it


def seen_health(
    clusters: Sequence[Status], snapshot: Snapshot, failed: Mapping[tuple[str, str, int], FailedCheck] = NO_NOTES
) -> Iterator[Health]:
    """Yield the health of each server of each listener that is served (admin ``/clusters?format=json``).

    ``failed`` are the checks that failed last, by cluster, address and port.
    """
    for cluster in clusters:
        listener = snapshot.listeners.get(listener_of(CLUSTER, cluster["name"]))
        group = _group_of(cluster["name"], listener, snapshot) if listener else None
        if listener is not None and group is not None:
            yield from _group_health(cluster, listener, group, failed)


def _group_of(cluster: str, listener: Listener, snapshot: Snapshot) -> ServerGroup | None:
    found = (group_id for group_id in listener.group_ids if cluster_name(listener, group_id) == cluster)
    return snapshot.server_groups.get(next(found, ""))


def _group_health(
    cluster: Status, listener: Listener, group: ServerGroup, failed: Mapping[tuple[str, str, int], FailedCheck]
) -> Iterator[Health]:
    hosts = _by_place(cluster.get("host_statuses", ()))
    for server in group.servers:
        statuses = hosts.get((server.address, server.port), [])
        # A name can have several addresses: it is as well as the best of them.
        best = min(statuses, key=_is_failing, default=None)
        place = _address(best) if best else ("", 0)
        state, reason, http_status = _verdict(group, server, best, failed.get((cluster["name"], *place)))
        yield Health(listener.id, group.id, server.address, server.port, state, reason, http_status)


def _by_place(hosts: Sequence[Status]) -> dict[tuple[str, int], list[Status]]:
    """Sort hosts by what the server's row says: its host name where it was looked up, else its address."""
    found: dict[tuple[str, int], list[Status]] = {}
    for host in hosts:
        address, port = _address(host)
        found.setdefault((host.get("hostname") or address, port), []).append(host)
    return found


def _address(host: Status) -> tuple[str, int]:
    address = host["address"].get("socket_address", {})
    return address.get("address", ""), address.get("port_value", 0)


def _is_failing(host: Status) -> bool:
    return bool(host.get("health_status", {}).get("failed_active_health_check"))


def _verdict(
    group: ServerGroup, server: Server, host: Status | None, failed: FailedCheck | None
) -> tuple[State, str, int]:
    if server.weight == 0:
        return State.UNKNOWN, Reason.NO_WEIGHT, 0
    if host is None and not is_ip_address(server.address):
        return State.UNHEALTHY, Reason.UNRESOLVED, 0
    if group.health_check is None:
        return State.UNKNOWN, Reason.NO_CHECK, 0
    status = host.get("health_status", {}) if host else {}
    if host is None or status.get("pending_active_hc"):
        return State.UNKNOWN, Reason.PENDING, 0
    if status.get("failed_active_health_check"):
        return (State.UNHEALTHY, *_why(group.health_check.protocol, status, failed))
    return State.HEALTHY, "", 0


def _why(check: str, status: Status, failed: FailedCheck | None) -> tuple[str, int]:
    if failed is not None and failed.was_answered:
        return (Reason.NOT_SERVING, 0) if check == "gRPC" else (Reason.CODE, failed.http_status)
    if status.get("active_hc_timeout"):
        return Reason.TIMEOUT, 0
    return (Reason.NO_TLS if check == "HTTPS" else Reason.REFUSED), 0
