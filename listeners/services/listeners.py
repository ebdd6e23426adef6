"""Create, change, start, stop and delete listeners."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypedDict, Unpack

from django.utils.translation import gettext as _

from console.errors import InvalidInputError
from events.actor import Actor
from events.feed import Recorder, recording
from listeners import limits, rules
from listeners.models import Binding, Listener, LoadBalancer, ServerGroup
from listeners.ports import port_taken, refuse_taken_ports
from listeners.services import rows
from listeners.services.binding_rules import certificate_for, require_ca_chosen
from listeners.services.bindings import bind_additional, take_listener
from listeners.services.capacity import refuse_too_many_servers_behind
from listeners.tls_policies import DEFAULT_POLICY
from listeners.words import told


class ListenerOptions(TypedDict, total=False):
    """What has a default in a listener."""

    name: str
    idle_timeout_seconds: int
    security_policy: str
    alpn_policy: str
    proxy_protocol_enabled: bool
    connections_per_second: int


class ListenerFields(ListenerOptions, total=False):
    """What can be changed of a listener beside its certificates. Port and protocol are for life."""

    server_group_id: str


def create_listener(
    actor: Actor,
    *,
    load_balancer_id: str,
    port: int,
    server_group_id: str,
    certificate_id: str,
    additional_certificate_ids: Sequence[str] = (),
    mutual_authentication: bool = False,
    ca_certificate_id: str | None = None,
    desired: str = Listener.Desired.RUNNING,
    **options: Unpack[ListenerOptions],
) -> Listener:
    """Create a listener with its certificates; it serves as soon as the nodes have followed."""
    require_ca_chosen(mutual_authentication, ca_certificate_id)
    port = rules.check_port(port, "listener.port-invalid")
    values = _checked({"security_policy": DEFAULT_POLICY, **options, "server_group_id": server_group_id})
    with recording(actor) as changes:
        balancer = rows.take(LoadBalancer.objects.all(), load_balancer_id, "load_balancer", field="load_balancer_id")
        _required_group(server_group_id)
        _refuse_one_too_many(balancer)
        _refuse_taken_port(balancer, port)
        listener = Listener.objects.create(
            load_balancer=balancer,
            port=port,
            desired=_checked_desired(desired),
            mutual_authentication=mutual_authentication,
            created_by=actor.name,
            updated_by=actor.name,
            **values,
        )
        _bind_all(listener, certificate_id, additional_certificate_ids, ca_certificate_id)
        refuse_too_many_servers_behind(balancer, field="server_group_id")
        changes.record("listener.created", listener, f"{listener} on {balancer}, port {port}")
    return listener


def _bind_all(listener: Listener, default_id: str, additional_ids: Sequence[str], ca_id: str | None) -> None:
    default = certificate_for(Binding.Role.DEFAULT, default_id, "certificate_id")
    Binding.objects.create(listener=listener, certificate=default, role=Binding.Role.DEFAULT)
    if ca_id is not None and listener.mutual_authentication:
        authority = certificate_for(Binding.Role.CA, ca_id, "ca_certificate_id")
        Binding.objects.create(listener=listener, certificate=authority, role=Binding.Role.CA)
    if additional_ids:
        bind_additional(listener, additional_ids, "additional_certificate_ids")


def update_listener(
    actor: Actor, listener_id: str, *, expected_revision: int | None = None, **fields: Unpack[ListenerFields]
) -> Listener:
    """Change a listener. Its certificates have services of their own."""
    values = _checked(fields)
    with recording(actor) as changes:
        listener = take_listener(listener_id, expected_revision)
        moves = values.get("server_group_id", listener.server_group_id) != listener.server_group_id
        names: dict[str, list[Any]] = {}
        if moves:
            names["server_group_id"] = [listener.server_group, _required_group(values["server_group_id"])]
        listener.updated_by = actor.name
        differing = rows.apply(listener, values)
        if moves:
            refuse_too_many_servers_behind(listener.load_balancer, field="server_group_id")
        if differing:
            changes.record("listener.updated", listener, told(differing | names), fields=differing)
    return listener


def start_listener(actor: Actor, listener_id: str, *, expected_revision: int | None = None) -> Listener:
    """Have the listener accept connections; a listener that does already stays as it is."""
    return _want(actor, listener_id, Listener.Desired.RUNNING, "listener.started", expected_revision)


def stop_listener(actor: Actor, listener_id: str, *, expected_revision: int | None = None) -> Listener:
    """Have the listener refuse new connections; open ones end after the drain time."""
    return _want(actor, listener_id, Listener.Desired.STOPPED, "listener.stopped", expected_revision)


def _want(
    actor: Actor, listener_id: str, desired: Listener.Desired, verb: str, expected_revision: int | None
) -> Listener:
    with recording(actor) as changes:
        listener = take_listener(listener_id, expected_revision)
        listener.updated_by = actor.name
        differing = rows.apply(listener, {"desired": desired.value})
        if differing:
            changes.record(verb, listener, f"{listener} of {listener.load_balancer}")
    return listener


def delete_listener(actor: Actor, listener_id: str, *, expected_revision: int | None = None) -> None:
    """Delete a listener with its bindings and observations; its certificates and servers stay."""
    with recording(actor) as changes:
        listener = take_listener(listener_id, expected_revision)
        _record_deletion(changes, listener)
        listener.delete()


def _record_deletion(changes: Recorder, listener: Listener) -> None:
    changes.record(
        "listener.deleted",
        listener,
        f"{listener} of {listener.load_balancer}, port {listener.port}",
        certificates=list(listener.bindings.values_list("certificate_id", flat=True)),
    )


def _required_group(server_group_id: str) -> ServerGroup:
    return rows.take(ServerGroup.objects.all(), server_group_id, "server_group", field="server_group_id")


def _refuse_taken_port(balancer: LoadBalancer, port: int) -> None:
    own = balancer.listeners.filter(port=port).select_related("load_balancer").first()
    if own:
        raise port_taken(balancer.bind_address, own)
    refuse_taken_ports(balancer.bind_address, [port], apart_from=balancer.pk)


def _refuse_one_too_many(balancer: LoadBalancer) -> None:
    limit = limits.limit_of(limits.LISTENERS)
    there = balancer.listeners.count()
    limits.refuse_above(
        limit,
        there + 1,
        _("Load balancer “%(name)s” has %(there)s listeners; %(limit)s are allowed.")
        % {"name": balancer, "there": there, "limit": limit},
        limits.LISTENERS,
    )


def _checked_desired(value: str) -> str:
    return rules.check_choice(
        value, Listener.Desired.values, "desired", _("The desired state"), "listener.desired-invalid"
    )


def _number(allowed: range, label: Callable[[], str], code: str) -> Callable[[str, Any], Any]:
    return lambda field, value: rules.check_number(value, allowed, field, label(), code)


_CHECKS: Mapping[str, Callable[[str, Any], Any]] = {
    "name": lambda _field, value: rules.check_listener_name(value),
    "server_group_id": lambda _field, value: str(value),
    "idle_timeout_seconds": _number(
        rules.IDLE_TIMEOUT_SECONDS, lambda: _("The idle timeout in seconds"), "listener.idle-timeout-invalid"
    ),
    "security_policy": lambda _field, value: rules.check_policy(value),
    "alpn_policy": lambda field, value: rules.check_choice(
        value, ["", *Listener.AlpnPolicy.values], field, _("The ALPN policy"), "listener.alpn-policy-invalid"
    ),
    "proxy_protocol_enabled": lambda _field, value: bool(value),
    "connections_per_second": _number(
        rules.CONNECTIONS_PER_SECOND, lambda: _("The number of new connections per second"), "listener.cps-invalid"
    ),
}


def _checked(fields: Mapping[str, object]) -> dict[str, Any]:
    for field in fields:
        if field not in _CHECKS:
            raise InvalidInputError(
                _("The %(field)s of a listener cannot be changed.") % {"field": field},
                "listener.field-fixed",
                field=field,
                way_out=_("Create another listener and delete this one."),
            )
    return {field: _CHECKS[field](field, value) for field, value in fields.items()}
