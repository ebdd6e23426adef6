"""Server groups of NLB, and their servers."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings

from cloudapi.errors import CloudError
from cloudapi.extras import extras_of, keep_extras
from cloudapi.group_users import balancers_behind
from cloudapi.health_checks import check_settings, check_words
from cloudapi.lists import TAG, TAG_FILTER, page, paging, with_extra, with_ids, with_tags
from cloudapi.nlb.product import NLB, job
from cloudapi.operations import Answer, Call
from cloudapi.servers import add_servers, change_servers, remove_servers, server_answer, servers_named
from cloudapi.tagging import given_tags, tag_list
from cloudapi.wire.fields import Field, flag, integer, struct, structs, text, texts
from listeners import selectors, services
from listeners.models import Server, ServerGroup

GROUP_ID = text("ServerGroupId", required=True)
NO_SERVER = "ResourceNotFound.BackendServer"
_PROTOCOLS = ("TCP", "UDP", "TCP_UDP")
_SCHEDULERS = ("Wrr", "Wlc", "rr", "sch", "tch", "qch")
_KEPT_CHECK = ("HealthCheckReq", "HealthCheckExp", "HealthCheckHttpVersion")
_LACKS = (
    "health checks by UDP, the scheduler qch, groups for any port and drain times but 0 are refused; servers see the"
    " client's own address by Proxy Protocol only (PreserveClientIpEnabled is kept)"
)
_CHECK = {
    "HealthCheckEnabled": "health_check_enabled",
    "HealthCheckType": "health_check_protocol",
    "HealthCheckConnectPort": "health_check_port",
    "HealthyThreshold": "healthy_threshold",
    "UnhealthyThreshold": "unhealthy_threshold",
    "HealthCheckConnectTimeout": "health_check_timeout_seconds",
    "HealthCheckInterval": "health_check_interval_seconds",
    "HealthCheckDomain": "health_check_host",
    "HealthCheckUrl": "health_check_path",
    "HealthCheckHttpCode": "health_check_codes",
    "HttpCheckMethod": "health_check_method",
}
_CONFIG = struct(
    "HealthCheckConfig",
    flag("HealthCheckEnabled"),
    text("HealthCheckType", choices=("TCP", "HTTP", "UDP")),
    integer("HealthCheckConnectPort", 0, 65_535),
    integer("HealthyThreshold", 2, 10),
    integer("UnhealthyThreshold", 2, 10),
    integer("HealthCheckConnectTimeout", 1, 300),
    integer("HealthCheckInterval", 1, 300),
    text("HealthCheckDomain", high=80),
    text("HealthCheckUrl", high=80),
    texts("HealthCheckHttpCode", most=4, choices=("http_2xx", "http_3xx", "http_4xx", "http_5xx")),
    text("HttpCheckMethod", choices=("GET", "HEAD")),
    text("HealthCheckReq", high=512),
    text("HealthCheckExp", high=512),
    text("HealthCheckHttpVersion", choices=("HTTP1.0", "HTTP1.1")),
)
_SETTINGS: tuple[Field, ...] = (
    flag("ConnectionDrainEnabled"),
    integer("ConnectionDrainTimeout", 0, 3600),
    text("Scheduler", choices=_SCHEDULERS),
    flag("PreserveClientIpEnabled", kept=True),
    _CONFIG,
)


def group_of(call: Call) -> ServerGroup:
    """Return the server group that a request names, if it is one of NLB."""
    group = selectors.server_group_by_id(call.given["ServerGroupId"])
    if group.protocol not in _PROTOCOLS:
        raise CloudError("ResourceNotFound.serverGroup", f"{group.pk} is a group for {group.protocol}, of ALB.", 404)
    return group


@NLB.write(
    "CreateServerGroup",
    text("ServerGroupName", required=True),
    text("ServerGroupType", choices=("Instance", "Ip"), kept=True),
    text("AddressIPVersion", kept=True),
    text("Protocol", choices=_PROTOCOLS, default="TCP"),
    text("VpcId", required=True, kept=True),
    flag("AnyPortEnabled"),
    *_SETTINGS,
    text("ResourceGroupId", kept=True),
    TAG,
    job=job("servergroup", "Create", "ServerGroupId"),
    lacks=_LACKS,
)
def create(call: Call) -> Answer:
    """Create a server group without servers."""
    if call.given.get("AnyPortEnabled"):
        raise CloudError("IllegalParam.AnyPortEnabled", "This installation has no server groups for any port.")
    group = services.create_server_group(
        call.actor,
        name=call.given["ServerGroupName"],
        protocol=call.given["Protocol"],
        **_options(call, None),
    )
    if tags := given_tags(call):
        services.set_tags(call.actor, "server_group", group.pk, tags=tags)
    keep_extras(call, "server_group", group.pk)
    return {"ServerGroupId": group.pk}


def _options(call: Call, group: ServerGroup | None) -> dict[str, Any]:
    """Return our settings for what is asked of a new group, or of one that is there."""
    given = call.given
    options: dict[str, Any] = {}
    if "Scheduler" in given:
        if given["Scheduler"] == "qch":
            raise CloudError("OperationDenied.UidNotAllowQuic29", "This installation has no scheduler by QUIC ID.")
        options["scheduler"] = given["Scheduler"].lower()
    if "ConnectionDrainEnabled" in given or "ConnectionDrainTimeout" in given:
        options["connection_drain_seconds"] = _drain(given, group)
    return options | _check(given.get("HealthCheckConfig", {}), group)


def _drain(given: Mapping[str, Any], group: ServerGroup | None) -> int | None:
    stored = group.connection_drain_seconds if group else None
    if not given.get("ConnectionDrainEnabled", stored is not None):
        return None
    seconds: int = given.get("ConnectionDrainTimeout", stored or 0)
    return seconds


def _check(config: Mapping[str, Any], group: ServerGroup | None) -> dict[str, Any]:
    if config.get("HealthCheckType") == "UDP" and config.get("HealthCheckEnabled", True):
        raise CloudError(
            "IllegalParam.HealthCheckType",
            "This installation has no health checks by UDP: switch the check off, or check by TCP or HTTP.",
        )
    wanted = {name: value for name, value in config.items() if value != "UDP" or name != "HealthCheckType"}
    return check_settings(wanted, _CHECK, group.health_check_protocol if group else "TCP")


@NLB.write(
    "UpdateServerGroupAttribute",
    GROUP_ID,
    text("ServerGroupName"),
    *_SETTINGS,
    job=job("servergroup", "Update", "ServerGroupId"),
    lacks=_LACKS,
)
def update(call: Call) -> Answer:
    """Change a server group."""
    group = group_of(call)
    options = _options(call, group)
    if "ServerGroupName" in call.given:
        options["name"] = call.given["ServerGroupName"]
    services.update_server_group(call.actor, group.pk, **options)
    keep_extras(call, "server_group", group.pk)
    return {"ServerGroupId": group.pk}


@NLB.write("DeleteServerGroup", GROUP_ID, job=job("servergroup", "Delete", "ServerGroupId"))
def delete(call: Call) -> None:
    """Delete a server group that no listener uses."""
    services.delete_server_group(call.actor, group_of(call).pk)


@NLB.read(
    "ListServerGroups",
    texts("ServerGroupIds", most=20),
    texts("ServerGroupNames", most=20),
    text("ServerGroupType"),
    text("VpcId"),
    text("ResourceGroupId"),
    TAG_FILTER,
    *paging(),
)
def list_groups(call: Call) -> Answer:
    """List server groups by name."""
    given = call.given
    rows = ServerGroup.objects.filter(protocol__in=_PROTOCOLS)
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
    config = extra.get("HealthCheckConfig", {})
    return {
        "RegionId": settings.REGION,
        "ServerGroupId": group.pk,
        "ServerGroupName": group.name,
        "ServerGroupType": extra.get("ServerGroupType", "Instance"),
        "AddressIPVersion": extra.get("AddressIPVersion", "ipv4"),
        "VpcId": extra.get("VpcId", ""),
        "Scheduler": group.scheduler.capitalize() if group.scheduler in {"wrr", "wlc"} else group.scheduler,
        "Protocol": group.protocol,
        "HealthCheck": {**check_words(group, _CHECK), **{name: config.get(name, "") for name in _KEPT_CHECK}},
        "ConnectionDrainEnabled": group.connection_drain_seconds is not None,
        "ConnectionDrainTimeout": group.connection_drain_seconds or 0,
        "PreserveClientIpEnabled": extra.get("PreserveClientIpEnabled", False),
        "AnyPortEnabled": False,
        "ResourceGroupId": extra.get("ResourceGroupId", ""),
        "ServerGroupStatus": "Available",
        "AliUid": 1,
        "ServerCount": len(group.servers.all()),
    }


_SERVER: tuple[Field, ...] = (
    text("ServerId", required=True),
    text("ServerType", required=True, choices=("Ecs", "Eni", "Eci", "Ip")),
    text("ServerIp"),
)


@NLB.write(
    "AddServersToServerGroup",
    GROUP_ID,
    structs(
        "Servers",
        *_SERVER,
        integer("Port", 0, 65_535),
        integer("Weight", 0, 100, default=100),
        text("Description", high=256),
        required=True,
    ),
    job=job("servergroup", "Update", "ServerGroupId"),
)
def add(call: Call) -> Answer:
    """Add servers: all of them, or none."""
    group = group_of(call)
    add_servers(call, group, call.given["Servers"], "DuplicatedParam.Server")
    return {"ServerGroupId": group.pk}


@NLB.write(
    "RemoveServersFromServerGroup",
    GROUP_ID,
    structs("Servers", *_SERVER, integer("Port", 0, 65_535), required=True),
    job=job("servergroup", "Update", "ServerGroupId"),
)
def remove(call: Call) -> Answer:
    """Take servers out: all of them, or none."""
    group = group_of(call)
    remove_servers(call, group, call.given["Servers"], NO_SERVER)
    return {"ServerGroupId": group.pk}


@NLB.write(
    "UpdateServerGroupServersAttribute",
    GROUP_ID,
    structs(
        "Servers",
        *_SERVER,
        integer("Port", 0, 65_535, required=True),
        integer("Weight", 0, 100),
        text("Description", high=256),
        required=True,
    ),
    job=job("servergroup", "Update", "ServerGroupId"),
)
def change(call: Call) -> Answer:
    """Give servers another weight or description."""
    group = group_of(call)
    change_servers(call, group, call.given["Servers"], NO_SERVER)
    return {"ServerGroupId": group.pk}


@NLB.read(
    "ListServerGroupServers",
    text("ServerGroupId"),
    texts("ServerIds", most=100),
    texts("ServerIps", most=100),
    *paging(),
)
def list_servers(call: Call) -> Answer:
    """List the servers of a group, or of all groups."""
    given = call.given
    rows = Server.objects.filter(group__protocol__in=_PROTOCOLS)
    extra: dict[str, Any] = {}
    if given.get("ServerGroupId"):
        group = group_of(call)
        rows, extra = rows.filter(group=group), extras_of("server_group", [group.pk])[group.pk]
    if given.get("ServerIds"):
        rows = rows.filter(address__in=servers_named(extra, given["ServerIds"]))
    if given.get("ServerIps"):
        rows = rows.filter(address__in=given["ServerIps"])
    found, told = page(call, rows, ("id",))
    extras = extras_of("server_group", {server.group_id for server in found})
    listed = [{**server_answer(server, extras[server.group_id]), "ZoneId": ""} for server in found]
    return {"Servers": listed, **told}
