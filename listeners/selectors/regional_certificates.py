"""Read which certificates Classic Load Balancers of each region can use."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.conf import settings
from django.db.models import Count, Exists, OuterRef, QuerySet

from certificates.models import Kind
from console.ids import is_id
from console.tables import PAGE_SIZE, Page, keyset_page
from listeners import limits
from listeners.models import Binding, LoadBalancer, Product, RegionalCertificate

ORDER = ("region", "certificate_id")


@dataclass(frozen=True, slots=True)
class RegionalFilter:
    """Which certificates are wanted; what is empty does not matter. ``query`` is part of a name."""

    region: str = ""
    kind: str = ""
    certificate_id: str = ""
    query: str = ""

    def apply(self, rows: QuerySet[RegionalCertificate]) -> QuerySet[RegionalCertificate]:
        """Return those of ``rows`` that are wanted; none for what is no id."""
        named = {"region": self.region, "certificate__kind": self.kind, "certificate": self.certificate_id}
        for column, value in named.items():
            if value:
                rows = rows.filter(**{column: value if is_id(value) else ""})
        query = self.query.replace("\0", "").strip()
        return rows.filter(certificate__name__icontains=query) if query else rows


ANY = RegionalFilter()


def regional_certificates(
    wanted: RegionalFilter = ANY, cursor: str = "", size: int = PAGE_SIZE
) -> Page[RegionalCertificate]:
    """Return a page of certificates by region; each tells whether a listener has it, as ``in_use``."""
    return keyset_page(wanted.apply(_with_use()), ORDER, cursor, size)


def regional_certificates_by_id(ids: Iterable[int]) -> list[RegionalCertificate]:
    """Return some, as the list has them."""
    return list(_with_use().filter(pk__in=list(ids)).order_by(*ORDER))


def _with_use() -> QuerySet[RegionalCertificate]:
    bound = Binding.objects.filter(
        certificate=OuterRef("certificate"),
        listener__load_balancer__region=OuterRef("region"),
        listener__load_balancer__product=Product.CLB,
    )
    rows = RegionalCertificate.objects.select_related("certificate__current_version")
    return rows.annotate(in_use=Exists(bound))  # type: ignore[no-redef]  # the model declares what is annotated here


def regions() -> list[str]:
    """Return the regions that are known: this installation's, and those of load balancers and certificates."""
    known = {settings.REGION}
    known |= set(LoadBalancer.objects.order_by().values_list("region", flat=True).distinct())
    known |= set(RegionalCertificate.objects.order_by().values_list("region", flat=True).distinct())
    return sorted(known)


@dataclass(frozen=True, slots=True)
class RegionUsage:
    """How many certificates of each kind a region has, and may have."""

    region: str
    server: int
    ca: int
    server_limit: int
    ca_limit: int


def regional_usage() -> list[RegionUsage]:
    """Return how much of its limits each known region uses."""
    allowed = limits.limits_of((limits.REGIONAL_CERTIFICATES, limits.REGIONAL_CA_CERTIFICATES))
    counted = RegionalCertificate.objects.order_by().values_list("region", "certificate__kind").annotate(Count("pk"))
    used = {(region, kind): number for region, kind, number in counted}
    both = (allowed[limits.REGIONAL_CERTIFICATES], allowed[limits.REGIONAL_CA_CERTIFICATES])
    return [
        RegionUsage(region, used.get((region, Kind.SERVER), 0), used.get((region, Kind.CA), 0), *both)
        for region in regions()
    ]
