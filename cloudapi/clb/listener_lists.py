"""Listeners of every protocol: list, start, stop and delete them."""

from collections.abc import Mapping
from typing import Any

from cloudapi.clb.finding import BALANCER_ID, balancer_of, listener_of, region_of, shown_tags, tag_fields, tagged_with
from cloudapi.clb.http_listeners import encrypted_facts, forward_facts, listener_facts, request_facts
from cloudapi.clb.product import PRODUCT
from cloudapi.extras import extras_of
from cloudapi.operations import Answer, Call
from cloudapi.wire.fields import integer, text, texts
from console.tables import keyset_page
from listeners import services
from listeners.models import Listener, Product
from listeners.selectors import tags_of
from listeners.selectors.listeners import ORDER

PORT = integer("ListenerPort", 0, 65_535, required=True)
PROTOCOL = text("ListenerProtocol", choices=("tcp", "udp", "http", "https"))
_WHOLE = ("Status", "Bandwidth", "Description", "VServerGroupId", "AclStatus", "BackendServerPort")


@PRODUCT.write("StartLoadBalancerListener", BALANCER_ID, PORT, PROTOCOL)
def start_listener(call: Call) -> None:
    """Have a listener accept connections."""
    listener = _single(call)
    if extras_of("load_balancer", [listener.load_balancer_id])[listener.load_balancer_id].get("IsInactive"):
        raise call.error("Operation.NotAllowed", "The load balancer is inactive: set its status to active first.")
    services.start_listener(call.actor, listener.pk)


@PRODUCT.write("StopLoadBalancerListener", BALANCER_ID, PORT, PROTOCOL)
def stop_listener(call: Call) -> None:
    """Have a listener refuse new connections."""
    services.stop_listener(call.actor, _single(call).pk)


@PRODUCT.write(
    "DeleteLoadBalancerListener",
    BALANCER_ID,
    PORT,
    PROTOCOL,
    codes={"listener.not-found": "404 ResourceNotFound.Listener"},
)
def delete_listener(call: Call) -> None:
    """Delete a listener with its domain extensions and rules."""
    listener = _single(call)
    forwarding = listener.load_balancer.listeners.filter(redirect_port=listener.port).exclude(pk=listener.pk).first()
    if forwarding and listener.protocol == Listener.Protocol.HTTPS:
        raise call.error("ListenerForwardExist", f"The HTTP listener on port {forwarding.port} sends requests here.")
    services.delete_listener(call.actor, listener.pk)


def _single(call: Call) -> Listener:
    """Return the listener on a port; refuse where two protocols share it and none is named."""
    if not call.given.get("ListenerProtocol"):
        there = balancer_of(call).listeners.filter(port=call.given["ListenerPort"]).count()
        if there > 1:
            raise call.error("TooManyListeners", "Several listeners have this port: name the ListenerProtocol too.")
    return listener_of(call)


@PRODUCT.read(
    "DescribeLoadBalancerListeners",
    text("NextToken"),
    integer("MaxResults", 0, 101),
    PROTOCOL,
    texts("LoadBalancerId", most=11),
    integer("ListenerPort", 0, 65_535),
    text("Description"),
    *tag_fields(),
    codes={"cursor.invalid": "400 IllegalParam.NextToken"},
)
def list_listeners(call: Call) -> Answer:
    """List the listeners of a region, or of some load balancers."""
    rows = Listener.objects.filter(load_balancer__product=Product.CLB, load_balancer__region=region_of(call))
    rows = tagged_with(call, "listener", rows.filter(**_wanted(call)))
    size = call.given.get("MaxResults", 20) or 20
    complete = rows.select_related("load_balancer", "server_group__variant_of")
    page = keyset_page(complete, ORDER, call.given.get("NextToken", ""), size)
    ids = [row.pk for row in page]
    extras, tags = extras_of("listener", ids), tags_of("listener", ids)
    return {
        "TotalCount": rows.count(),
        "MaxResults": size,
        "NextToken": page.next_cursor,
        "Listeners": [_shown(row, extras[row.pk], tags.get(row.pk, {})) for row in page],
    }


def _wanted(call: Call) -> dict[str, Any]:
    """Return the conditions on columns that a request makes."""
    wanted: dict[str, Any] = {}
    if ids := call.given.get("LoadBalancerId"):
        wanted["load_balancer__in"] = ids
    if protocol := call.given.get("ListenerProtocol"):
        wanted["protocol"] = protocol.upper()
    if port := call.given.get("ListenerPort"):
        wanted["port"] = port
    if description := call.given.get("Description"):
        wanted["name__icontains"] = description
    return wanted


def _shown(listener: Listener, extras: Mapping[str, Any], tags: Mapping[str, str]) -> dict[str, Any]:
    facts = listener_facts(listener, extras)
    config = _config_of(listener)
    return {
        "LoadBalancerId": listener.load_balancer_id,
        "ListenerPort": listener.port,
        "ListenerProtocol": listener.protocol.lower(),
        **{name: facts[name] for name in _WHOLE if name in facts},
        "Scheduler": listener.server_group.scheduler if listener.server_group else "wrr",
        "Tags": shown_tags(tags)["Tag"],
        f"{listener.protocol}ListenerConfig": config,
    }


def _config_of(listener: Listener) -> dict[str, Any]:
    match listener.protocol:
        case Listener.Protocol.HTTPS:
            return {**request_facts(listener), **encrypted_facts(listener)}
        case Listener.Protocol.HTTP:
            return {**request_facts(listener), **forward_facts(listener)}
    return _stream_facts(listener)


def _stream_facts(listener: Listener) -> dict[str, Any]:
    """Return what TCP listeners have; they are created on pages and by REST."""
    group = listener.server_group
    shown = {
        "EstablishedTimeout": listener.idle_timeout_seconds,
        "ProxyProtocolV2Enabled": str(listener.proxy_protocol_enabled).lower(),
    }
    if group is None or not group.health_check_enabled:
        return {**shown, "HealthCheck": "off"}
    return {
        **shown,
        "HealthCheck": "on",
        "HealthCheckType": group.health_check_protocol.lower(),
        "HealthCheckInterval": group.health_check_interval_seconds,
        "HealthCheckConnectTimeout": group.health_check_timeout_seconds,
        "HealthyThreshold": group.healthy_threshold,
        "UnhealthyThreshold": group.unhealthy_threshold,
    }
