"""Create, change and delete server groups."""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, TypedDict, Unpack

from django.db.models import Q
from django.utils.translation import gettext as _

from console.errors import ConflictError
from console.revisions import save_revision
from events.actor import Actor
from events.feed import Recorder, recording
from listeners import backends, limits
from listeners.backend_fields import checked
from listeners.backend_rules import settle
from listeners.group_usage import users_of
from listeners.legality import refuse_without
from listeners.models import Binding, LoadBalancer, ServerGroup
from listeners.services import rows
from listeners.services.binding_rules import certificate_for
from listeners.services.servers import ServerSpec, behind, checked_servers, moved_in_words, set_servers
from listeners.services.tags import drop_tags
from listeners.words import counted, told

KIND = "server_group"
USERS_NAMED = 10
NOBODYS: Mapping[str, Any] = MappingProxyType({})


class ServerGroupOptions(TypedDict, total=False):
    """What has a default in a server group; it depends on the protocol, as do the ranges."""

    scheduler: str
    hash_parameter: str
    stickiness: str
    cookie: str
    cookie_timeout_seconds: int
    slow_start_seconds: int
    connection_drain_seconds: int | None
    verify_servers: bool
    ca_certificate_id: str | None
    server_name: str
    health_check_enabled: bool
    health_check_protocol: str
    health_check_host: str
    health_check_path: str
    health_check_method: str
    health_check_codes: Sequence[str]
    health_check_port: int
    health_check_timeout_seconds: int
    health_check_interval_seconds: int
    healthy_threshold: int
    unhealthy_threshold: int


class ServerGroupFields(ServerGroupOptions, total=False):
    """What can be changed of a server group beside its servers."""

    name: str


def create_server_group(
    actor: Actor,
    *,
    name: str,
    protocol: str = ServerGroup.Protocol.TCP,
    servers: Sequence[ServerSpec] = (),
    belonging: Mapping[str, Any] = NOBODYS,
    **options: Unpack[ServerGroupOptions],
) -> ServerGroup:
    """Create a server group with its servers. What is not given is as ``backends.defaults_of`` its protocol says.

    ``belonging`` are the columns that ``listeners.services.variants`` gives those of a Classic Load Balancer.
    """
    protocol = checked({"protocol": protocol})["protocol"]
    given = checked({**options, "name": name})
    specs = checked_servers(servers)
    values = settle(protocol, backends.defaults_of(protocol), given, [spec.address for spec in specs.values()])
    with recording(actor) as changes:
        rows.refuse_duplicate_name(ServerGroup.objects.all(), values["name"], KIND)
        _refuse_one_group_too_many(protocol)
        _refuse_unusable_authority(values)
        group = ServerGroup.objects.create(created_by=actor.name, protocol=protocol, **belonging, **values)
        set_servers(group, specs)
        changes.record("server_group.created", group, f"{group.name} with {counted(len(specs), 'server')}")
    return group


def update_server_group(
    actor: Actor,
    server_group_id: str,
    *,
    expected_revision: int | None = None,
    protocol: str | None = None,
    servers: Sequence[ServerSpec] | None = None,
    **fields: Unpack[ServerGroupFields],
) -> ServerGroup:
    """Change a server group. ``servers`` replaces the whole set; a server that stays keeps its row and health.

    Groups that are variants of each other have the same servers always. A group's protocol is for life: giving
    another one is refused.
    """
    given = checked(fields)
    specs = None if servers is None else checked_servers(servers)
    with recording(actor) as changes:
        group = rows.take(ServerGroup.objects.all(), server_group_id, KIND, expected_revision)
        _refuse_other_protocol(group, protocol)
        _refuse_default_servers(group, specs)
        if "name" in given:
            rows.refuse_duplicate_name(ServerGroup.objects.all(), given["name"], KIND, group.pk)
        differing = rows.apply(group, _settled(group, given, specs))
        moved = {} if specs is None else set_servers(group, specs)
        if moved and not differing:
            save_revision(group)
        if differing or moved:
            summary = "; ".join(filter(None, (told(differing), moved_in_words(moved))))
            changes.record("server_group.updated", group, summary, fields=differing, servers=moved)
        if specs is not None and moved:
            follow_servers(changes, family_of(group), specs)
    return group


def family_of(group: ServerGroup) -> list[ServerGroup]:
    """Return the other server groups that have the same servers under other settings."""
    base = group.variant_of_id or group.pk
    return list(ServerGroup.objects.filter(Q(pk=base) | Q(variant_of=base)).exclude(pk=group.pk).order_by("pk"))


def follow_servers(
    changes: Recorder, groups: Iterable[ServerGroup], specs: Mapping[tuple[str, int], ServerSpec]
) -> None:
    """Make ``specs`` the servers of several groups, within a write that is under way."""
    for group in groups:
        if moved := set_servers(group, specs):
            save_revision(group)
            changes.record("server_group.updated", group, moved_in_words(moved), fields={}, servers=moved)


def _refuse_default_servers(group: ServerGroup, specs: Mapping[tuple[str, int], ServerSpec] | None) -> None:
    """Refuse to change the servers of one listener only, where the load balancer says which they are."""
    if specs is None or group.backend_port is None:
        return
    wanted = {key: (spec.weight, spec.description) for key, spec in specs.items()}
    stored = {(each.address, each.port): (each.weight, each.description) for each in group.servers.all()}
    if wanted != stored:
        raise ConflictError(
            _("“%(group)s” has the default servers of load balancer “%(balancer)s”, on port %(port)s.")
            % {"group": group, "balancer": group.load_balancer, "port": group.backend_port},
            "server-group.servers-of-load-balancer",
            field="servers",
            way_out=_("Change those of the load balancer, or give the listener another server group."),
        )


def _settled(
    group: ServerGroup, given: Mapping[str, Any], specs: Mapping[tuple[str, int], ServerSpec] | None
) -> dict[str, Any]:
    """Return all settings of ``group`` as ``given`` changes them; refuse what does not go with them or its users."""
    stored = {name: getattr(group, name) for name in backends.defaults_of(group.protocol)}
    addresses = group.servers.values_list("address", flat=True) if specs is None else [key[0] for key in specs]
    values = settle(group.protocol, stored, given, addresses)
    _refuse_unusable_authority(values)
    if values["slow_start_seconds"] and not group.slow_start_seconds:
        _refuse_where_none_starts_slowly(group)
    return values


def _refuse_where_none_starts_slowly(group: ServerGroup) -> None:
    for balancer in LoadBalancer.objects.filter(behind(group)).distinct():
        refuse_without(
            balancer, "slow_start", _("slow start"), "server-group.slow-start-not-in-edition", "slow_start_seconds"
        )


def _refuse_other_protocol(group: ServerGroup, protocol: str | None) -> None:
    if protocol is not None and protocol != group.protocol:
        raise ConflictError(
            _("Server group “%(name)s” is for %(protocol)s, and that cannot be changed: its listeners depend on it.")
            % {"name": group, "protocol": group.protocol},
            "server-group.protocol-fixed",
            field="protocol",
            way_out=_("Create another server group, and give it to the listeners."),
        )


def _refuse_unusable_authority(values: Mapping[str, Any]) -> None:
    if values["ca_certificate_id"]:
        certificate_for(Binding.Role.CA, values["ca_certificate_id"], "ca_certificate_id")


def delete_server_group(actor: Actor, server_group_id: str, *, expected_revision: int | None = None) -> None:
    """Delete a server group that no listener and no forwarding rule uses."""
    with recording(actor) as changes:
        group = rows.take(ServerGroup.objects.all(), server_group_id, KIND, expected_revision)
        users = users_of(group, USERS_NAMED)
        if users or group.variants.exists():
            raise ConflictError(
                _("Server group “%(name)s” is used by %(users)s.")
                % {"name": group, "users": ", ".join(str(usage.label) for usage in users)},
                "server-group.in-use",
                way_out=_("Give these listeners and rules another server group first, or delete them."),
            )
        changes.record("server_group.deleted", group, group.name)
        drop_tags("server_group", [group.pk])
        group.delete()


def _refuse_one_group_too_many(protocol: str) -> None:
    quota = backends.BACKENDS[protocol].groups_quota
    limit = limits.limit_of(quota)
    family = [each for each, able in backends.BACKENDS.items() if able.groups_quota == quota]
    there = ServerGroup.objects.filter(protocol__in=family).count()
    limits.refuse_above(
        limit,
        there + 1,
        _("There are %(there)s server groups for %(family)s; %(limit)s are allowed.")
        % {"there": there, "family": ", ".join(family), "limit": limit},
        quota,
    )
