"""Answer the certificate repository: which listeners use a certificate, and what they could not serve."""

from collections.abc import Collection
from typing import Any

from cryptography import x509
from django.db.models import Count, F, QuerySet, Window
from django.db.models.functions import RowNumber
from django.urls import reverse
from django.utils.translation import gettext as _

from certificates.models import Certificate, Kind
from certificates.usage import Usage, Usages
from console.errors import ConflictError
from listeners.eligibility import server_certificate_problem
from listeners.models import Binding, Listener, Product
from listeners.regional import leaf_problem

USERS_NAMED = 10
COLUMNS = ("certificate_id", "role", "listener_id", "name", "protocol", "port", "balancer", "total")


def listeners_using(certificate_ids: Collection[str], most: int) -> dict[str, Usages]:
    """Return the first listeners that bind each certificate, by instance and port, by one query."""
    roles = {role.value: str(role.label) for role in Binding.Role}
    shown: dict[str, list[Usage]] = {}
    totals: dict[str, int] = {}
    for certificate_id, role, listener_id, name, protocol, port, balancer, total in _uses(certificate_ids, most):
        usage = _usage(listener_id, roles[role], name=name, protocol=protocol, port=port, balancer=balancer)
        shown.setdefault(certificate_id, []).append(usage)
        totals[certificate_id] = total
    url = reverse("listener-list")
    return {pk: Usages(tuple(uses), totals[pk], f"{url}?certificate={pk}") for pk, uses in shown.items()}


def _uses(certificate_ids: Collection[str], most: int) -> QuerySet[Binding, tuple[Any, ...]]:
    """Return COLUMNS of the first bindings of each certificate, with how many it has."""
    order = ("listener__load_balancer__name", "listener__port", "role")
    same = F("certificate_id")
    rows = Binding.objects.filter(certificate_id__in=certificate_ids).annotate(
        name=F("listener__name"),
        protocol=F("listener__protocol"),
        port=F("listener__port"),
        balancer=F("listener__load_balancer__name"),
        place=Window(RowNumber(), partition_by=same, order_by=order),
        total=Window(Count("pk"), partition_by=same),
    )
    return rows.filter(place__lte=most).order_by("certificate_id", "place").values_list(*COLUMNS)


def used_certificates() -> QuerySet[Binding, Any]:
    """Return the ids of every certificate that a listener binds."""
    return Binding.objects.order_by().values("certificate_id")


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
    return Usage(object_id=listener_id, label=f"{balancer} · {shown}", page="listener-detail", role=role)


def _is_on_classic(certificate: Certificate) -> bool:
    return Binding.objects.filter(certificate=certificate, listener__load_balancer__product=Product.CLB).exists()


def refuse_unservable_version(certificate: Certificate, leaf: x509.Certificate) -> None:
    """Raise ConflictError when a listener binds ``certificate`` and its engine or product could not serve ``leaf``."""
    if certificate.kind != Kind.SERVER:
        return
    problem = server_certificate_problem(leaf, certificate.name)
    if problem is None and _is_on_classic(certificate):
        problem = leaf_problem(leaf, certificate.name)
    users = listeners_using([certificate.pk], USERS_NAMED).get(certificate.pk) if problem else None
    if problem and users:
        raise ConflictError(
            _("%(problem)s It is in use by %(users)s.")
            % {"problem": problem.message, "users": ", ".join(usage.label for usage in users)},
            problem.code,
            field="certificate_pem",
            way_out=problem.way_out,
        )
