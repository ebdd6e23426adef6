"""Answer the certificate repository: who uses a certificate, and what they could not serve."""

from collections.abc import Collection
from typing import Any

from cryptography import x509
from django.db.models import CharField, Count, F, IntegerField, QuerySet, Value, Window
from django.db.models.functions import RowNumber
from django.urls import reverse
from django.utils.translation import gettext as _

from certificates.models import Certificate, Kind
from certificates.usage import Usage, Usages
from console.errors import ConflictError
from listeners.eligibility import server_certificate_problem
from listeners.models import Binding, Listener, Product, ServerGroup
from listeners.regional import leaf_problem

USERS_NAMED = 10
SERVERS = "servers"  # beside the roles of bindings: what a server group uses a CA certificate for
COLUMNS = ("certificate_id", "role", "used_by", "called", "protocol", "port", "balancer", "total", "place")


def users_of_certificates(certificate_ids: Collection[str], most: int) -> dict[str, Usages]:
    """Return the first users of each certificate, by one query.

    They are the listeners that bind it, by instance and port, then the server groups that verify their servers by it.
    """
    shown: dict[str, list[Usage]] = {}
    totals: dict[tuple[str, bool], int] = {}
    for row in sorted(_uses(certificate_ids, most), key=lambda row: (row[1] == SERVERS, row[-1])):
        certificate_id, role, total = str(row[0]), row[1], row[-2]
        shown.setdefault(certificate_id, []).append(_shown(row))
        totals[certificate_id, role == SERVERS] = total
    url = reverse("listener-list")
    return {
        pk: Usages(
            tuple(uses[:most]),
            totals.get((pk, False), 0) + totals.get((pk, True), 0),
            f"{url}?certificate={pk}" if (pk, False) in totals else "",
        )
        for pk, uses in shown.items()
    }


def _shown(row: tuple[Any, ...]) -> Usage:
    role, object_id, name, protocol, port, balancer = row[1:7]
    if role == SERVERS:
        return Usage(object_id, name, "server-group-detail", _("Verification of servers"))
    label = str(Binding.Role(role).label)
    return _usage(object_id, label, name=name, protocol=protocol, port=port, balancer=balancer)


def _uses(certificate_ids: Collection[str], most: int) -> QuerySet[Any, tuple[Any, ...]]:
    """Return COLUMNS of the first uses of each certificate, in any order, with how many it has of the kind."""
    order, same = ("listener__load_balancer__name", "listener__port", "role"), F("certificate_id")
    bindings = Binding.objects.filter(certificate_id__in=certificate_ids).annotate(
        used_by=F("listener_id"),
        called=F("listener__name"),
        protocol=F("listener__protocol"),
        port=F("listener__port"),
        balancer=F("listener__load_balancer__name"),
        total=Window(Count("pk"), partition_by=same),
        place=Window(RowNumber(), partition_by=same, order_by=order),
    )
    listed = bindings.filter(place__lte=most).order_by().values_list(*COLUMNS)
    return listed.union(_groups(certificate_ids, most), all=True)


def _groups(certificate_ids: Collection[str], most: int) -> QuerySet[ServerGroup, tuple[Any, ...]]:
    """Return the same columns of the server groups that verify their servers by these certificates."""
    same = F("ca_certificate_id")
    text, number = Value("", CharField()), Value(0, IntegerField())
    groups = ServerGroup.objects.filter(ca_certificate__in=certificate_ids).annotate(
        certificate_id=same,
        role=Value(SERVERS, CharField()),
        used_by=F("pk"),
        called=F("name"),
        port=number,
        balancer=text,
        total=Window(Count("pk"), partition_by=same),
        place=Window(RowNumber(), partition_by=same, order_by="name"),
    )
    return groups.filter(place__lte=most).order_by().values_list(*COLUMNS)


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
    users = users_of_certificates([certificate.pk], USERS_NAMED).get(certificate.pk) if problem else None
    if problem and users:
        raise ConflictError(
            _("%(problem)s It is in use by %(users)s.")
            % {"problem": problem.message, "users": ", ".join(usage.label for usage in users)},
            problem.code,
            field="certificate_pem",
            way_out=problem.way_out,
        )
