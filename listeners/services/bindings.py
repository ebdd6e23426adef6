"""Bind certificates to listeners: the default one, additional ones, and the CA certificate."""

from collections.abc import Sequence
from dataclasses import dataclass

from certificates.models import Certificate
from console.ids import is_id
from console.revisions import save_revision
from events.actor import Actor
from events.feed import Recorder, recording
from listeners.legality import refuse_mutual_authentication, refuse_settings
from listeners.models import Binding, Listener
from listeners.protection import refuse_protected
from listeners.services import rows
from listeners.services.binding_rules import (
    SERVER_ROLES,
    certificate_for,
    certificates_for,
    not_additional,
    nothing_to_roll_back,
    one_way,
    refuse_bound,
    refuse_large_operation,
    refuse_too_many,
    refuse_uncovered,
    require_ca_chosen,
    require_mode,
    required_ids,
)
from listeners.words import SLOT_NAMES

Role = Binding.Role
Mode = Listener.MutualMode


def change_default_certificate(
    actor: Actor, listener_id: str, *, certificate_id: str, expected_revision: int | None = None
) -> Listener:
    """Serve another certificate to clients that ask for no name, or for one that no additional certificate has."""
    with recording(actor) as changes:
        listener = take_listener(actor, listener_id, expected_revision)
        _change_slot(changes, listener, Role.DEFAULT, certificate_id, "certificate_id")
    return listener


def change_ca_certificate(
    actor: Actor, listener_id: str, *, ca_certificate_id: str, expected_revision: int | None = None
) -> Listener:
    """Verify clients by another CA certificate. Raises ConflictError unless mutual authentication is on."""
    with recording(actor) as changes:
        listener = take_listener(actor, listener_id, expected_revision)
        _change_slot(changes, listener, Role.CA, ca_certificate_id, "ca_certificate_id")
    return listener


def _change_slot(changes: Recorder, listener: Listener, role: Binding.Role, certificate_id: str, field: str) -> None:
    binding = listener.bindings.select_related("certificate").filter(role=role).first()
    if binding is None:
        raise one_way(listener)
    _change_binding(changes, listener, binding, certificate_id, field)


def _change_binding(changes: Recorder, listener: Listener, binding: Binding, certificate_id: str, field: str) -> None:
    if binding.certificate_id != certificate_id:
        role, before = Role(binding.role), binding.certificate
        _put(listener, binding, certificate_for(role, certificate_id, field, listener.load_balancer), field)
        count_change(changes.actor, listener)
        summary = f"{SLOT_NAMES[role]}: {before} → {binding.certificate}"
        changes.record("listener.updated", listener, summary, **_swap(binding))


def change_additional_certificate(
    actor: Actor, listener_id: str, binding_id: int, *, certificate_id: str, expected_revision: int | None = None
) -> Listener:
    """Serve another certificate in the place of an additional one; its slot stays, so one click goes back."""
    with recording(actor) as changes:
        listener = take_listener(actor, listener_id, expected_revision)
        binding = listener.bindings.select_related("certificate").filter(pk=binding_id, role=Role.ADDITIONAL).first()
        if binding is None:
            raise rows.not_found("binding", str(binding_id))
        _change_binding(changes, listener, binding, certificate_id, "certificate_id")
    return listener


def roll_back_binding(
    actor: Actor, binding_id: int, *, listener_id: str = "", expected_revision: int | None = None
) -> Listener:
    """Put the certificate that “Change” replaced back in its slot; doing it twice undoes the undoing.

    With ``listener_id`` the binding must be one of that listener.
    """
    with recording(actor) as changes:
        binding = (
            Binding.objects.select_related("listener__load_balancer", "certificate", "previous_certificate")
            .filter(pk=binding_id)
            .first()
        )
        if binding is None or listener_id not in ("", binding.listener_id):
            raise rows.not_found("binding", str(binding_id))
        listener = binding.listener
        rows.refuse_stale(listener, "listener", expected_revision)
        refuse_protected(actor, listener.load_balancer)
        before, previous = binding.certificate, binding.previous_certificate
        if previous is None:
            raise nothing_to_roll_back(binding)
        _put(listener, binding, certificate_for(Role(binding.role), previous.pk, "", listener.load_balancer), "")
        count_change(actor, listener)
        summary = f"{SLOT_NAMES[binding.role]} rolled back: {before} → {previous}"
        changes.record("listener.updated", listener, summary, **_swap(binding))
    return listener


def _put(listener: Listener, binding: Binding, certificate: Certificate, field: str) -> None:
    """Change what is in a slot, and remember what was."""
    if binding.role in SERVER_ROLES:
        refuse_bound(listener, [certificate], field, apart_from=binding)
    if binding.domain:
        refuse_uncovered(certificate, binding.domain, field)
    binding.previous_certificate, binding.certificate = binding.certificate, certificate
    binding.save(update_fields=["certificate", "previous_certificate"])


def add_additional_certificates(
    actor: Actor, listener_id: str, *, certificate_ids: Sequence[str], expected_revision: int | None = None
) -> Listener:
    """Add certificates that are chosen by the name a client asks for: all of them or, on any error, none."""
    with recording(actor) as changes:
        listener = take_listener(actor, listener_id, expected_revision)
        added = bind_additional(listener, certificate_ids, "certificate_ids")
        count_change(actor, listener)
        summary = "additional certificates added: " + ", ".join(str(certificate) for certificate in added)
        changes.record("listener.updated", listener, summary, added=[certificate.pk for certificate in added])
    return listener


def remove_additional_certificates(
    actor: Actor, listener_id: str, *, certificate_ids: Sequence[str], expected_revision: int | None = None
) -> Listener:
    """Take additional certificates off a listener: all of them or, on any error, none."""
    ids = required_ids(certificate_ids)
    with recording(actor) as changes:
        listener = take_listener(actor, listener_id, expected_revision)
        refuse_large_operation(listener.load_balancer, ids)
        known = [certificate_id for certificate_id in ids if is_id(certificate_id)]
        bindings = list(listener.bindings.select_related("certificate").filter(certificate_id__in=known))
        additional = {b.certificate_id: b for b in bindings if b.role == Role.ADDITIONAL}
        for certificate_id in ids:
            if certificate_id not in additional:
                raise not_additional(listener, certificate_id, bindings)
        Binding.objects.filter(pk__in=[binding.pk for binding in additional.values()]).delete()
        count_change(actor, listener)
        summary = "additional certificates removed: " + ", ".join(str(b.certificate) for b in additional.values())
        changes.record("listener.updated", listener, summary, removed=ids)
    return listener


def set_mutual_authentication(
    actor: Actor,
    listener_id: str,
    *,
    enabled: bool,
    mode: str | None = None,
    ca_certificate_id: str | None = None,
    expected_revision: int | None = None,
) -> Listener:
    """Switch between one-way and mutual authentication, and between observing clients and refusing bad ones.

    Switching it on needs the CA certificate, and enforces unless ``mode`` is observe. Later, None leaves each as it is.
    """
    require_mode(mode, enabled=enabled)
    if not enabled:
        require_ca_chosen(False, ca_certificate_id)
    with recording(actor) as changes:
        listener = take_listener(actor, listener_id, expected_revision)
        before = _authentication(listener)
        if enabled:
            refuse_mutual_authentication(listener.load_balancer, listener.protocol)
            _ask_clients(listener, mode, ca_certificate_id)
        elif listener.mutual_authentication:
            _ask_nobody(listener)
        after = _authentication(listener)
        if before != after:
            count_change(actor, listener, "mutual_authentication", "mutual_authentication_mode")
            summary = f"mutual authentication: {before} → {after}"
            changes.record("listener.updated", listener, summary, mutual_authentication=enabled, mode=after.mode)
    return listener


@dataclass(frozen=True, slots=True)
class _Authentication:
    """What is asked of clients; in words for the change feed."""

    mode: str  # empty: nothing
    authority: str

    def __str__(self) -> str:
        return f"{self.mode} with {self.authority}" if self.mode else "off"


def _authentication(listener: Listener) -> _Authentication:
    if not listener.mutual_authentication:
        return _Authentication("", "")
    binding = listener.bindings.select_related("certificate").filter(role=Role.CA).first()
    return _Authentication(listener.mutual_authentication_mode, str(binding.certificate) if binding else "")


def _ask_clients(listener: Listener, mode: str | None, ca_certificate_id: str | None) -> None:
    binding = listener.bindings.filter(role=Role.CA).first()
    if binding is None or not listener.mutual_authentication:
        require_ca_chosen(True, ca_certificate_id)
        mode = mode or Mode.ENFORCE
    if ca_certificate_id and (binding is None or ca_certificate_id != binding.certificate_id):
        authority = certificate_for(Role.CA, ca_certificate_id, "ca_certificate_id", listener.load_balancer)
        if binding is None:
            Binding.objects.create(listener=listener, certificate=authority, role=Role.CA)
        else:
            _put(listener, binding, authority, "ca_certificate_id")
    listener.mutual_authentication = True
    listener.mutual_authentication_mode = mode or listener.mutual_authentication_mode


def _ask_nobody(listener: Listener) -> None:
    listener.bindings.filter(role=Role.CA).delete()
    listener.mutual_authentication = False
    listener.mutual_authentication_mode = Mode.ENFORCE


def bind_additional(listener: Listener, certificate_ids: Sequence[str], field: str) -> list[Certificate]:
    """Add additional certificates to ``listener`` within a write that is under way."""
    certificates = additional_certificates_for(listener, certificate_ids, field)
    Binding.objects.bulk_create(
        Binding(listener=listener, certificate=certificate, role=Role.ADDITIONAL) for certificate in certificates
    )
    return certificates


def additional_certificates_for(listener: Listener, certificate_ids: Sequence[str], field: str) -> list[Certificate]:
    """Return the certificates that may be added to a listener, stored or to be; refuse all of them otherwise."""
    ids = required_ids(certificate_ids, field)
    balancer = listener.load_balancer
    refuse_settings(balancer, listener.protocol, {"additional_certificate_ids": ids})
    refuse_large_operation(balancer, ids, field)
    certificates = certificates_for(Role.ADDITIONAL, ids, field, balancer)
    refuse_bound(listener, certificates, field)
    refuse_too_many(listener, len(certificates), field)
    return certificates


def take_listener(actor: Actor, listener_id: str, expected_revision: int | None = None) -> Listener:
    """Return the listener to change, with its load balancer; refuse where that is protected from ``actor``."""
    listener = rows.take(Listener.objects.select_related("load_balancer"), listener_id, "listener", expected_revision)
    refuse_protected(actor, listener.load_balancer)
    return listener


def count_change(actor: Actor, listener: Listener, *fields: str) -> None:
    """Save the next revision of a listener, and who made it."""
    listener.updated_by = actor.name
    save_revision(listener, *fields)


def _swap(binding: Binding) -> dict[str, str | None]:
    return {"role": binding.role, "before": binding.previous_certificate_id, "after": binding.certificate_id}
