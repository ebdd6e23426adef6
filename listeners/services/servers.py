"""The servers of a group: what each may be, and how many."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Count, Q
from django.utils.translation import gettext as _

from console.errors import InvalidInputError
from listeners import backends, limits, rules
from listeners.models import LoadBalancer, Server, ServerGroup
from listeners.services.capacity import refuse_too_many_servers_behind


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


def behind(group: ServerGroup) -> Q:
    """Return the condition on load balancers that forward to ``group``, by a listener or by a rule."""
    return Q(listeners__server_group=group) | Q(listeners__rules__server_groups__server_group=group)


def set_servers(group: ServerGroup, specs: Mapping[tuple[str, int], ServerSpec]) -> dict[str, list[str]]:
    """Make ``specs`` the servers of ``group`` and return, by what happened to them, those that moved.

    Raises ConflictError above a limit.
    """
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


def moved_in_words(moved: Mapping[str, list[str]]) -> str:
    """Return in one line what ``set_servers`` did."""
    return ", ".join(f"{verb} {server}" for verb, servers in moved.items() for server in servers)


def _refuse_too_many(
    group: ServerGroup, specs: Mapping[tuple[str, int], ServerSpec], fresh: Sequence[ServerSpec]
) -> None:
    quota = backends.BACKENDS[group.protocol].servers_quota
    allowed = limits.limits_of((quota, limits.SERVERS_PER_OPERATION, limits.SERVER_ADDED))
    told = {"group": group, "wanted": len(specs), "fresh": len(fresh)}
    limits.refuse_above(
        allowed[quota],
        len(specs),
        _("Server group “%(group)s” would have %(wanted)s servers; %(limit)s are allowed.")
        % {**told, "limit": allowed[quota]},
        quota,
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
    for balancer in LoadBalancer.objects.filter(behind(group)).distinct():
        refuse_too_many_servers_behind(balancer, field="servers")


def checked_servers(servers: Sequence[ServerSpec]) -> dict[tuple[str, int], ServerSpec]:
    """Return the servers in their normal spelling by address and port; refuse the first that can never be."""
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
