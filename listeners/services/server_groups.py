"""Create, change and delete server groups."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypedDict, Unpack

from django.db.models import Count
from django.utils.translation import gettext as _

from console.errors import ConflictError, InvalidInputError
from console.revisions import save_revision
from events.actor import Actor
from events.feed import recording
from listeners import limits, rules
from listeners.models import LoadBalancer, Server, ServerGroup
from listeners.services import rows
from listeners.services.capacity import refuse_too_many_servers_behind
from listeners.words import counted, told

KIND = "server_group"


@dataclass(frozen=True, slots=True)
class ServerSpec:
    """A server as it is asked for. Weight 0 takes no new connections."""

    address: str
    port: int
    weight: int = 100
    description: str = ""

    @property
    def key(self) -> tuple[str, int]:
        """What makes it the same server within a group."""
        return self.address, self.port


class ServerGroupOptions(TypedDict, total=False):
    """What has a default in a server group."""

    scheduler: str
    health_check_enabled: bool
    health_check_port: int
    health_check_timeout_seconds: int
    health_check_interval_seconds: int
    healthy_threshold: int
    unhealthy_threshold: int


class ServerGroupFields(ServerGroupOptions, total=False):
    """What can be changed of a server group beside its servers."""

    name: str


def create_server_group(
    actor: Actor, *, name: str, servers: Sequence[ServerSpec] = (), **options: Unpack[ServerGroupOptions]
) -> ServerGroup:
    """Create a server group with its servers."""
    values = _checked({**options, "name": name})
    specs = _checked_servers(servers)
    with recording(actor) as changes:
        rows.refuse_duplicate_name(ServerGroup.objects.all(), values["name"], KIND)
        _refuse_one_group_too_many()
        group = ServerGroup.objects.create(created_by=actor.name, **values)
        _set_servers(group, specs)
        changes.record("server_group.created", group, f"{group.name} with {counted(len(specs), 'server')}")
    return group


def update_server_group(
    actor: Actor,
    server_group_id: str,
    *,
    expected_revision: int | None = None,
    servers: Sequence[ServerSpec] | None = None,
    **fields: Unpack[ServerGroupFields],
) -> ServerGroup:
    """Change a server group. ``servers`` replaces the whole set; a server that stays keeps its row and health."""
    values = _checked(fields)
    specs = None if servers is None else _checked_servers(servers)
    with recording(actor) as changes:
        group = rows.take(ServerGroup.objects.all(), server_group_id, KIND, expected_revision)
        if "name" in values:
            rows.refuse_duplicate_name(ServerGroup.objects.all(), values["name"], KIND, group.pk)
        differing = rows.apply(group, values)
        moved = {} if specs is None else _set_servers(group, specs)
        if moved and not differing:
            save_revision(group)
        if differing or moved:
            summary = "; ".join(filter(None, (told(differing), _told(moved))))
            changes.record("server_group.updated", group, summary, fields=differing, servers=moved)
    return group


def delete_server_group(actor: Actor, server_group_id: str, *, expected_revision: int | None = None) -> None:
    """Delete a server group that no listener uses."""
    with recording(actor) as changes:
        group = rows.take(ServerGroup.objects.all(), server_group_id, KIND, expected_revision)
        users = list(group.listeners.select_related("load_balancer").order_by("load_balancer__name", "port")[:11])
        if users:
            raise ConflictError(
                _("Server group “%(name)s” is used by %(users)s.")
                % {"name": group, "users": ", ".join(f"{u} ({u.load_balancer})" for u in users[:10])},
                "server-group.in-use",
                way_out=_("Give these listeners another server group first, or delete them."),
            )
        changes.record("server_group.deleted", group, group.name)
        group.delete()


def _set_servers(group: ServerGroup, specs: Mapping[tuple[str, int], ServerSpec]) -> dict[str, list[str]]:
    stored = {(server.address, server.port): server for server in group.servers.all()}
    gone = [server for key, server in stored.items() if key not in specs]
    fresh = [spec for key, spec in specs.items() if key not in stored]
    changed = [server for key, server in stored.items() if key in specs and _take_over(server, specs[key])]
    _refuse_too_many(group, specs, fresh)
    Server.objects.filter(pk__in=[server.pk for server in gone]).delete()
    Server.objects.bulk_update(changed, ["weight", "description"], batch_size=200)
    Server.objects.bulk_create(
        Server(group=group, address=spec.address, port=spec.port, weight=spec.weight, description=spec.description)
        for spec in fresh
    )
    if fresh:
        _refuse_too_many_behind(group)
    moved: dict[str, Sequence[Server | ServerSpec]] = {"removed": gone, "added": fresh, "changed": changed}
    return {verb: [_shown(server) for server in servers] for verb, servers in moved.items() if servers}


def _take_over(server: Server, spec: ServerSpec) -> bool:
    if (server.weight, server.description) == (spec.weight, spec.description):
        return False
    server.weight, server.description = spec.weight, spec.description
    return True


def _shown(server: Server | ServerSpec) -> str:
    host = f"[{server.address}]" if ":" in server.address else server.address
    return f"{host}:{server.port} weight {server.weight}"


def _told(moved: Mapping[str, list[str]]) -> str:
    return ", ".join(f"{verb} {server}" for verb, servers in moved.items() for server in servers)


def _refuse_too_many(
    group: ServerGroup, specs: Mapping[tuple[str, int], ServerSpec], fresh: Sequence[ServerSpec]
) -> None:
    allowed = limits.limits_of((limits.SERVERS, limits.SERVERS_PER_OPERATION, limits.SERVER_ADDED))
    told = {"group": group, "wanted": len(specs), "fresh": len(fresh)}
    limits.refuse_above(
        allowed[limits.SERVERS],
        len(specs),
        _("Server group “%(group)s” would have %(wanted)s servers; %(limit)s are allowed.")
        % {**told, "limit": allowed[limits.SERVERS]},
        limits.SERVERS,
        "servers",
    )
    limits.refuse_above(
        allowed[limits.SERVERS_PER_OPERATION],
        len(fresh),
        _("%(fresh)s servers would be added; %(limit)s can be added in one operation.")
        % {**told, "limit": allowed[limits.SERVERS_PER_OPERATION]},
        limits.SERVERS_PER_OPERATION,
        "servers",
    )
    _refuse_server_in_too_many_groups(group, fresh, allowed[limits.SERVER_ADDED])


def _refuse_server_in_too_many_groups(group: ServerGroup, fresh: Sequence[ServerSpec], limit: int) -> None:
    addresses = {spec.address for spec in fresh}
    elsewhere = Server.objects.filter(address__in=addresses).exclude(group=group).order_by()
    for address, count in elsewhere.values_list("address").annotate(Count("group", distinct=True)):
        limits.refuse_above(
            limit,
            count + 1,
            _("Server %(address)s is in %(count)s server groups; %(limit)s are allowed.")
            % {"address": address, "count": count, "limit": limit},
            limits.SERVER_ADDED,
            "servers",
        )


def _refuse_too_many_behind(group: ServerGroup) -> None:
    for balancer in LoadBalancer.objects.filter(listeners__server_group=group).distinct():
        refuse_too_many_servers_behind(balancer, field="servers")


def _refuse_one_group_too_many() -> None:
    limit = limits.limit_of(limits.SERVER_GROUPS)
    there = ServerGroup.objects.count()
    limits.refuse_above(
        limit,
        there + 1,
        _("There are %(there)s server groups; %(limit)s are allowed.") % {"there": there, "limit": limit},
        limits.SERVER_GROUPS,
    )


def _checked_servers(servers: Sequence[ServerSpec]) -> dict[tuple[str, int], ServerSpec]:
    checked: dict[tuple[str, int], ServerSpec] = {}
    for spec in map(_checked_server, servers):
        if spec.key in checked:
            raise InvalidInputError(
                _("Server %(server)s is listed twice.") % {"server": _shown(spec)},
                "server-group.server-twice",
                field="servers",
                way_out=_("List it once, with the weight it should have."),
            )
        checked[spec.key] = spec
    return checked


def _checked_server(spec: ServerSpec) -> ServerSpec:
    weight = rules.check_number(
        spec.weight, rules.WEIGHTS, "servers", _("The weight of a server"), "server-group.weight-invalid"
    )
    return ServerSpec(
        address=rules.check_server_address(spec.address),
        port=rules.check_port(spec.port, "server-group.port-invalid", "servers"),
        weight=weight,
        description=rules.check_description(spec.description),
    )


def _within(allowed: range, label: Callable[[], str]) -> Callable[[str, Any], Any]:
    def check(field: str, value: Any) -> Any:
        return rules.check_number(value, allowed, field, label(), "server-group.health-check-invalid")

    return check


_CHECKS: Mapping[str, Callable[[str, Any], Any]] = {
    "name": lambda _field, value: rules.check_object_name(value, "server-group.name-invalid"),
    "scheduler": lambda field, value: rules.check_choice(
        value, ServerGroup.Scheduler.values, field, _("The scheduler"), "server-group.scheduler-invalid"
    ),
    "health_check_enabled": lambda _field, value: bool(value),
    "health_check_port": _within(rules.HEALTH_CHECK_PORTS, lambda: _("The port of the health check")),
    "health_check_timeout_seconds": _within(
        rules.HEALTH_CHECK_TIMEOUT_SECONDS, lambda: _("The timeout of the health check")
    ),
    "health_check_interval_seconds": _within(
        rules.HEALTH_CHECK_INTERVAL_SECONDS, lambda: _("The interval of the health check")
    ),
    "healthy_threshold": _within(rules.THRESHOLDS, lambda: _("The healthy threshold")),
    "unhealthy_threshold": _within(rules.THRESHOLDS, lambda: _("The unhealthy threshold")),
}


def _checked(fields: Mapping[str, object]) -> dict[str, Any]:
    return {field: _CHECKS[field](field, value) for field, value in fields.items()}
