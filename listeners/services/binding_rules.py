"""Which certificates a listener can take, and how many: every refusal around bindings."""

from collections.abc import Collection, Sequence

from django.utils.translation import gettext as _

from certificates.matching import WILDCARD
from certificates.models import Certificate
from console.errors import ConflictError, InvalidInputError, NotFoundError
from console.ids import is_id
from listeners import limits
from listeners.eligibility import require_ca_certificates, require_server_certificates
from listeners.models import Binding, Listener, LoadBalancer
from listeners.products import features_of
from listeners.regional import refuse_unfit_certificates
from listeners.services import rows

Role = Binding.Role
SERVER_ROLES = (Role.DEFAULT, Role.ADDITIONAL)


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


def require_mode(mode: str | None, *, enabled: bool, field: str = "mode") -> None:
    """Refuse a mode that mutual authentication does not have, and any mode while it is off."""
    if mode is None:
        return
    if mode not in Listener.MutualMode.values:
        raise InvalidInputError(
            _("Mutual authentication has no mode “%(mode)s”.") % {"mode": str(mode)[:40]},
            "listener.mutual-mode-unknown",
            field=field,
            way_out=_("Choose “enforce” to refuse clients without a valid certificate, or “observe” to let all in."),
        )
    if not enabled:
        raise InvalidInputError(
            _("A mode is given, but mutual authentication is to be off."),
            "listener.mutual-mode-unused",
            field=field,
            way_out=_("Switch mutual authentication on, or leave the mode out."),
        )


def certificate_for(
    role: Binding.Role, certificate_id: str, field: str, balancer: LoadBalancer | None = None
) -> Certificate:
    """Return a certificate that can take ``role`` on a listener of ``balancer``; refuse any other with the reason."""
    return certificates_for(role, [certificate_id], field, balancer)[0]


def certificates_for(
    role: Binding.Role, certificate_ids: Sequence[str], field: str, balancer: LoadBalancer | None = None
) -> list[Certificate]:
    """Return certificates that can all take ``role`` on a listener, in the order given, by two queries."""
    ids = [certificate_id for certificate_id in certificate_ids if is_id(certificate_id)]
    found = Certificate.objects.select_related("current_version").in_bulk(ids)
    for certificate_id in certificate_ids:
        if certificate_id not in found:
            raise rows.not_found("certificate", certificate_id, field)
    certificates = [found[certificate_id] for certificate_id in certificate_ids]
    check = require_ca_certificates if role == Role.CA else require_server_certificates
    check(certificates, field)
    if balancer is not None:
        refuse_unfit_certificates(balancer, certificates, field)
    return certificates


def required_ids(certificate_ids: Sequence[str], field: str = "certificate_ids") -> list[str]:
    """Return the ids, each once; refuse to do something with none."""
    if not certificate_ids:
        raise InvalidInputError(
            _("No certificate is chosen."),
            "listener.certificates-missing",
            field=field,
            way_out=_("Choose at least one certificate."),
        )
    for certificate_id in certificate_ids:
        if not is_id(certificate_id):
            raise rows.not_found("certificate", certificate_id, field)
    return list(dict.fromkeys(certificate_ids))


def refuse_large_operation(balancer: LoadBalancer, named: Collection[object], field: str = "certificate_ids") -> None:
    """Raise ConflictError when one operation names more certificates than its limit."""
    limit = limits.limit_for(balancer, "certificates_per_operation")
    if len(named) > limit.value:
        raise ConflictError(
            _("%(count)s additional certificates are named; one operation can add or remove %(limit)s.")
            % {"count": len(named), "limit": limit.value},
            "listener.too-many-per-operation",
            field=field,
            about=limit.name,
            way_out=_(
                "Do it in several operations, or have an administrator raise the limit on the Quotas page"
                " (or by manage.py setquota %(name)s LIMIT)."
            )
            % {"name": limit.name},
        )


def refuse_too_many(listener: Listener, adding: int, field: str) -> None:
    """Raise ConflictError when there would be more additional certificates than the product's limit.

    A Classic Load Balancer counts those of each listener, the others all of the load balancer's.
    """
    balancer = listener.load_balancer
    limit = limits.limit_for(balancer, "certificates")
    additional = Binding.objects.filter(role=Role.ADDITIONAL)
    if features_of(balancer).domain_extensions:
        there = additional.filter(listener=listener).count()
        text = _(
            "Listener “%(listener)s” has %(there)s domain extensions; "
            "%(adding)s more would make %(sum)s, and %(limit)s are allowed."
        )
    else:
        there = additional.filter(listener__load_balancer=balancer).count()
        text = _(
            "Load balancer “%(balancer)s” has %(there)s additional certificates over all of its listeners; "
            "%(adding)s more would make %(sum)s, and %(limit)s are allowed."
        )
    told = {"balancer": balancer, "listener": listener, "there": there, "adding": adding}
    limit.refuse_above(there + adding, text % {**told, "sum": there + adding, "limit": limit.value}, field)


def refuse_bound(
    listener: Listener, certificates: Sequence[Certificate], field: str, *, apart_from: Binding | None = None
) -> None:
    """Raise ConflictError when one of ``certificates`` is a server certificate of ``listener`` already.

    One certificate can have several domain extensions, and be the default one beside them.
    """
    if features_of(listener.load_balancer).domain_extensions:
        return
    bound = listener.bindings.filter(certificate__in=certificates, role__in=SERVER_ROLES).select_related("certificate")
    taken = next((binding for binding in bound if binding != apart_from), None)
    if taken:
        raise ConflictError(
            _("“%(certificate)s” is on listener “%(listener)s” already, as its %(role)s certificate.")
            % {"certificate": taken.certificate, "listener": listener, "role": Role(taken.role).label.lower()},
            "listener.certificate-already-bound",
            field=field,
            way_out=_("Leave it out, or take it off the listener first."),
        )


def refuse_uncovered(certificate: Certificate, domain: str, field: str) -> None:
    """Raise ConflictError when clients that ask for ``domain`` would refuse the certificate."""
    version = certificate.current_version
    names = [name.value for name in version.names.all() if name.kind == "dns"] if version else []
    # Stricter than the engine, as clients are (RFC 9525): a wildcard is for one label.
    if domain in names or WILDCARD + domain.partition(".")[2] in names:
        return
    raise ConflictError(
        _("“%(certificate)s” is not for %(domain)s, so clients that ask for it would refuse it.")
        % {"certificate": certificate, "domain": domain},
        "listener.domain-not-on-certificate",
        field=field,
        way_out=_("Choose one of its names: %(names)s.") % {"names": ", ".join(names[:10]) or "—"},
    )


def not_additional(
    listener: Listener, certificate_id: str, bindings: Sequence[Binding]
) -> ConflictError | NotFoundError:
    """Return the error for a certificate that is no additional one of ``listener``."""
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
                about=binding.role,
                way_out=_("Change it to another certificate instead."),
            )
    return NotFoundError(
        _("Listener “%(listener)s” has no certificate “%(id)s”.") % {"listener": listener, "id": certificate_id[:64]},
        "listener.certificate-not-bound",
        field="certificate_ids",
        way_out=_("Look up its certificates; it may have been removed already."),
    )


def one_way(listener: Listener) -> ConflictError:
    """Return the error for changing the CA certificate of one-way authentication."""
    return ConflictError(
        _("Listener “%(listener)s” has one-way authentication, so it has no CA certificate to change.")
        % {"listener": listener},
        "listener.mutual-authentication-off",
        field="ca_certificate_id",
        way_out=_("Enable mutual authentication with this CA certificate instead."),
    )


def nothing_to_roll_back(binding: Binding) -> ConflictError:
    """Return the error for rolling back a slot that was never changed."""
    return ConflictError(
        _("“%(certificate)s” on listener “%(listener)s” has not been changed, so there is nothing to roll back to.")
        % {"certificate": binding.certificate, "listener": binding.listener},
        "listener.nothing-to-roll-back",
        way_out=_("To go back to the certificate's previous version, roll back the certificate itself."),
    )
