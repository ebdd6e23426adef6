"""VServerGroups: server groups that go with a load balancer."""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.db.models import Q, QuerySet

from cloudapi.clb.backend_servers import (
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
from cloudapi.clb.finding import BALANCER_ID, balancer_of, group_of, shown_tags, tag_fields, tagged_with, tags_of_call
from cloudapi.clb.group_names import called, usable_name
from cloudapi.clb.product import PRODUCT
from cloudapi.clb.rule_answers import shown
from cloudapi.extras import extras_of, set_extras
from cloudapi.operations import Answer, Call
from cloudapi.wire.fields import flag, text
from listeners import services
from listeners.group_usage import of_family
from listeners.models import ForwardingRule, Listener, LoadBalancer, RuleServerGroup, ServerGroup
from listeners.selectors import tags_of, tags_of_one
from listeners.services import ServerSpec

KIND = "server_group"
GROUP_ID = text("VServerGroupId", required=True)
NAME = text("VServerGroupName", low=1, high=128)
_SERVERS = servers_field("BackendServers", with_port=True, low=0)
_REQUIRED_SERVERS = servers_field("BackendServers", with_port=True, required=True)
_CODES = {"quota.exceeded": "400 OverQuota"}


@PRODUCT.write("CreateVServerGroup", *tag_fields(), BALANCER_ID, NAME, _SERVERS, codes=_CODES)
def create_server_group(call: Call) -> Answer:
    """Create a server group of a load balancer."""
    servers = call.given.get("BackendServers", [])
    balancer, name = balancer_of(call), call.given.get("VServerGroupName", "")
    specs = added({}, servers, {})
    group = services.create_own_group(
        call.actor, balancer, name=usable_name(name) or "vserver-group", servers=list(specs.values())
    )
    set_extras(KIND, group.pk, {"VServerGroupName": name or group.name})
    keep_names(KIND, group.pk, servers)
    if tags := tags_of_call(call):
        services.set_tags(call.actor, KIND, group.pk, tags=tags)
    return _with_servers(group)


@PRODUCT.write("SetVServerGroupAttribute", GROUP_ID, NAME, _SERVERS, codes=_CODES)
def set_server_group(call: Call) -> Answer:
    """Call a server group otherwise, and give its servers other weights and descriptions."""
    group = group_of(call, call.given["VServerGroupId"])
    if name := call.given.get("VServerGroupName"):
        set_extras(KIND, group.pk, {"VServerGroupName": name})
        is_free = not ServerGroup.objects.filter(name=usable_name(name)).exists()
        if is_free and usable_name(name):
            services.update_server_group(call.actor, group.pk, name=usable_name(name))
    answer = _move(call, changed) if "BackendServers" in call.given else _with_servers(group)
    return {**answer, "VServerGroupName": called(group)}


@PRODUCT.write("AddVServerGroupBackendServers", GROUP_ID, _REQUIRED_SERVERS, codes=_CODES)
def add_servers(call: Call) -> Answer:
    """Add servers to a server group: all of them or, on any error, none."""
    return _move(call, added)


@PRODUCT.write("RemoveVServerGroupBackendServers", GROUP_ID, _REQUIRED_SERVERS, codes=_CODES)
def remove_servers(call: Call) -> Answer:
    """Take servers out of a server group."""
    return _move(call, removed)


def _move(call: Call, move: Callable[[Specs, Iterable[Mapping[str, Any]], Names], Specs]) -> Answer:
    group = group_of(call, call.given["VServerGroupId"])
    given = call.given["BackendServers"]
    return _store(call, group, move(_stored(group), given, names_of(KIND, group.pk)), given)


def _store(call: Call, group: ServerGroup, specs: Specs, given: Iterable[Mapping[str, Any]]) -> Answer:
    services.update_server_group(call.actor, group.pk, servers=list(specs.values()))
    addresses = {address for address, _port in specs}
    keep_names(KIND, group.pk, given, addresses)
    return _with_servers(group)


@PRODUCT.write(
    "ModifyVServerGroupBackendServers",
    GROUP_ID,
    servers_field("OldBackendServers", with_port=True, low=0),
    servers_field("NewBackendServers", with_port=True, low=0),
    codes=_CODES,
)
def modify_servers(call: Call) -> Answer:
    """Put servers in the place of others, at one moment."""
    group = group_of(call, call.given["VServerGroupId"])
    old, new = call.given.get("OldBackendServers", []), call.given.get("NewBackendServers", [])
    names = names_of(KIND, group.pk)
    changed(_stored(group), [{**server, "Weight": server.get("Weight", 100)} for server in old], names)
    return _store(call, group, added(removed(_stored(group), old, names), new, names), new)


@PRODUCT.write("DeleteVServerGroup", GROUP_ID)
def delete_server_group(call: Call) -> None:
    """Delete a server group that no listener and no rule uses."""
    group = group_of(call, call.given["VServerGroupId"])
    if not Listener.objects.filter(of_family(group)).exists() and RuleServerGroup.objects.filter(of_family(group)):
        raise call.error("RspoolRuleExist", f"Forwarding rules use “{called(group)}”: give them another group first.")
    services.delete_server_group(call.actor, group.pk)


@PRODUCT.read("DescribeVServerGroupAttribute", GROUP_ID)
def describe_server_group(call: Call) -> Answer:
    """Show a server group with its servers."""
    group = group_of(call, call.given["VServerGroupId"])
    return {
        **_with_servers(group),
        "VServerGroupName": called(group),
        "LoadBalancerId": group.load_balancer_id or "",
        "CreateTime": _time(group.created_at),
        "Tags": shown_tags(tags_of_one(KIND, group.pk)),
    }


@PRODUCT.read(
    "DescribeVServerGroups",
    BALANCER_ID,
    flag("IncludeRule"),
    flag("IncludeListener"),
    *tag_fields(),
    text("Description"),
)
def describe_server_groups(call: Call) -> Answer:
    """List the server groups that a load balancer has or uses."""
    balancer = balancer_of(call)
    rows = list(tagged_with(call, KIND, _groups_of(balancer)))
    ids = [row.pk for row in rows]
    names, tags = extras_of(KIND, ids), tags_of(KIND, ids)
    wanted = call.given.get("Description", "")
    return {
        "VServerGroups": {
            "VServerGroup": [
                {
                    "VServerGroupId": row.pk,
                    "VServerGroupName": name,
                    "ServerCount": row.servers.count(),
                    "CreateTime": _time(row.created_at),
                    "Tags": shown_tags(tags.get(row.pk, {})),
                    "AssociatedObjects": _users(call, balancer, row),
                }
                for row in rows
                if wanted in (name := names[row.pk].get("VServerGroupName", row.name))
            ]
        }
    }


def _groups_of(balancer: LoadBalancer) -> QuerySet[ServerGroup]:
    used = Q(listeners__load_balancer=balancer) | Q(rules__rule__listener__load_balancer=balancer)
    rows = ServerGroup.objects.filter(Q(load_balancer=balancer) | used, variant_of=None, backend_port=None)
    return rows.distinct().order_by("created_at", "pk")


def _users(call: Call, balancer: LoadBalancer, group: ServerGroup) -> dict[str, Any]:
    found: dict[str, Any] = {"Listeners": {"Listener": []}, "Rules": {"Rule": []}}
    if call.given.get("IncludeListener"):
        listeners = Listener.objects.filter(of_family(group), load_balancer=balancer).order_by("port")
        found["Listeners"]["Listener"] = [{"Port": row.port, "Protocol": row.protocol.lower()} for row in listeners]
    if call.given.get("IncludeRule"):
        family = Q(server_groups__server_group=group) | Q(server_groups__server_group__variant_of=group)
        rules = ForwardingRule.objects.filter(family, listener__load_balancer=balancer).order_by("pk")
        names = ("RuleId", "RuleName", "Domain", "Url")
        found["Rules"]["Rule"] = [{name: rule[name] for name in names} for rule in shown(rules)]
    return found


def _stored(group: ServerGroup) -> Specs:
    return {
        (row.address, row.port): ServerSpec(row.address, row.port, row.weight, row.description)
        for row in group.servers.order_by("pk")
    }


def _with_servers(group: ServerGroup) -> Answer:
    names = names_of(KIND, group.pk)
    servers = [shown_server(spec, names, with_port=True) for spec in _stored(group).values()]
    return {"VServerGroupId": group.pk, "BackendServers": {"BackendServer": servers}}


def _time(at: dt.datetime) -> str:
    return f"{at.astimezone(dt.UTC):%Y-%m-%dT%H:%M:%SZ}"
