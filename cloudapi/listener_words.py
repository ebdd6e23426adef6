"""What NLB and ALB say of a listener alike: its state, its certificates, its servers' health."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from cloudapi.identifiers import listener_identifier, rows_for
from listeners.models import Binding, Listener, Server, ServerGroup, ServerHealth
from listeners.states import NODE_LIFETIME, State

__all__ = ("NODE_LIFETIME", "Named", "listener_pk", "named_certificates", "status_of")

# The cloud has no word for a listener that the engine refused: it is not running, and something is to be done.
_STATUSES = {
    State.RUNNING: "Running",
    State.PENDING: "Provisioning",
    State.STOPPING: "Stopping",
    State.STOPPED: "Stopped",
    State.REJECTED: "Configuring",
    State.BLOCKED: "Configuring",
}
REASONS = {
    ServerHealth.Reason.REFUSED: "CONNECT_FAILED",
    ServerHealth.Reason.TIMEOUT: "CONNECT_TIMEOUT",
    ServerHealth.Reason.CODE: "HTTP_CODE_NOT_MATCH",
    ServerHealth.Reason.NO_TLS: "CONNECT_INTERRUPT",
    ServerHealth.Reason.UNRESOLVED: "CONNECT_FAILED",
    ServerHealth.Reason.NOT_SERVING: "RECV_RESPONSE_FAILED",
}


def listener_pk(listener_id: str) -> str:
    """Return our id of ``lsn-…@443``, as NLB has it, and of ``lsn-…``."""
    return listener_id.partition("@")[0]


def status_of(listener: Listener) -> str:
    """Return the cloud's word for the state of a listener."""
    return _STATUSES[listener.state]


@dataclass(frozen=True, slots=True)
class Named:
    """How the default and the CA certificate of one listener are called; empty where it has none."""

    default: str = ""
    authority: str = ""


def named_certificates(listeners: Sequence[Listener]) -> dict[str, Named]:
    """Return the certificates of listeners as the list has them, by the listeners' ids."""
    bindings: dict[str, list[Binding]] = {each.pk: list(each.single_bindings) for each in listeners}
    numbers = rows_for(binding.certificate_id for rows in bindings.values() for binding in rows)
    named = {}
    for listener in listeners:
        by_role = {
            binding.role: listener_identifier(
                binding.certificate, numbers[binding.certificate_id], listener.load_balancer.region
            )
            for binding in bindings[listener.pk]
        }
        named[listener.pk] = Named(by_role.get("default", ""), by_role.get("ca", ""))
    return named


def not_normal(groups: Iterable[ServerGroup], listener: Listener) -> dict[str, list[ServerHealth]]:
    """Return by server group the worst that a node saw of each server that is not healthy."""
    rows = ServerHealth.objects.filter(listener=listener, server__group__in=list(groups)).exclude(
        state=ServerHealth.State.HEALTHY
    )
    found: dict[str, dict[int, ServerHealth]] = {}
    for row in rows.exclude(reason=ServerHealth.Reason.NO_CHECK).select_related("server").order_by("-state", "pk"):
        found.setdefault(row.server.group_id, {})[row.server_id] = row
    return {group_id: list(by_server.values()) for group_id, by_server in found.items()}


def server_words(server: Server, extra: dict[str, Any]) -> dict[str, Any]:
    """Return how clients named a server of ours."""
    kept = extra.get("Servers", {}).get(str(server), {})
    return {
        "ServerId": kept.get("ServerId", server.address),
        "ServerType": kept.get("ServerType", "Ip"),
        "ServerIp": server.address,
        "Port": server.port,
    }
