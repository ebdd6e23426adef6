"""Server groups of Classic Load Balancers, whose listeners and rules say how a group is used.

A listener's scheduler, stickiness and health check are its own there, and several listeners can use one group. Each
way of using it is a variant: a server group with the same servers and other settings. The load balancer's default
servers have no port; each listener that uses them has a group of them on the port of its own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from django.db.models import Q

from console.ids import new_id
from events.actor import Actor
from events.feed import Recorder, recording
from listeners import backends
from listeners.backend_fields import checked
from listeners.backend_rules import settle
from listeners.models import Listener, LoadBalancer, RuleServerGroup, ServerGroup
from listeners.services import rows
from listeners.services.server_groups import KIND, create_server_group, follow_servers, update_server_group
from listeners.services.servers import ServerSpec, checked_servers

PROTOCOL = ServerGroup.Protocol.HTTP.value
SETTINGS = tuple(backends.BACKENDS[PROTOCOL].settings)
_ANY_PORT = 1  # what stands for the port of default servers while they are checked


def settings_of(group: ServerGroup) -> dict[str, Any]:
    """Return how a server group is used: its scheduler, stickiness and health check."""
    return {name: getattr(group, name) for name in SETTINGS}


def settled(before: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings with what is ``given`` changed; refuse what does not go together."""
    usual = backends.defaults_of(PROTOCOL)
    values = settle(PROTOCOL, {**usual, **before}, checked(given), ())
    return {name: values[name] for name in SETTINGS}


def base_of(group: ServerGroup) -> ServerGroup:
    """Return the server group whose variant ``group`` is, or itself."""
    return group.variant_of or group


def create_own_group(
    actor: Actor, balancer: LoadBalancer, *, name: str, servers: Sequence[ServerSpec] = ()
) -> ServerGroup:
    """Create a server group that goes with a Classic Load Balancer; a name that is taken gets its id behind it."""
    group_id = new_id("rsp")
    with recording(actor):
        return create_server_group(
            actor,
            name=_free_name(name, group_id),
            protocol=PROTOCOL,
            servers=servers,
            belonging={"id": group_id, "load_balancer": balancer},
        )


def _free_name(wanted: str, group_id: str) -> str:
    is_taken = ServerGroup.objects.filter(name=wanted).exists()
    return f"{wanted[:100]}-{group_id}" if is_taken else wanted


def group_used_so(
    actor: Actor,
    balancer: LoadBalancer,
    base: ServerGroup,
    settings: Mapping[str, Any],
    *,
    by: Listener | None = None,
    rule_id: str = "",
) -> ServerGroup:
    """Return the server group with the servers of ``base`` and these settings.

    ``by``, with the rules that follow it, or one rule alone, is about to use it: a member of the family that nobody
    else uses is changed, else a variant is made.
    """
    family = [base, *base.variants.order_by("pk")]
    same = next((member for member in family if settings_of(member) == settings), None)
    if same:
        return same
    free = next((member for member in family if not _is_used_elsewhere(member, by, rule_id)), None)
    if free:
        return update_server_group(actor, free.pk, **settings)
    return _create_variant(actor, balancer, base, settings)


def _is_used_elsewhere(group: ServerGroup, by: Listener | None, rule_id: str) -> bool:
    listeners = Listener.objects.filter(server_group=group)
    rules = RuleServerGroup.objects.filter(server_group=group)
    if rule_id:
        return listeners.exists() or rules.exclude(rule_id=rule_id).exists()
    if by is not None:
        listeners = listeners.exclude(pk=by.pk)
        rules = rules.exclude(rule__listener=by, rule__follows_listener=True)
    return listeners.exists() or rules.exists()


def _create_variant(
    actor: Actor, balancer: LoadBalancer, base: ServerGroup, settings: Mapping[str, Any]
) -> ServerGroup:
    group_id = new_id("rsp")
    return create_server_group(
        actor,
        name=f"{base.name[:100]}-{group_id}",
        protocol=base.protocol,
        servers=[
            ServerSpec(server.address, server.port, server.weight, server.description) for server in base.servers.all()
        ],
        belonging={"id": group_id, "load_balancer": balancer, "variant_of": base},
        **settings,
    )


def default_group(actor: Actor, balancer: LoadBalancer, port: int, settings: Mapping[str, Any]) -> ServerGroup:
    """Create the server group of one listener that uses the load balancer's default servers on ``port``."""
    group_id = new_id("rsp")
    return create_server_group(
        actor,
        name=f"{balancer.pk}-{port}-{group_id}",
        protocol=PROTOCOL,
        servers=_on_port(_default_servers(balancer), port),
        belonging={"id": group_id, "load_balancer": balancer, "backend_port": port},
        **settings,
    )


def move_default_group(changes: Recorder, group: ServerGroup, port: int) -> None:
    """Use the default servers on another port."""
    if group.backend_port != port and group.load_balancer:
        group.backend_port = port
        group.save(update_fields=["backend_port"])
        follow_servers(changes, [group], checked_servers(_on_port(_default_servers(group.load_balancer), port)))


def set_default_servers(actor: Actor, load_balancer_id: str, servers: Sequence[ServerSpec]) -> LoadBalancer:
    """Make these the default servers of a Classic Load Balancer; their ports are the listeners' and not looked at.

    Every listener that uses them follows, in the same transaction.
    """
    specs = checked_servers([replace(spec, port=_ANY_PORT) for spec in servers])
    wanted = [
        {"address": spec.address, "weight": spec.weight, "description": spec.description} for spec in specs.values()
    ]
    with recording(actor) as changes:
        balancer = rows.take(LoadBalancer.objects.all(), load_balancer_id, "load_balancer")
        if rows.apply(balancer, {"default_servers": wanted}):
            told = ", ".join(f"{each['address']} weight {each['weight']}" for each in wanted) or "none"
            changes.record("load_balancer.updated", balancer, f"default servers: {told}")
        for group in balancer.own_server_groups.filter(backend_port__isnull=False):
            port = group.backend_port or _ANY_PORT
            follow_servers(changes, [group], checked_servers(_on_port(list(specs.values()), port)))
    return balancer


def _default_servers(balancer: LoadBalancer) -> list[ServerSpec]:
    return [ServerSpec(port=_ANY_PORT, **each) for each in balancer.default_servers]


def _on_port(servers: Sequence[ServerSpec], port: int) -> list[ServerSpec]:
    return [replace(spec, port=port) for spec in servers]


def drop_unused_variants(changes: Recorder, balancer: LoadBalancer) -> None:
    """Delete the variants, and groups of default servers, that no listener and no rule uses any more."""
    derived = Q(variant_of__isnull=False) | Q(backend_port__isnull=False)
    unused = ServerGroup.objects.filter(derived, load_balancer=balancer, listeners=None, rules=None)
    for group in unused.order_by("pk"):
        changes.record(f"{KIND}.deleted", group, group.name)
        group.delete()


def drop_own_groups(changes: Recorder, balancer: LoadBalancer) -> None:
    """Delete the server groups of a load balancer that is being deleted, apart from those that others use."""
    drop_unused_variants(changes, balancer)
    unused = ServerGroup.objects.filter(load_balancer=balancer, listeners=None, rules=None, variants=None)
    for group in unused.order_by("pk"):
        changes.record(f"{KIND}.deleted", group, group.name)
        group.delete()
