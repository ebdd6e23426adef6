"""Answer the repository: which listeners serve names with a certificate, and what else covers them there."""

from collections.abc import Sequence

from django.db.models import QuerySet

from certificates.matching import covering_patterns, covers
from certificates.serving import Serving
from listeners.models import Binding

# One certificate can be on thousands of listeners; nobody reads more of them.
MOST_LISTENERS = 100


def listeners_serving(certificate_id: str, names: Sequence[str]) -> dict[str, list[Serving]]:
    """Return the first listeners that answer for each name with this certificate, by two queries."""
    columns = ("listener_id", "listener__name", "listener__protocol", "listener__port", "listener__load_balancer__name")
    order = ("listener__load_balancer__name", "listener__port")
    bound = list(_server_bindings(certificate_id).order_by(*order).values_list(*columns)[:MOST_LISTENERS])
    others = _others_covering(certificate_id, [row[0] for row in bound], names) if bound else {}
    return {
        name: [
            Serving(pk, _label(*shown), "listener-detail", _instead(others.get(pk, ()), name)) for pk, *shown in bound
        ]
        for name in names
    }


def _server_bindings(certificate_id: str) -> QuerySet[Binding]:
    return Binding.objects.filter(certificate_id=certificate_id).exclude(role=Binding.Role.CA)


def _label(name: str, protocol: str, port: int, balancer: str) -> str:
    return f"{balancer} · {name} (:{port})" if name else f"{balancer} · {protocol}:{port}"


def _others_covering(
    certificate_id: str, listener_ids: Sequence[str], names: Sequence[str]
) -> dict[str, list[tuple[str, str]]]:
    """Return by listener the (certificate, its name) that cover one of ``names`` there beside this certificate."""
    patterns = {pattern for name in names for pattern in covering_patterns(name)}
    others = Binding.objects.filter(listener_id__in=listener_ids).exclude(role=Binding.Role.CA)
    covering = others.exclude(certificate_id=certificate_id).filter(
        certificate__current_version__names__value__in=patterns
    )
    columns = ("listener_id", "certificate__name", "certificate__current_version__names__value")
    found: dict[str, list[tuple[str, str]]] = {}
    for listener_id, certificate, pattern in covering.order_by("id").values_list(*columns):
        found.setdefault(listener_id, []).append((certificate, pattern))
    return found


def _instead(others: Sequence[tuple[str, str]], name: str) -> str:
    return next((other for other, pattern in others if covers(pattern, name)), "")
