"""Create, change, start, stop and delete listeners."""

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict, Unpack

from django.utils.translation import gettext as _

from events.actor import Actor
from events.feed import Recorder, recording
from listeners import legality, limits, rules
from listeners.models import Binding, Listener, LoadBalancer
from listeners.ports import refuse_taken_ports
from listeners.products import ENCRYPTED, features_of, transport_of
from listeners.protection import refuse_protected
from listeners.services import rows
from listeners.services.binding_rules import certificate_for, require_ca_chosen, require_mode
from listeners.services.bindings import bind_additional, take_listener
from listeners.services.capacity import refuse_too_many_servers_behind
from listeners.services.domain_extensions import DomainExtension, bind_extensions
from listeners.services.links import moved_links, refuse_bad_links, refuse_linked, refuse_unfit_rules
from listeners.services.listener_values import checked
from listeners.services.policy_rules import refuse_overused_policy
from listeners.services.tags import NO_TAGS, drop_tags, tag_new
from listeners.services.variants import drop_unused_variants
from listeners.words import told


class ListenerOptions(TypedDict, total=False):
    """What has a default in a listener; ``listeners.options`` says which listeners have what."""

    name: str
    idle_timeout_seconds: int
    request_timeout_seconds: int
    security_policy: str
    alpn_policy: str
    proxy_protocol_enabled: bool
    connections_per_second: int
    http2_enabled: bool
    compression_enabled: bool
    access_log_enabled: bool
    forwarded_headers: Mapping[str, Any]  # the settings of listeners.forwarded_headers; the others get their defaults
    quic_listener_id: str | None  # whose port an HTTPS listener announces
    redirect_port: int | None  # HTTP: every request is sent to HTTPS on this port


class ListenerFields(ListenerOptions, total=False):
    """What can be changed of a listener beside its certificates. Port and protocol are for life."""

    server_group_id: str | None  # None only with a redirect


class ListenerCertificates(TypedDict, total=False):
    """The certificates that a listener starts with."""

    certificate_id: str | None
    additional_certificate_ids: Sequence[str]
    domain_extensions: Sequence[DomainExtension]  # what a CLB has in place of additional certificates
    mutual_authentication: bool
    mutual_authentication_mode: str | None  # enforce unless named
    ca_certificate_id: str | None


class NewListener(ListenerFields, ListenerCertificates, total=False):
    """What can be given to a new listener beside its place."""


def create_listener(
    actor: Actor,
    *,
    load_balancer_id: str,
    port: int,
    protocol: str | None = None,
    desired: str | None = None,
    tags: Mapping[str, str] = NO_TAGS,
    **given: Unpack[NewListener],
) -> Listener:
    """Create a listener with its certificates; it serves as soon as the nodes have followed.

    Without a protocol it is the encrypted one of the product. A CLB's listener is stopped unless ``desired`` says
    otherwise.
    """
    port = rules.check_port(port, "listener.port-invalid")
    with recording(actor) as changes:
        balancer = rows.take(LoadBalancer.objects.all(), load_balancer_id, "load_balancer", field="load_balancer_id")
        refuse_protected(actor, balancer)
        listener = _new(balancer, port, protocol or legality.default_protocol(balancer), given)
        listener.desired = _checked_desired(desired, balancer)
        listener.created_by = listener.updated_by = actor.name
        refuse_bad_links(listener)
        _refuse_one_too_many(balancer)
        _refuse_taken_port(listener)
        listener.save(force_insert=True)
        refuse_overused_policy(listener.security_policy)
        _bind_all(listener, given)
        tag_new(listener, "listener", tags)
        refuse_too_many_servers_behind(balancer, field="server_group_id")
        changes.record("listener.created", listener, f"{listener} on {balancer}, port {port}")
    return listener


def _new(balancer: LoadBalancer, port: int, protocol: str, given: NewListener) -> Listener:
    """Return the listener, not stored, with every field checked."""
    legality.refuse_protocol(balancer, protocol)
    certificates = {name: value for name, value in given.items() if name in ListenerCertificates.__annotations__}
    fields = {name: value for name, value in given.items() if name not in certificates}
    legality.refuse_settings(balancer, protocol, certificates)
    is_mutual = bool(given.get("mutual_authentication"))
    mode = given.get("mutual_authentication_mode")
    require_mode(mode, enabled=is_mutual, field="mutual_authentication_mode")
    require_ca_chosen(is_mutual, given.get("ca_certificate_id"))
    if is_mutual:
        legality.refuse_mutual_authentication(balancer, protocol)
    return Listener(
        load_balancer=balancer,
        port=port,
        protocol=protocol,
        transport=transport_of(protocol),
        mutual_authentication=is_mutual,
        mutual_authentication_mode=mode or Listener.MutualMode.ENFORCE,
        **checked(balancer, protocol, {**legality.defaults_of(balancer, protocol), **fields}),
    )


def _bind_all(listener: Listener, given: NewListener) -> None:
    balancer = listener.load_balancer
    legality.refuse_missing_certificate(listener.protocol, given.get("certificate_id"))
    if listener.protocol in ENCRYPTED:
        default = certificate_for(Binding.Role.DEFAULT, str(given.get("certificate_id")), "certificate_id", balancer)
        Binding.objects.create(listener=listener, certificate=default, role=Binding.Role.DEFAULT)
    ca_id = given.get("ca_certificate_id")
    if ca_id is not None and listener.mutual_authentication:
        authority = certificate_for(Binding.Role.CA, ca_id, "ca_certificate_id", balancer)
        Binding.objects.create(listener=listener, certificate=authority, role=Binding.Role.CA)
    if additional := given.get("additional_certificate_ids"):
        bind_additional(listener, additional, "additional_certificate_ids")
    if extensions := given.get("domain_extensions"):
        bind_extensions(listener, extensions)


def update_listener(
    actor: Actor, listener_id: str, *, expected_revision: int | None = None, **fields: Unpack[ListenerFields]
) -> Listener:
    """Change a listener. Its certificates have services of their own."""
    with recording(actor) as changes:
        listener = take_listener(actor, listener_id, expected_revision)
        values = checked(listener.load_balancer, listener.protocol, fields)
        moved = moved_links(listener, values)
        listener.updated_by = actor.name
        differing = rows.apply(listener, values)
        if "http2_enabled" in differing:
            refuse_unfit_rules(listener)
        if "security_policy" in differing:
            refuse_overused_policy(listener.security_policy)
        if "server_group_id" in moved:
            refuse_too_many_servers_behind(listener.load_balancer, field="server_group_id")
        if differing:
            changes.record("listener.updated", listener, told(differing | moved), fields=differing)
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
        listener = take_listener(actor, listener_id, expected_revision)
        listener.updated_by = actor.name
        differing = rows.apply(listener, {"desired": desired.value})
        if differing:
            changes.record(verb, listener, f"{listener} of {listener.load_balancer}")
    return listener


def delete_listener(actor: Actor, listener_id: str, *, expected_revision: int | None = None) -> None:
    """Delete a listener with its bindings and observations; its certificates and servers stay."""
    with recording(actor) as changes:
        listener = take_listener(actor, listener_id, expected_revision)
        refuse_linked(listener)
        _record_deletion(changes, listener)
        drop_tags("listener", [listener.pk])
        listener.delete()
        drop_unused_variants(changes, listener.load_balancer)


def _record_deletion(changes: Recorder, listener: Listener) -> None:
    changes.record(
        "listener.deleted",
        listener,
        f"{listener} of {listener.load_balancer}, port {listener.port}",
        certificates=list(listener.bindings.values_list("certificate_id", flat=True)),
    )


def _refuse_taken_port(listener: Listener) -> None:
    refuse_taken_ports(listener.load_balancer.bind_address, [listener.port], transport=listener.transport)


def _refuse_one_too_many(balancer: LoadBalancer) -> None:
    limit = limits.limit_for(balancer, "listeners")
    there = balancer.listeners.count()
    limit.refuse_above(
        there + 1,
        _("Load balancer “%(name)s” has %(there)s listeners; %(limit)s are allowed.")
        % {"name": balancer, "there": there, "limit": limit.value},
    )


def _checked_desired(value: str | None, balancer: LoadBalancer) -> str:
    if value is None:
        is_running = features_of(balancer).starts_running
        value = Listener.Desired.RUNNING if is_running else Listener.Desired.STOPPED
    return rules.check_choice(
        value, Listener.Desired.values, "desired", _("The desired state"), "listener.desired-invalid"
    )
