"""Server groups of ALB, and their servers."""

from collections.abc import Mapping
from typing import Any

from cloudapi.alb.group_settings import LACKS, read_settings, setting_words, settings
from cloudapi.alb.product import ALB, job
from cloudapi.errors import CloudError
from cloudapi.extras import extras_of, keep_extras
from cloudapi.group_users import balancers_behind
from cloudapi.lists import TAG, TAG_FILTER, page, paging, with_extra, with_ids, with_tags
from cloudapi.operations import Answer, Call
from cloudapi.servers import (
    add_servers,
    change_servers,
    remove_servers,
    replace_servers,
    server_answer,
    servers_named,
)
from cloudapi.tagging import given_tags, tag_list
from cloudapi.times import iso_minutes
from cloudapi.wire.fields import Field, flag, integer, structs, text, texts
from listeners import selectors, services
from listeners.models import Server, ServerGroup

GROUP_ID = text("ServerGroupId", required=True)
NO_SERVER = "ResourceNotFound.BackendServer"
PROTOCOLS = ("HTTP", "HTTPS", "gRPC")
_UPDATE = job("servergroup", "Update", "ServerGroupId")


def group_of(call: Call) -> ServerGroup:
    """Return the server group that a request names, if it is one of ALB."""
    group = selectors.server_group_by_id(call.given["ServerGroupId"])
    if group.protocol not in PROTOCOLS:
        raise CloudError("ResourceNotFound.ServerGroup", f"{group.pk} is a group for {group.protocol}, of NLB.", 404)
    return group


@ALB.write(
    "CreateServerGroup",
    text("ServerGroupName", required=True),
    text("ServerGroupType", choices=("Instance", "Ip", "Fc"), kept=True),
    text("VpcId", kept=True),
    text("Protocol", choices=PROTOCOLS, default="HTTP"),
    flag("Ipv6Enabled", kept=True),
    *settings(is_new=True),
    text("ResourceGroupId", kept=True),
    TAG,
    job=job("servergroup", "Create", "ServerGroupId"),
    lacks=LACKS,
)
def create(call: Call) -> Answer:
    """Create a server group without servers."""
    given = call.given
    if given.get("ServerGroupType") == "Fc":
        raise CloudError("UnsupportedFeature.FcServerGroup", "This installation has no functions to forward to.")
    group = services.create_server_group(
        call.actor,
        name=given["ServerGroupName"],
        protocol=given["Protocol"],
        **read_settings(given, given["Protocol"], None),
    )
    if tags := given_tags(call):
        services.set_tags(call.actor, "server_group", group.pk, tags=tags)
    keep_extras(call, "server_group", group.pk)
    return {"ServerGroupId": group.pk}


@ALB.write(
    "UpdateServerGroupAttribute",
    GROUP_ID,
    text("ServerGroupName"),
    *settings(is_new=False),
    job=_UPDATE,
    lacks=LACKS,
)
def update(call: Call) -> None:
    """Change a server group."""
    group = group_of(call)
    fields = read_settings(call.given, group.protocol, group)
    if "ServerGroupName" in call.given:
        fields["name"] = call.given["ServerGroupName"]
    services.update_server_group(call.actor, group.pk, **fields)
    keep_extras(call, "server_group", group.pk)


@ALB.write("DeleteServerGroup", GROUP_ID, job=job("servergroup", "Delete", "ServerGroupId"))
def delete(call: Call) -> None:
    """Delete a server group that no listener and no rule uses."""
    services.delete_server_group(call.actor, group_of(call).pk)


@ALB.read(
    "ListServerGroups",
    texts("ServerGroupIds", most=20),
    texts("ServerGroupNames", most=10),
    text("VpcId"),
    text("ServerGroupType"),
    text("ResourceGroupId"),
    TAG_FILTER,
    *paging(),
)
def list_groups(call: Call) -> Answer:
    """List server groups by name."""
    given = call.given
    rows = ServerGroup.objects.filter(protocol__in=PROTOCOLS, load_balancer=None)  # a CLB's own groups are not ALB's
    rows = with_ids(rows, "pk", given.get("ServerGroupIds", []))
    rows = with_tags(rows, "server_group", given.get("Tag", ()))
    if names := given.get("ServerGroupNames"):
        rows = rows.filter(name__in=names)
    for name, unsaid in (("VpcId", ""), ("ServerGroupType", "Instance"), ("ResourceGroupId", "")):
        if given.get(name):
            rows = with_extra(rows, "server_group", name, [given[name]], unsaid)
    found, told = page(call, rows.prefetch_related("servers"), ("name",))
    ids = [each.pk for each in found]
    extras, tags, users = extras_of("server_group", ids), selectors.tags_of("server_group", ids), balancers_behind(ids)
    listed = [
        {
            **_told(each, extras[each.pk]),
            "Tags": tag_list(tags.get(each.pk, {})),
            "RelatedLoadBalancerIds": users[each.pk],
        }
        for each in found
    ]
    return {"ServerGroups": listed, **told}


def _told(group: ServerGroup, extra: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "ServerGroupId": group.pk,
        "ServerGroupName": group.name,
        "ServerGroupStatus": "Available",
        "ServerGroupType": extra.get("ServerGroupType", "Instance"),
        "Protocol": group.protocol,
        "VpcId": extra.get("VpcId", ""),
        "ResourceGroupId": extra.get("ResourceGroupId", ""),
        "Ipv6Enabled": extra.get("Ipv6Enabled", False),
        "UpstreamKeepaliveEnabled": extra.get("UpstreamKeepaliveEnabled", True),
        "CrossZoneEnabled": extra.get("CrossZoneEnabled", True),
        "ServiceName": extra.get("ServiceName", ""),
        "ConfigManagedEnabled": False,
        "ServerCount": len(group.servers.all()),
        "CreateTime": iso_minutes(group.created_at),
        **setting_words(group, extra),
    }


def _servers(name: str, *more: Field, needs_id: bool = True, needs_port: bool = False) -> Field:
    return structs(
        name,
        text("ServerId", required=needs_id),
        text("ServerType", required=True, choices=("Ecs", "Eni", "Eci", "Ip", "Fc")),
        text("ServerIp"),
        integer("Port", 1, 65_535, required=needs_port),
        *more,
        required=True,
    )


_WEIGHTED = (integer("Weight", 0, 100, default=100), text("Description", high=256))


@ALB.write("AddServersToServerGroup", GROUP_ID, _servers("Servers", *_WEIGHTED, flag("RemoteIpEnabled")), job=_UPDATE)
def add(call: Call) -> None:
    """Add servers: all of them, or none."""
    add_servers(call, group_of(call), call.given["Servers"], "Conflict.BackendServer")


@ALB.write("RemoveServersFromServerGroup", GROUP_ID, _servers("Servers"), job=_UPDATE)
def remove(call: Call) -> None:
    """Take servers out: all of them, or none."""
    remove_servers(call, group_of(call), call.given["Servers"], NO_SERVER)


@ALB.write(
    "ReplaceServersInServerGroup",
    GROUP_ID,
    _servers("AddedServers", *_WEIGHTED, needs_port=True),
    _servers("RemovedServers", needs_port=True),
    job=_UPDATE,
)
def replace(call: Call) -> None:
    """Put servers in the place of others, at once."""
    given = call.given
    replace_servers(call, group_of(call), given["AddedServers"], given["RemovedServers"], NO_SERVER)


@ALB.write(
    "UpdateServerGroupServersAttribute",
    GROUP_ID,
    _servers("Servers", integer("Weight", 0, 100), text("Description", high=256)),
    job=_UPDATE,
)
def change(call: Call) -> None:
    """Give servers another weight or description."""
    change_servers(call, group_of(call), call.given["Servers"], NO_SERVER)


@ALB.read(
    "ListServerGroupServers",
    text("ServerGroupId"),
    texts("ServerIds", most=20),
    TAG_FILTER,
    *paging(1000),
    lacks="servers have no tags of their own: Tag keeps the servers of groups with the tags",
)
def list_servers(call: Call) -> Answer:
    """List the servers of a group, or of all groups."""
    given = call.given
    rows = Server.objects.filter(group__protocol__in=PROTOCOLS, group__load_balancer=None)
    extra: dict[str, Any] = {}
    if given.get("ServerGroupId"):
        group = group_of(call)
        rows, extra = rows.filter(group=group), extras_of("server_group", [group.pk])[group.pk]
    if given.get("ServerIds"):
        rows = rows.filter(address__in=servers_named(extra, given["ServerIds"]))
    if given.get("Tag"):
        rows = rows.filter(group__in=with_tags(ServerGroup.objects.all(), "server_group", given["Tag"]))
    found, told = page(call, rows, ("id",))
    extras = extras_of("server_group", {server.group_id for server in found})
    listed = [{**server_answer(server, extras[server.group_id]), "RemoteIpEnabled": False} for server in found]
    return {"Servers": listed, **told}
