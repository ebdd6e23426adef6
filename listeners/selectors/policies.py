"""Read TLS security policies: the system's, and custom ones."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from console.ids import is_id
from console.tables import PAGE_SIZE, Page, keyset_page
from events.models import Change
from listeners.models import Listener, LoadBalancer, SecurityPolicy
from listeners.products import features_of
from listeners.services.rows import not_found
from listeners.tls_policies import TlsPolicy, system_policies, system_policy


def policy_of_row(row: SecurityPolicy) -> TlsPolicy:
    """Return a custom policy as the engine's side and the pages take it."""
    return TlsPolicy(row.pk, tuple(row.versions), tuple(row.ciphers), row.name)


def policies_of(listeners: Iterable[Listener]) -> dict[str, TlsPolicy]:
    """Return the policy of each listener that has one, by the listener's id; their load balancers are loaded.

    A listener whose policy is gone, or that has none, is missing.
    """
    named = [(each.pk, each.load_balancer.product, each.security_policy) for each in listeners if each.security_policy]
    found = {(product, key): system_policy(product, key) for _listener, product, key in named}
    custom = _custom({key for (_product, key), policy in found.items() if policy is None})
    return {
        listener_id: policy
        for listener_id, product, key in named
        if (policy := found[product, key] or custom.get(key)) is not None
    }


def policy_of(listener: Listener) -> TlsPolicy | None:
    """Return a listener's policy; None where its protocol has none."""
    return policies_of([listener]).get(listener.pk)


def policy_named(product: str, policy_id: str) -> TlsPolicy | None:
    """Return the policy that listeners of ``product`` mean by an id, None where there is none."""
    return system_policy(product, policy_id) or _custom({policy_id}).get(policy_id)


def _custom(policy_ids: set[str]) -> dict[str, TlsPolicy]:
    ids = [key for key in policy_ids if is_id(key)]
    return {key: policy_of_row(row) for key, row in SecurityPolicy.objects.in_bulk(ids).items()} if ids else {}


def policies_for(balancer: LoadBalancer) -> list[TlsPolicy]:
    """Return the policies that a listener of ``balancer`` can be given: the system's, then those of its region."""
    system = list(system_policies(balancer.product, balancer.edition).values())
    if not features_of(balancer).custom_policies:
        return system
    return system + [policy_of_row(row) for row in SecurityPolicy.objects.filter(region=balancer.region)]


def security_policies(
    query: str = "", region: str = "", cursor: str = "", size: int = PAGE_SIZE
) -> Page[SecurityPolicy]:
    """Return a page of custom policies by name, each with ``listener_count``; ``query`` searches name and id."""
    rows = _counted()
    if region:
        rows = rows.filter(region=region if is_id(region) else "")
    if query := query.replace("\0", ""):
        rows = rows.filter(name__icontains=query) | rows.filter(pk=query)
    return keyset_page(rows, ("name", "pk"), cursor, size)


def security_policy_by_id(policy_id: str) -> SecurityPolicy:
    """Return a custom policy with ``listener_count``. Raises NotFoundError."""
    found = _counted().filter(pk=policy_id).first() if is_id(policy_id) else None
    if found is None:
        raise not_found("security_policy", policy_id)
    return found


def _counted() -> QuerySet[SecurityPolicy]:
    users = Listener.objects.filter(security_policy=OuterRef("pk")).order_by().values("security_policy")
    return SecurityPolicy.objects.annotate(
        listener_count=Coalesce(Subquery(users.annotate(number=Count("pk")).values("number")), 0)
    )


@dataclass(frozen=True, slots=True)
class Users:
    """The listeners that use a policy: the first of them, and how many there are."""

    shown: list[Listener]
    total: int

    @property
    def left_out(self) -> int:
        """How many are not shown."""
        return self.total - len(self.shown)


def users_of_policy(policy_id: str, products: Iterable[str] = (), most: int = 50) -> Users:
    """Return the listeners that use a policy, by load balancer and port; of some products, if any are named."""
    rows = Listener.objects.filter(security_policy=policy_id).select_related("load_balancer")
    if products:
        rows = rows.filter(load_balancer__product__in=products)
    shown = list(rows.order_by("load_balancer__name", "port")[:most])
    return Users(shown, rows.count() if len(shown) == most else len(shown))


def changes_of_policy(policy: SecurityPolicy, cursor: str = "", size: int = PAGE_SIZE) -> Page[Change]:
    """Return a page of what was changed of a custom policy, newest first."""
    rows = Change.objects.filter(object_type="security_policy", object_id=policy.pk)
    return keyset_page(rows, ("-id",), cursor, size)
