"""Bind certificates to listeners: the default one, additional ones, and the CA certificate."""

from collections.abc import Collection, Sequence

from django.utils.translation import gettext as _

from certificates.models import Certificate
from console.errors import ConflictError, InvalidInputError, NotFoundError
from events.actor import Actor
from events.feed import Recorder, recording
from listeners import limits
from listeners.eligibility import require_ca_certificates, require_server_certificates
from listeners.models import Binding, Listener
from listeners.services import rows

Role = Binding.Role
SERVER_ROLES = (Role.DEFAULT, Role.ADDITIONAL)


def change_default_certificate(
    actor: Actor, listener_id: str, *, certificate_id: str, expected_revision: int | None = None
) -> Listener:
    """Serve another certificate to clients that ask for no name, or for one that no additional certificate has."""
    with recording(actor) as changes:
        listener = take_listener(listener_id, expected_revision)
        _change_slot(changes, listener, Role.DEFAULT, certificate_id, "certificate_id")
    return listener


def change_ca_certificate(
    actor: Actor, listener_id: str, *, ca_certificate_id: str, expected_revision: int | None = None
) -> Listener:
    """Verify clients by another CA certificate. Raises ConflictError unless mutual authentication is on."""
    with recording(actor) as changes:
        listener = take_listener(listener_id, expected_revision)
        _change_slot(changes, listener, Role.CA, ca_certificate_id, "ca_certificate_id")
    return listener


def _change_slot(changes: Recorder, listener: Listener, role: Binding.Role, certificate_id: str, field: str) -> None:
    binding = listener.bindings.select_related("certificate").filter(role=role).first()
    if binding is None:
        raise _one_way(listener)
    if binding.certificate_id != certificate_id:
        before = binding.certificate
        _put(listener, binding, certificate_for(role, certificate_id, field), field)
        _count(changes.actor, listener)
        summary = f"{role.label} certificate: {before} → {binding.certificate}"
        changes.record("listener.updated", listener, summary, **_swap(binding))


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
        before, previous = binding.certificate, binding.previous_certificate
        if previous is None:
            raise _nothing_to_roll_back(binding)
        _put(listener, binding, certificate_for(Role(binding.role), previous.pk, ""), "")
        _count(actor, listener)
        summary = f"{Role(binding.role).label} certificate rolled back: {before} → {previous}"
        changes.record("listener.updated", listener, summary, **_swap(binding))
    return listener


def _put(listener: Listener, binding: Binding, certificate: Certificate, field: str) -> None:
    """Change what is in a slot, and remember what was."""
    if binding.role in SERVER_ROLES:
        _refuse_bound(listener, [certificate], field)
    binding.previous_certificate, binding.certificate = binding.certificate, certificate
    binding.save(update_fields=["certificate", "previous_certificate"])


def add_additional_certificates(
    actor: Actor, listener_id: str, *, certificate_ids: Sequence[str], expected_revision: int | None = None
) -> Listener:
    """Add certificates that are chosen by the name a client asks for: all of them or, on any error, none."""
    with recording(actor) as changes:
        listener = take_listener(listener_id, expected_revision)
        added = bind_additional(listener, certificate_ids, "certificate_ids")
        _count(actor, listener)
        summary = "additional certificates added: " + ", ".join(str(certificate) for certificate in added)
        changes.record("listener.updated", listener, summary, added=[certificate.pk for certificate in added])
    return listener


def remove_additional_certificates(
    actor: Actor, listener_id: str, *, certificate_ids: Sequence[str], expected_revision: int | None = None
) -> Listener:
    """Take additional certificates off a listener: all of them or, on any error, none."""
    ids = _required_ids(certificate_ids)
    with recording(actor) as changes:
        listener = take_listener(listener_id, expected_revision)
        _refuse_large_operation(ids)
        known = [certificate_id for certificate_id in ids if rows.is_id(certificate_id)]
        bindings = list(listener.bindings.select_related("certificate").filter(certificate_id__in=known))
        additional = {b.certificate_id: b for b in bindings if b.role == Role.ADDITIONAL}
        for certificate_id in ids:
            if certificate_id not in additional:
                raise _not_additional(listener, certificate_id, bindings)
        Binding.objects.filter(pk__in=[binding.pk for binding in additional.values()]).delete()
        _count(actor, listener)
        summary = "additional certificates removed: " + ", ".join(str(b.certificate) for b in additional.values())
        changes.record("listener.updated", listener, summary, removed=ids)
    return listener


def set_mutual_authentication(
    actor: Actor,
    listener_id: str,
    *,
    enabled: bool,
    ca_certificate_id: str | None = None,
    expected_revision: int | None = None,
) -> Listener:
    """Switch between one-way and mutual authentication; switching it on needs the CA certificate."""
    with recording(actor) as changes:
        listener = take_listener(listener_id, expected_revision)
        binding = listener.bindings.filter(role=Role.CA).first()
        if (
            enabled
            and listener.mutual_authentication
            and ca_certificate_id in (None, binding and binding.certificate_id)
        ):
            return listener
        if not enabled and not listener.mutual_authentication:
            return listener
        if enabled:
            require_ca_chosen(enabled, ca_certificate_id)
            summary = _switch_on(listener, binding, str(ca_certificate_id))
        else:
            summary = "mutual authentication off"
            listener.bindings.filter(role=Role.CA).delete()
        listener.mutual_authentication = enabled
        _count(actor, listener, "mutual_authentication")
        changes.record("listener.updated", listener, summary, mutual_authentication=enabled)
    return listener


def _switch_on(listener: Listener, binding: Binding | None, ca_certificate_id: str) -> str:
    authority = certificate_for(Role.CA, ca_certificate_id, "ca_certificate_id")
    if binding is None:
        Binding.objects.create(listener=listener, certificate=authority, role=Role.CA)
    else:
        _put(listener, binding, authority, "ca_certificate_id")
    return f"mutual authentication on with {authority}"


def require_ca_chosen(mutual_authentication: bool, ca_certificate_id: str | None) -> None:  # noqa: FBT001
    """Refuse mutual authentication without a CA certificate, and a CA certificate without it."""
    if mutual_authentication and not ca_certificate_id:
        raise InvalidInputError(
            _("Mutual authentication needs a CA certificate to verify clients by."),
            "listener.ca-certificate-missing",
            field="ca_certificate_id",
            way_out=_("Choose a CA certificate, or leave mutual authentication off."),
        )
    if ca_certificate_id and not mutual_authentication:
        raise InvalidInputError(
            _("A CA certificate is given, but mutual authentication is off."),
            "listener.ca-certificate-unused",
            field="mutual_authentication",
            way_out=_("Switch mutual authentication on, or leave the CA certificate out."),
        )


def bind_additional(listener: Listener, certificate_ids: Sequence[str], field: str) -> list[Certificate]:
    """Add additional certificates to ``listener`` within a write that is under way."""
    certificates = additional_certificates_for(listener, certificate_ids, field)
    Binding.objects.bulk_create(
        Binding(listener=listener, certificate=certificate, role=Role.ADDITIONAL) for certificate in certificates
    )
    return certificates


def additional_certificates_for(listener: Listener, certificate_ids: Sequence[str], field: str) -> list[Certificate]:
    """Return the certificates that may be added to a listener, stored or to be; refuse all of them otherwise."""
    ids = _required_ids(certificate_ids, field)
    _refuse_large_operation(ids, field)
    certificates = certificates_for(Role.ADDITIONAL, ids, field)
    _refuse_bound(listener, certificates, field)
    _refuse_too_many(listener, len(certificates), field)
    return certificates


def certificate_for(role: Binding.Role, certificate_id: str, field: str) -> Certificate:
    """Return a certificate that can take ``role`` on a listener; refuse any other with the reason."""
    return certificates_for(role, [certificate_id], field)[0]


def certificates_for(role: Binding.Role, certificate_ids: Sequence[str], field: str) -> list[Certificate]:
    """Return certificates that can all take ``role`` on a listener, in the order given, by two queries."""
    ids = [certificate_id for certificate_id in certificate_ids if rows.is_id(certificate_id)]
    found = Certificate.objects.select_related("current_version").in_bulk(ids)
    for certificate_id in certificate_ids:
        if certificate_id not in found:
            raise rows.not_found("certificate", certificate_id, field)
    certificates = [found[certificate_id] for certificate_id in certificate_ids]
    check = require_ca_certificates if role == Role.CA else require_server_certificates
    check(certificates, field)
    return certificates


def take_listener(listener_id: str, expected_revision: int | None = None) -> Listener:
    """Return the listener to change, with its load balancer."""
    return rows.take(Listener.objects.select_related("load_balancer"), listener_id, "listener", expected_revision)


def _count(actor: Actor, listener: Listener, *fields: str) -> None:
    listener.updated_by = actor.name
    rows.save_revision(listener, *fields)


def _swap(binding: Binding) -> dict[str, str | None]:
    return {"role": binding.role, "before": binding.previous_certificate_id, "after": binding.certificate_id}


def _required_ids(certificate_ids: Sequence[str], field: str = "certificate_ids") -> list[str]:
    if not certificate_ids:
        raise InvalidInputError(
            _("No certificate is chosen."),
            "listener.certificates-missing",
            field=field,
            way_out=_("Choose at least one certificate."),
        )
    for certificate_id in certificate_ids:
        if not rows.is_id(certificate_id):
            raise rows.not_found("certificate", certificate_id, field)
    return list(dict.fromkeys(certificate_ids))


def _refuse_large_operation(ids: Collection[str], field: str = "certificate_ids") -> None:
    limit = limits.limit_of(limits.CERTIFICATES_PER_OPERATION)
    if len(ids) > limit:
        raise ConflictError(
            _("%(count)s additional certificates are named; one operation can add or remove %(limit)s.")
            % {"count": len(ids), "limit": limit},
            "listener.too-many-per-operation",
            field=field,
            way_out=_("Do it in several operations, or raise the limit: manage.py setquota %(name)s LIMIT")
            % {"name": limits.CERTIFICATES_PER_OPERATION},
        )


def _refuse_too_many(listener: Listener, adding: int, field: str) -> None:
    limit = limits.limit_of(limits.CERTIFICATES)
    there = Binding.objects.filter(listener__load_balancer_id=listener.load_balancer_id, role=Role.ADDITIONAL).count()
    limits.refuse_above(
        limit,
        there + adding,
        _(
            "Load balancer “%(balancer)s” has %(there)s additional certificates over all of its listeners; "
            "%(adding)s more would make %(sum)s, and %(limit)s are allowed."
        )
        % {
            "balancer": listener.load_balancer,
            "there": there,
            "adding": adding,
            "sum": there + adding,
            "limit": limit,
        },
        limits.CERTIFICATES,
        field,
    )


def _refuse_bound(listener: Listener, certificates: Sequence[Certificate], field: str) -> None:
    bound = listener.bindings.filter(certificate__in=certificates, role__in=SERVER_ROLES).select_related("certificate")
    taken = bound.first()
    if taken:
        raise ConflictError(
            _("“%(certificate)s” is on listener “%(listener)s” already, as its %(role)s certificate.")
            % {"certificate": taken.certificate, "listener": listener, "role": Role(taken.role).label.lower()},
            "listener.certificate-already-bound",
            field=field,
            way_out=_("Leave it out, or take it off the listener first."),
        )


def _not_additional(
    listener: Listener, certificate_id: str, bindings: Sequence[Binding]
) -> ConflictError | NotFoundError:
    for binding in bindings:
        if binding.certificate_id == certificate_id:
            return ConflictError(
                _("“%(certificate)s” is the %(role)s certificate of listener “%(listener)s”, not an additional one.")
                % {
                    "certificate": binding.certificate,
                    "role": Role(binding.role).label.lower(),
                    "listener": listener,
                },
                "listener.certificate-not-additional",
                field="certificate_ids",
                way_out=_("Change it to another certificate instead."),
            )
    return NotFoundError(
        _("Listener “%(listener)s” has no certificate “%(id)s”.") % {"listener": listener, "id": certificate_id[:64]},
        "listener.certificate-not-bound",
        field="certificate_ids",
        way_out=_("Look up its certificates; it may have been removed already."),
    )


def _one_way(listener: Listener) -> ConflictError:
    return ConflictError(
        _("Listener “%(listener)s” has one-way authentication, so it has no CA certificate to change.")
        % {"listener": listener},
        "listener.mutual-authentication-off",
        field="ca_certificate_id",
        way_out=_("Enable mutual authentication with this CA certificate instead."),
    )


def _nothing_to_roll_back(binding: Binding) -> ConflictError:
    return ConflictError(
        _("“%(certificate)s” on listener “%(listener)s” has not been changed, so there is nothing to roll back to.")
        % {"certificate": binding.certificate, "listener": binding.listener},
        "listener.nothing-to-roll-back",
        way_out=_("To go back to the certificate's previous version, roll back the certificate itself."),
    )
