"""Classic load balancers themselves."""

import datetime as dt
import json
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any

from cloudapi.clb.default_servers import shown_default_servers
from cloudapi.clb.finding import BALANCER_ID, balancer_of, balancers, shown_tags, tag_fields, tagged_with, tags_of_call
from cloudapi.clb.group_names import usable_name
from cloudapi.clb.product import PRODUCT
from cloudapi.extras import extras_of, keep_extras, set_extras
from cloudapi.operations import Answer, Call
from cloudapi.wire.fields import Field, flag, integer, switch, text
from console.ids import new_id
from listeners import services
from listeners.models import Listener, LoadBalancer, Product, ResourceTag, Server
from listeners.selectors import tags_of
from listeners.services import LoadBalancerFields

KIND = "load_balancer"
ANYWHERE = MappingProxyType({"ipv4": "0.0.0.0", "ipv6": "::"})  # noqa: S104 - what the cloud's public address stands for
_SPECS = ("slb.s1.small", "slb.s2.small", "slb.s2.medium", "slb.s3.small", "slb.s3.medium", "slb.s3.large")
_PROTECTIONS = ("NonProtection", "ConsoleProtection")
_KEPT: tuple[Field, ...] = (
    text("AddressType", choices=("internet", "intranet"), default="internet", kept=True),
    text("InternetChargeType", choices=("paybytraffic", "paybybandwidth"), default="paybytraffic", kept=True),
    integer("Bandwidth", -1, 5120, kept=True),
    text("VpcId", kept=True),
    text("VSwitchId", kept=True),
    text("MasterZoneId", kept=True),
    text("SlaveZoneId", kept=True),
    text("LoadBalancerSpec", choices=_SPECS, kept=True),
    text("PayType", choices=("PayOnDemand", "PrePay"), default="PayOnDemand", kept=True),
    text("PricingCycle", kept=True),
    integer("Duration", 1, kept=True),
    flag("AutoPay", kept=True),
    text("AddressIPVersion", choices=("ipv4", "ipv6"), default="ipv4", kept=True),
    text("InstanceChargeType", choices=("PayBySpec", "PayByCLCU"), kept=True),
    text("ResourceGroupId", kept=True),
)
# What is answered as it was given, and by default.
_SHOWN = MappingProxyType(
    {
        "AddressType": "internet",
        "AddressIPVersion": "ipv4",
        "InternetChargeType": "paybytraffic",
        "PayType": "PayOnDemand",
        "Bandwidth": -1,
        "VpcId": "",
        "VSwitchId": "",
        "MasterZoneId": "",
        "SlaveZoneId": "",
        "LoadBalancerSpec": "",
        "ResourceGroupId": "",
    }
)


@PRODUCT.write(
    "CreateLoadBalancer",
    text("LoadBalancerName", high=80),
    text("Address"),
    switch("DeleteProtection"),
    text("ModificationProtectionStatus", choices=_PROTECTIONS),
    text("ModificationProtectionReason", high=128),
    *_KEPT,
    *tag_fields(),
    lacks="networks, zones, specifications and billing are kept and returned; listeners accept connections on Address,"
    " else on every address of the machine",
    codes={"quota.exceeded": "400 OverQuota"},
)
def create_load_balancer(call: Call) -> Answer:
    """Create a load balancer; without an address it listens on all of the machine's."""
    name = call.given.get("LoadBalancerName", "")
    fields: LoadBalancerFields = {
        "name": _free_name(name),
        "bind_address": call.given.get("Address") or ANYWHERE[call.given["AddressIPVersion"]],
        "region": call.region or None,
        "deletion_protection": call.given.get("DeleteProtection", False),
        "modification_protection": call.given.get("ModificationProtectionStatus") == "ConsoleProtection",
        "modification_protection_reason": call.given.get("ModificationProtectionReason", ""),
    }
    balancer = services.create_load_balancer(call.actor, product=Product.CLB, tags=tags_of_call(call), **fields)
    keep_extras(call, KIND, balancer.pk)
    set_extras(KIND, balancer.pk, {"LoadBalancerName": name or balancer.name})
    facts = _facts(balancer, extras_of(KIND, [balancer.pk])[balancer.pk])
    names = ("LoadBalancerId", "LoadBalancerName", "Address", "AddressIPVersion", "NetworkType")
    return {name: facts[name] for name in (*names, "VpcId", "VSwitchId", "ResourceGroupId")}


def _free_name(name: str, apart_from: str = "") -> str:
    """Return a name that no other load balancer has, after the one that was given."""
    wanted = usable_name(name) or new_id("clb")
    is_taken = LoadBalancer.objects.filter(name=wanted).exclude(pk=apart_from).exists()
    return new_id(wanted) if is_taken else wanted


@PRODUCT.read(
    "DescribeLoadBalancers",
    text("LoadBalancerId"),
    text("LoadBalancerName"),
    text("LoadBalancerStatus", choices=("active", "inactive", "locked")),
    text("Address"),
    text("ServerId"),
    text("ServerIntranetAddress"),
    text("NetworkType", choices=("vpc", "classic")),
    text("Tags"),
    *(text(name) for name in ("AddressType", "AddressIPVersion", "InternetChargeType", "PayType")),
    *(text(name) for name in ("VpcId", "VSwitchId", "MasterZoneId", "SlaveZoneId", "ResourceGroupId")),
    integer("PageNumber", 1, 1000, default=1),
    integer("PageSize", 1, 100, default=10),
    *tag_fields(),
)
def describe_load_balancers(call: Call) -> Answer:
    """List the load balancers of a region, page by page."""
    rows = list(_with_columns(call).order_by("created_at", "pk"))
    extras, tags = extras_of(KIND, [row.pk for row in rows]), tags_of(KIND, [row.pk for row in rows])
    facts = [{**_facts(row, extras[row.pk]), "Tags": shown_tags(tags.get(row.pk, {}))} for row in rows]
    found = [each for each in facts if _is_wanted(call.given, each)]
    number, size = call.given["PageNumber"], call.given["PageSize"]
    return {
        "PageNumber": number,
        "PageSize": size,
        "TotalCount": len(found),
        "LoadBalancers": {"LoadBalancer": found[(number - 1) * size : number * size]},
    }


def _with_columns(call: Call) -> Any:
    """Return the load balancers that meet what is asked of columns."""
    rows = tagged_with(call, KIND, balancers(call))
    if ids := call.given.get("LoadBalancerId"):
        rows = rows.filter(pk__in=ids.split(","))
    if address := call.given.get("Address"):
        rows = rows.filter(bind_address=address)
    for name in ("ServerId", "ServerIntranetAddress"):
        if server := call.given.get(name):
            servers = Server.objects.filter(address=server.lower())
            rows = rows.filter(listeners__server_group__servers__in=servers).distinct()
    for key, value in _old_tags(call):
        found = ResourceTag.objects.filter(object_type=KIND, key=key, value=value)
        rows = rows.filter(pk__in=found.values("object_id"))
    return rows


def _old_tags(call: Call) -> list[tuple[str, str]]:
    """Return the tags that are asked for as the old JSON string: ``[{"TagKey": …, "TagValue": …}]``."""
    if not call.given.get("Tags"):
        return []
    try:
        return [(str(tag["TagKey"]), str(tag.get("TagValue", ""))) for tag in json.loads(call.given["Tags"])]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise call.error("InvalidTag", 'Tags is no list of the form [{"TagKey": "…", "TagValue": "…"}].') from None


def _is_wanted(given: Mapping[str, Any], facts: Mapping[str, Any]) -> bool:
    names = (*(name for name in _SHOWN if name != "Bandwidth"), "LoadBalancerStatus", "NetworkType")
    if any(given.get(name) and given[name] != facts[name] for name in names):
        return False
    wanted = [name for name in given.get("LoadBalancerName", "").split(",") if name]
    return not wanted or any(name in facts["LoadBalancerName"] for name in wanted)


@PRODUCT.read("DescribeLoadBalancerAttribute", BALANCER_ID)
def describe_load_balancer(call: Call) -> Answer:
    """Show a load balancer with its listeners' ports and its default servers."""
    balancer = balancer_of(call)
    listeners = list(balancer.listeners.order_by("port", "transport"))
    return {
        **_facts(balancer, extras_of(KIND, [balancer.pk])[balancer.pk]),
        "Tags": shown_tags(tags_of(KIND, [balancer.pk]).get(balancer.pk, {})),
        "ListenerPorts": {"ListenerPort": [listener.port for listener in listeners]},
        "ListenerPortsAndProtocal": {
            "ListenerPortAndProtocal": [
                {"ListenerPort": row.port, "ListenerProtocal": row.protocol.lower()} for row in listeners
            ]
        },
        "ListenerPortsAndProtocol": {"ListenerPortAndProtocol": [_port(listener) for listener in listeners]},
        "BackendServers": {"BackendServer": shown_default_servers(balancer)},
    }


def _port(listener: Listener) -> dict[str, Any]:
    forward = {"ListenerForward": "on", "ForwardPort": listener.redirect_port} if listener.redirect_port else {}
    return {
        "ListenerPort": listener.port,
        "ListenerProtocol": listener.protocol.lower(),
        "Description": listener.name,
        **forward,
    }


@PRODUCT.write(
    "SetLoadBalancerStatus",
    BALANCER_ID,
    text("LoadBalancerStatus", choices=("active", "inactive"), required=True),
)
def set_status(call: Call) -> None:
    """Stop all listeners of a load balancer, or start again those that ran then."""
    balancer = balancer_of(call)
    kept = extras_of(KIND, [balancer.pk])[balancer.pk]
    if call.given["LoadBalancerStatus"] == "active":
        _each(services.start_listener, call, balancer.listeners.filter(pk__in=kept.get("StoppedListeners", [])))
        set_extras(KIND, balancer.pk, {"IsInactive": False, "StoppedListeners": []})
    elif not kept.get("IsInactive"):
        running = list(balancer.listeners.filter(desired=Listener.Desired.RUNNING).order_by("pk"))
        _each(services.stop_listener, call, running)
        set_extras(KIND, balancer.pk, {"IsInactive": True, "StoppedListeners": [row.pk for row in running]})


def _each(service: Callable[..., Listener], call: Call, listeners: Iterable[Listener]) -> None:
    for listener in listeners:
        service(call.actor, listener.pk)


@PRODUCT.write("SetLoadBalancerName", BALANCER_ID, text("LoadBalancerName", required=True, low=1, high=80))
def set_name(call: Call) -> None:
    """Call a load balancer otherwise."""
    balancer, name = balancer_of(call), call.given["LoadBalancerName"]
    services.update_load_balancer(call.actor, balancer.pk, name=_free_name(name, balancer.pk))
    set_extras(KIND, balancer.pk, {"LoadBalancerName": name})


@PRODUCT.write("SetLoadBalancerDeleteProtection", BALANCER_ID, switch("DeleteProtection", required=True))
def set_delete_protection(call: Call) -> None:
    """Protect a load balancer from deletion, or no longer."""
    services.update_load_balancer(call.actor, balancer_of(call).pk, deletion_protection=call.given["DeleteProtection"])


@PRODUCT.write("DeleteLoadBalancer", BALANCER_ID)
def delete_load_balancer(call: Call) -> None:
    """Delete a load balancer with its listeners and server groups."""
    services.delete_load_balancer(call.actor, balancer_of(call).pk, cascade=True)


def _facts(balancer: LoadBalancer, extras: Mapping[str, Any]) -> dict[str, Any]:
    created = balancer.created_at.astimezone(dt.UTC)
    return {
        "LoadBalancerId": balancer.pk,
        "LoadBalancerName": extras.get("LoadBalancerName", balancer.name),
        "LoadBalancerStatus": "inactive" if extras.get("IsInactive") else "active",
        "Address": balancer.bind_address,
        "RegionId": balancer.region,
        "RegionIdAlias": balancer.region,
        "NetworkType": "vpc" if extras.get("VpcId") else "classic",
        "CreateTime": f"{created:%Y-%m-%dT%H:%M:%SZ}",
        "CreateTimeStamp": int(created.timestamp() * 1000),
        "DeleteProtection": "on" if balancer.deletion_protection else "off",
        "ModificationProtectionStatus": _PROTECTIONS[balancer.modification_protection],
        "ModificationProtectionReason": balancer.modification_protection_reason,
        **{name: extras.get(name, usual) for name, usual in _SHOWN.items()},
    }
