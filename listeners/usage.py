"""Answer the certificate repository: which listeners use a certificate, and what they could not serve."""

from collections.abc import Collection

from cryptography import x509
from django.urls import reverse
from django.utils.translation import gettext as _

from certificates.models import Certificate, Kind
from certificates.usage import Usage
from console.errors import ConflictError
from listeners.eligibility import server_certificate_problem
from listeners.models import Binding, Listener


def listeners_using(certificate_ids: Collection[str]) -> dict[str, list[Usage]]:
    """Return the listeners that bind each certificate, by one query."""
    roles = {role.value: str(role.label) for role in Binding.Role}
    # Columns instead of objects: one certificate can be on thousands of listeners.
    bindings = (
        Binding.objects.filter(certificate_id__in=certificate_ids)
        .order_by("listener__load_balancer__name", "listener__port", "role")
        .values_list(
            "certificate_id",
            "role",
            "listener_id",
            "listener__name",
            "listener__protocol",
            "listener__port",
            "listener__load_balancer__name",
        )
    )
    found: dict[str, list[Usage]] = {}
    for certificate_id, role, listener_id, name, protocol, port, balancer in bindings:
        usage = _usage(listener_id, roles[role], name=name, protocol=protocol, port=port, balancer=balancer)
        found.setdefault(certificate_id, []).append(usage)
    return found


def listener_usage(listener: Listener, role: str) -> Usage:
    """Return how a listener, whose load balancer is loaded, is named where something is in use by it."""
    return _usage(
        listener.pk,
        role,
        name=listener.name,
        protocol=listener.protocol,
        port=listener.port,
        balancer=listener.load_balancer.name,
    )


def _usage(listener_id: str, role: str, *, name: str, protocol: str, port: int, balancer: str) -> Usage:
    shown = f"{name} (:{port})" if name else f"{protocol}:{port}"
    url = reverse("listener-detail", args=[listener_id])
    return Usage(object_id=listener_id, label=f"{balancer} · {shown}", url=url, role=role)


def refuse_unservable_version(certificate: Certificate, leaf: x509.Certificate) -> None:
    """Raise ConflictError when a listener binds ``certificate`` and the engine could not serve ``leaf``."""
    if certificate.kind != Kind.SERVER:
        return
    problem = server_certificate_problem(leaf, certificate.name)
    users = listeners_using([certificate.pk]).get(certificate.pk, []) if problem else []
    if problem and users:
        raise ConflictError(
            _("%(problem)s It is in use by %(users)s.")
            % {"problem": problem.message, "users": ", ".join(usage.label for usage in users[:10])},
            problem.code,
            field="certificate_pem",
            way_out=problem.way_out,
        )
