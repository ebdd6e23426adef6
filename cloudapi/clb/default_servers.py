"""The default servers of a load balancer, and how healthy the servers behind its listeners are."""

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from cloudapi.clb.backend_servers import (
    NO_PORT,
    Names,
    Specs,
    added,
    changed,
    keep_names,
    names_of,
    removed,
    servers_field,
    shown_server,
)
from cloudapi.clb.finding import BALANCER_ID, balancer_of
from cloudapi.clb.product import PRODUCT
from cloudapi.operations import Answer, Call
from cloudapi.wire.fields import integer, text
from cloudapi.wire.reading import ParameterError, read
from listeners import selectors, services
from listeners.models import Listener, LoadBalancer, Server, ServerHealth
from listeners.services import ServerSpec
from listeners.services.rows import not_found
from listeners.services.variants import base_of

KIND = "load_balancer"
SERVERS = servers_field("BackendServers", with_port=False)
_NORMAL = {
    ServerHealth.State.HEALTHY.value: "normal",
    ServerHealth.State.UNHEALTHY.value: "abnormal",
    ServerHealth.State.UNKNOWN.value: "unavailable",
}
_WORST = ("abnormal", "unavailable", "normal")


@PRODUCT.write("AddBackendServers", BALANCER_ID, SERVERS)
def add_backend_servers(call: Call) -> Answer:
    """Add default servers; listeners without a server group use them on a port of their own."""
    return _with_spelt_weights(_move(call, call.given.get("BackendServers", []), added))


@PRODUCT.write("SetBackendServers", BALANCER_ID, SERVERS)
def set_backend_servers(call: Call) -> Answer:
    """Give default servers other weights and descriptions."""
    return _with_spelt_weights(_move(call, call.given.get("BackendServers", []), changed))


def _with_spelt_weights(answer: Answer) -> Answer:
    """Return the answer with weights as texts, as these two operations have them."""
    for server in answer["BackendServers"]["BackendServer"]:
        server["Weight"] = str(server["Weight"])
    return answer


@PRODUCT.write("RemoveBackendServers", BALANCER_ID, text("BackendServers", required=True))
def remove_backend_servers(call: Call) -> Answer:
    """Take default servers away. They are named as in AddBackendServers, or by their ids alone."""
    return _move(call, _named(call.given["BackendServers"]), removed)


def _named(given: str) -> list[dict[str, Any]]:
    """Return the servers that a JSON list names, each by its id or as an object."""
    try:
        items = json.loads(given)
    except (ValueError, RecursionError):
        items = None
    if not isinstance(items, list):
        raise PRODUCT.codes.of_parameter(ParameterError("illegal", "BackendServers", "BackendServers is no JSON list."))
    whole = [{"ServerId": item} if isinstance(item, str) else item for item in items]
    try:
        servers: list[dict[str, Any]] = read([SERVERS], {"BackendServers": json.dumps(whole)})["BackendServers"]
    except ParameterError as error:
        raise PRODUCT.codes.of_parameter(error) from None
    return servers


def _move(
    call: Call,
    given: Iterable[Mapping[str, Any]],
    move: Callable[[Specs, Iterable[Mapping[str, Any]], Names], Specs],
) -> Answer:
    balancer = balancer_of(call)
    given = [{name: value for name, value in server.items() if name != "Port"} for server in given]
    specs = move(_stored(balancer), given, names_of(KIND, balancer.pk))
    updated = services.set_default_servers(call.actor, balancer.pk, list(specs.values()))
    keep_names(KIND, balancer.pk, given, {address for address, _port in specs})
    return {"LoadBalancerId": balancer.pk, "BackendServers": {"BackendServer": shown_default_servers(updated)}}


def _stored(balancer: LoadBalancer) -> Specs:
    return {
        (each["address"], NO_PORT): ServerSpec(each["address"], NO_PORT, each["weight"], each["description"])
        for each in balancer.default_servers
    }


def shown_default_servers(balancer: LoadBalancer) -> list[dict[str, Any]]:
    """Return the default servers of a load balancer as the product describes them."""
    names = names_of(KIND, balancer.pk)
    return [shown_server(spec, names, with_port=False) for spec in _stored(balancer).values()]


@PRODUCT.read(
    "DescribeHealthStatus",
    BALANCER_ID,
    integer("ListenerPort", 0, 65_535),
    text("ListenerProtocol", choices=("tcp", "udp", "http", "https")),
)
def describe_health_status(call: Call) -> Answer:
    """Tell how healthy the servers of each listener are, as the worst of the nodes sees them."""
    balancer = balancer_of(call)
    rows = balancer.listeners.filter(server_group__isnull=False).select_related("server_group").order_by("port")
    if protocol := call.given.get("ListenerProtocol"):
        rows = rows.filter(protocol=protocol.upper())
    if port := call.given.get("ListenerPort"):
        rows = rows.filter(port=port)
        if not rows.exists():
            raise not_found("listener", f"{balancer.pk}:{port}")
    return {"BackendServers": {"BackendServer": [each for listener in rows for each in _health_of(listener)]}}


def _health_of(listener: Listener) -> list[dict[str, Any]]:
    group = listener.server_group
    if group is None:
        return []
    seen: dict[int, set[str]] = {}
    for row in selectors.server_health_of(listener):
        seen.setdefault(row.server_id, set()).add(_NORMAL[row.state])
    names = {**names_of(KIND, listener.load_balancer_id), **names_of("server_group", base_of(group).pk)}
    return [
        {
            "ListenerPort": listener.port,
            "Protocol": listener.protocol.lower(),
            "ServerId": names.get(server.address, {}).get("ServerId", server.address),
            "ServerIp": server.address,
            "Port": server.port,
            "ServerHealthStatus": next((word for word in _WORST if word in seen.get(server.pk, ())), "unavailable"),
        }
        for server in Server.objects.filter(group=group).order_by("pk")
    ]
