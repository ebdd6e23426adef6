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
    bindings = (
        Binding.objects.filter(certificate_id__in=certificate_ids)
        .select_related("listener__load_balancer")
        .order_by("listener__load_balancer__name", "listener__port", "role")
    )
    found: dict[str, list[Usage]] = {}
    for binding in bindings:
        role = str(Binding.Role(binding.role).label)
        found.setdefault(binding.certificate_id, []).append(listener_usage(binding.listener, role))
    return found


def listener_usage(listener: Listener, role: str) -> Usage:
    """Return how a listener, whose load balancer is loaded, is named where something is in use by it."""
    name = f"{listener.name} (:{listener.port})" if listener.name else str(listener)
    return Usage(
        object_id=listener.pk,
        label=f"{listener.load_balancer} · {name}",
        url=reverse("listener-detail", args=[listener.pk]),
        role=role,
    )


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
