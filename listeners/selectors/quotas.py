"""How much of each limit is used: by what comes closest to it."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import CharField, Count, Max, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce, Concat

from certificates.models import Kind
from listeners import backends, limits
from listeners.models import Listener, LoadBalancer, Quota, RegionalCertificate, SecurityPolicy, Server, ServerGroup
from listeners.products import FEATURES, Features, Limited
from listeners.selectors.counting import COUNTS, counted, servers_behind, with_counts
from listeners.services.policies import POLICIES_OF_REGION
from listeners.services.policy_rules import POLICY_LISTENERS

COUNTED: tuple[Limited, ...] = ("load_balancers", "listeners", "certificates", "servers", "rules")


@dataclass(frozen=True, slots=True)
class QuotaRow:
    """A limit, and the most of it that anything uses; ``used`` is None for limits of one operation or value."""

    quota: Quota
    used: int | None

    @property
    def is_full(self) -> bool:
        """Whether something has reached the limit."""
        return self.used is not None and self.used >= self.quota.limit


class Most(defaultdict[str, int]):
    """The most that is used of each limit, by its name; nothing until it is seen."""

    def __init__(self) -> None:
        super().__init__(int)
        for features in FEATURES.values():
            self.update({features.quotas[limited]: 0 for limited in COUNTED if limited in features.quotas})
        for able in backends.BACKENDS.values():
            self.update({able.groups_quota: 0, able.servers_quota: 0})
        self.update({limits.REGIONAL_CERTIFICATES: 0, limits.REGIONAL_CA_CERTIFICATES: 0})

    def see(self, name: str, number: int) -> None:
        """Note that something uses ``number``."""
        self[name] = max(self[name], number)


def quota_rows() -> list[QuotaRow]:
    """Return every limit by name, with the most that is used of it."""
    used = Most()
    _see_load_balancers(used)
    _see_servers_behind(used)
    _see_server_groups(used)
    _see_regional_certificates(used)
    _see_policies(used)
    return [QuotaRow(quota, used.get(quota.name)) for quota in limits.quotas()]


def _see_load_balancers(used: Most) -> None:
    there = LoadBalancer.objects.order_by().values_list("product", "region").annotate(Count("pk"))
    for product, _region, number in there:
        used.see(_features(product).quotas["load_balancers"], number)
    # Of those of one product and edition the greatest of each number.
    kinds = with_counts(LoadBalancer.objects.order_by()).values_list("product", "edition")
    for product, edition, *greatest in kinds.annotate(*(Max(column) for column in COUNTS)):
        features = FEATURES[product, edition]
        numbers = dict(zip(COUNTS, greatest, strict=True))
        for limited, number in counted(numbers, by_listener=features.domain_extensions).items():
            if limited in features.quotas:
                used.see(features.quotas[limited], number)


def _see_servers_behind(used: Most) -> None:
    """Count the servers of each load balancer; where rules send requests too, those of the fullest are told apart."""
    behind: defaultdict[tuple[str, str, str], int] = defaultdict(int)
    with_rules = set()
    for path in ("group__listeners__", "group__rules__rule__listener__"):
        for key, number in _servers_by_load_balancer(f"{path}load_balancer"):
            with_rules |= {key} & behind.keys()
            behind[key] += number
    for key in sorted(behind, key=lambda key: -behind[key]):
        product, edition, pk = key
        name = FEATURES[product, edition].quotas["servers"]
        if behind[key] > used[name]:
            used.see(name, servers_behind(pk) if key in with_rules else behind[key])


def _servers_by_load_balancer(path: str) -> Iterator[tuple[tuple[str, str, str], int]]:
    """Yield product, edition and id of each load balancer, and how many servers are at the end of ``path``."""
    place = Concat("address", Value(" "), "port", output_field=CharField())
    rows = Server.objects.filter(**{f"{path}__isnull": False}).order_by()
    columns = (f"{path}__product", f"{path}__edition", path)
    for product, edition, pk, number in rows.values_list(*columns).annotate(number=Count(place, distinct=True)):
        yield (product, edition, pk), number


def _see_server_groups(used: Most) -> None:
    groups: defaultdict[str, int] = defaultdict(int)
    for protocol, number in ServerGroup.objects.order_by().values_list("protocol").annotate(Count("pk")):
        groups[backends.BACKENDS[protocol].groups_quota] += number
    for name, number in groups.items():
        used.see(name, number)
    sizes = Server.objects.order_by().values("group", "group__protocol").annotate(size=Count("pk"))
    for protocol, size in sizes.values_list("group__protocol", "size"):
        used.see(backends.BACKENDS[protocol].servers_quota, size)
    used.see(limits.SERVER_ADDED, _most(Server.objects.all(), "address", "port"))


def _see_regional_certificates(used: Most) -> None:
    rows = RegionalCertificate.objects.order_by().values_list("region", "certificate__kind").annotate(Count("pk"))
    for _region, kind, number in rows:
        used.see(limits.REGIONAL_CA_CERTIFICATES if kind == Kind.CA else limits.REGIONAL_CERTIFICATES, number)


def _see_policies(used: Most) -> None:
    same = Listener.objects.filter(security_policy=OuterRef("pk")).order_by().values("security_policy")
    users = Coalesce(Subquery(same.annotate(number=Count("pk")).values("number")), 0)
    regions: defaultdict[str, int] = defaultdict(int)
    for region, number in SecurityPolicy.objects.order_by().values_list("region", users):
        regions[region] += 1
        used.see(POLICY_LISTENERS, number)
    for name, most in ((POLICIES_OF_REGION, max(regions.values(), default=0)), (POLICY_LISTENERS, 0)):
        used.see(name, most)


def _features(product: str) -> Features:
    return next(features for (each, _edition), features in FEATURES.items() if each == product)


def _most(rows: QuerySet[Any], *by: str) -> int:
    """Return the greatest number of ``rows`` that share ``by``."""
    counts = rows.order_by().values(*by).annotate(count=Count("pk")).order_by("-count").values_list("count", flat=True)
    return next(iter(counts[:1]), 0)
