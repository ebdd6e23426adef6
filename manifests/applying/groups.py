"""Apply server groups."""

from typing import Any

from django.db.models import F

from listeners import limits, services
from listeners.limits import SERVERS_PER_OPERATION
from listeners.models import ServerGroup
from listeners.services import ServerSpec
from manifests.applying.state import Run, at, ids_of, is_as_wanted, portions
from manifests.schemas import Entry


def apply_group(run: Run, entry: Entry) -> None:
    """Create a server group, or change what differs; ``servers`` and ``tags`` are all that it is to have."""
    stored = run.stored.groups.get(entry["name"])
    if is_as_wanted(entry, stored):
        return
    fields = _fields(run, entry)
    servers, tags = fields.pop("servers", None), fields.pop("tags", None)
    if stored is None:
        group_id = services.create_server_group(run.actor, **fields).pk
    else:
        group_id = run.group_id(fields.pop("name"))
        services.update_server_group(run.actor, group_id, **fields)
    if servers is not None:
        _set_servers(run, group_id, servers, stored)
    if tags is not None:
        services.replace_tags(run.actor, "server_group", group_id, tags=tags)


def _fields(run: Run, entry: Entry) -> dict[str, Any]:
    fields = ids_of(entry)
    if fields.get("ca_certificate_id"):
        fields["ca_certificate_id"] = run.certificate_id(fields["ca_certificate_id"], "ca_certificate")
    if "servers" in fields:
        fields["servers"] = [ServerSpec(**server) for server in fields["servers"]]
    return fields


def _set_servers(run: Run, group_id: str, servers: list[ServerSpec], stored: Entry | None) -> None:
    """Make ``servers`` the servers of a group, no more new ones at once than one operation may add."""
    there = {(server["address"], server["port"]) for server in (stored or {}).get("servers", [])}
    kept = [server for server in servers if server.key in there]
    fresh = [server for server in servers if server.key not in there]
    most = limits.limit_of(SERVERS_PER_OPERATION)
    if not fresh:
        services.update_server_group(run.actor, group_id, servers=kept)
    for portion in portions(fresh, most):
        kept = [*kept, *portion]
        services.update_server_group(run.actor, group_id, servers=kept)


def prune(run: Run) -> None:
    """Delete the server groups that are not declared, variants first; some went with their load balancers."""
    gone = run.stored.groups.keys() - run.wanted.groups.keys()
    for group in ServerGroup.objects.filter(name__in=gone).order_by(F("variant_of").asc(nulls_last=True), "name"):
        with at("server_groups"):
            services.delete_server_group(run.actor, group.pk)
