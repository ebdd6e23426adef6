"""Listeners and rules of Classic Load Balancers that say themselves how their servers are used."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypedDict, Unpack, cast

from django.utils.translation import gettext as _

from console.errors import ConflictError, InvalidInputError
from events.actor import Actor
from events.feed import Recorder, recording
from listeners.models import ForwardingRule, Listener, LoadBalancer, ServerGroup
from listeners.selectors.forwarding_rules import rule_by_id
from listeners.services import rows
from listeners.services.bindings import count_change, take_listener
from listeners.services.forwarding_rules import RuleFields, create_rules, delete_rules, update_rules
from listeners.services.links import required_group
from listeners.services.listeners import ListenerFields, NewListener, create_listener, update_listener
from listeners.services.variants import (
    base_of,
    default_group,
    drop_unused_variants,
    group_used_so,
    move_default_group,
    settings_of,
    settled,
)


@dataclass(frozen=True, slots=True)
class Backends:
    """Where a listener sends its requests, and how: one server group, or the default servers on a port.

    ``settings`` are those given of the group's scheduler, stickiness and health check. On a change, what is not given
    stays.
    """

    server_group_id: str = ""
    port: int | None = None
    redirect_port: int | None = None  # then nobody is sent to servers
    settings: Mapping[str, Any] = field(default_factory=dict)


class ClassicRuleFields(TypedDict, total=False):
    """What can be given of a rule. ``settings`` are its own, unless it follows the listener."""

    name: str
    domain: str
    url: str
    server_group_id: str
    follows_listener: bool
    settings: Mapping[str, Any]


def create_classic_listener(
    actor: Actor,
    *,
    load_balancer_id: str,
    port: int,
    protocol: str,
    backends: Backends,
    tags: Mapping[str, str],
    **given: Unpack[NewListener],
) -> Listener:
    """Create a listener that uses its servers in its own way, as ``listeners.services.variants`` has it."""
    with recording(actor):
        balancer = rows.take(LoadBalancer.objects.all(), load_balancer_id, "load_balancer", field="load_balancer_id")
        settings = settled({}, backends.settings)
        group = _chosen(actor, balancer, backends, settings)
        return create_listener(
            actor,
            load_balancer_id=balancer.pk,
            port=port,
            protocol=protocol,
            tags=tags,
            **cast(
                "NewListener",
                {**given, "server_group_id": group and group.pk, "redirect_port": backends.redirect_port},
            ),
        )


def update_classic_listener(
    actor: Actor, listener_id: str, *, backends: Backends, **fields: Unpack[ListenerFields]
) -> Listener:
    """Change a listener and how it uses its servers; the rules that follow it do so too, in the same transaction."""
    with recording(actor) as changes:
        listener = take_listener(actor, listener_id)
        group = _moved(changes, listener, backends)
        values = cast("ListenerFields", {**fields, "server_group_id": group and group.pk})
        updated = update_listener(actor, listener.pk, **values)
        if group is not None:
            _move_followers(actor, updated, settings_of(group))
        drop_unused_variants(changes, listener.load_balancer)
    return updated


def _chosen(
    actor: Actor, balancer: LoadBalancer, backends: Backends, settings: Mapping[str, Any]
) -> ServerGroup | None:
    """Return the server group of a new listener, None where every request is redirected."""
    if backends.redirect_port is not None:
        return None
    if backends.server_group_id:
        base = base_of(own_group(balancer, backends.server_group_id))
        return group_used_so(actor, balancer, base, settings)
    if backends.port is None:
        raise _no_servers()
    return default_group(actor, balancer, backends.port, settings)


def _moved(changes: Recorder, listener: Listener, backends: Backends) -> ServerGroup | None:
    """Return the server group of a listener after a change, None where every request is redirected."""
    if listener.redirect_port is not None:
        return None
    balancer, actor, now = listener.load_balancer, changes.actor, listener.server_group
    settings = settled(settings_of(now) if now else {}, backends.settings)
    if backends.server_group_id or now is None:
        base = base_of(own_group(balancer, backends.server_group_id))
        return group_used_so(actor, balancer, base, settings, by=listener)
    if now.backend_port is None and backends.port is not None:
        return default_group(actor, balancer, backends.port, settings)
    if backends.port is not None:
        move_default_group(changes, now, backends.port)
    return group_used_so(actor, balancer, base_of(now), settings, by=listener)


def _move_followers(actor: Actor, listener: Listener, settings: Mapping[str, Any]) -> None:
    """Have the rules that follow ``listener`` use their server groups as it uses its own."""
    for rule in listener.rules.filter(follows_listener=True).order_by("pk"):
        now = group_of_rule(rule)
        group = group_used_so(actor, listener.load_balancer, base_of(now), settings, by=listener)
        if group.pk != now.pk:
            update_rules(actor, listener.pk, {rule.pk: {"server_group_id": group.pk}})


def own_group(balancer: LoadBalancer, server_group_id: str) -> ServerGroup:
    """Return a server group that listeners of ``balancer`` can use. Raises NotFoundError, and ConflictError."""
    group = required_group(server_group_id)
    if group.load_balancer_id not in {None, balancer.pk}:
        raise ConflictError(
            _("Server group “%(group)s” is of load balancer “%(other)s”, and “%(balancer)s” cannot use it.")
            % {"group": group, "other": group.load_balancer, "balancer": balancer},
            "server-group.of-another-load-balancer",
            field="server_group_id",
            way_out=_("Create a server group for this load balancer."),
        )
    return group


def group_of_rule(rule: ForwardingRule) -> ServerGroup:
    """Return the server group that a rule of a Classic Load Balancer sends requests to."""
    return rule.server_groups.select_related("server_group__variant_of").get().server_group


def create_classic_rules(actor: Actor, listener_id: str, given: Sequence[ClassicRuleFields]) -> list[ForwardingRule]:
    """Create rules that use their server groups as the listener uses its own: all of them or, on any error, none."""
    with recording(actor):
        listener = take_listener(actor, listener_id)
        settings = settings_of(listener.server_group) if listener.server_group else settled({}, {})
        made: list[RuleFields] = []
        for rule in given:
            base = base_of(own_group(listener.load_balancer, rule["server_group_id"]))
            group = group_used_so(actor, listener.load_balancer, base, settings, by=listener)
            made.append({**_plain(rule), "server_group_id": group.pk})
        return create_rules(actor, listener.pk, made, follows_listener=True)


def update_classic_rule(actor: Actor, rule_id: str, given: ClassicRuleFields) -> ForwardingRule:
    """Change a rule, and whether it uses its server group as the listener does or in a way of its own."""
    with recording(actor) as changes:
        row = rows.take(ForwardingRule.objects.select_related("listener"), rule_id, "forwarding_rule")
        listener = take_listener(actor, row.listener_id)
        _follow(changes, listener, row, given)
        group = _group_for_rule(actor, listener, row, given)
        update_rules(actor, listener.pk, {row.pk: {**_plain(given), "server_group_id": group.pk}})
        drop_unused_variants(changes, listener.load_balancer)
        return rule_by_id(listener, row.pk)


def _follow(changes: Recorder, listener: Listener, row: ForwardingRule, given: ClassicRuleFields) -> None:
    """Have a rule use its server group as the listener does, or in a way of its own, where ``given`` says so."""
    before, row.follows_listener = row.follows_listener, given.get("follows_listener", row.follows_listener)
    _refuse_settings_of_follower(row, given)
    if row.follows_listener != before:
        row.save(update_fields=["follows_listener"])
        count_change(changes.actor, listener)
        way = "as the listener does" if row.follows_listener else "in a way of its own"
        changes.record("listener.updated", listener, f"Forwarding rule {row} uses its server group {way}")


def _group_for_rule(actor: Actor, listener: Listener, row: ForwardingRule, given: ClassicRuleFields) -> ServerGroup:
    now, balancer = group_of_rule(row), listener.load_balancer
    wanted = given.get("server_group_id")
    base = base_of(own_group(balancer, wanted) if wanted else now)
    if row.follows_listener and listener.server_group:
        return group_used_so(actor, balancer, base, settings_of(listener.server_group), by=listener)
    settings = settled(settings_of(now), given.get("settings", {}))
    return group_used_so(actor, balancer, base, settings, rule_id=row.pk)


def delete_classic_rules(actor: Actor, listener_id: str, rule_ids: Sequence[str]) -> None:
    """Delete rules, with the variants of server groups that nobody uses any more."""
    with recording(actor) as changes:
        listener = take_listener(actor, listener_id)
        delete_rules(actor, listener.pk, rule_ids)
        drop_unused_variants(changes, listener.load_balancer)


def _plain(rule: ClassicRuleFields) -> RuleFields:
    names = ("name", "domain", "url")
    return {name: rule[name] for name in names if name in rule}  # type: ignore[literal-required, return-value]


def _refuse_settings_of_follower(row: ForwardingRule, given: ClassicRuleFields) -> None:
    if row.follows_listener and given.get("settings"):
        raise InvalidInputError(
            _("Rule “%(rule)s” uses its server group as the listener does, so it has no settings of its own.")
            % {"rule": row},
            "rule.follows-listener",
            field="settings",
            way_out=_("Switch that off for this rule, or change the listener."),
        )


def _no_servers() -> InvalidInputError:
    return InvalidInputError(
        _("A listener needs a server group, or the port on which the default servers answer."),
        "listener.backends-missing",
        field="backends",
        way_out=_("Give one of them."),
    )
