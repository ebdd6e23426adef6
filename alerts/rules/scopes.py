"""Alert rules in the database: reading them, and their scopes in SQL, as ``deciding`` says them in Python."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q, QuerySet

from alerts.models import AlertRule
from alerts.rules.deciding import Rule, Scope, Tag
from certificates.models import Certificate, CertificateTag
from certificates.usage import used_queries
from listeners.models import Binding, Listener
from listeners.selectors.tags import tags_of

# What a scope holds is looked up one by one if it is so few, even if far more end before a rule's first threshold.
FEW = 20_000


def scope_of(row: AlertRule) -> Scope:
    """Return what a stored rule is about."""
    return Scope(
        subject_kinds=frozenset(row.subject_kinds),
        certificate_kinds=frozenset(row.certificate_kinds),
        tag_key=row.tag_key,
        tag_value=row.tag_value,
        owner=row.owner,
        product=row.product,
        listener_id=row.listener_id,
        only_unused=row.only_unused,
    )


def rule_of(row: AlertRule) -> Rule:
    """Return a stored rule as the scan follows it; the default one holds everything, whatever its row says."""
    scope = Scope() if row.is_default else scope_of(row)
    return Rule(row.pk, row.name, scope, tuple(sorted(row.thresholds_hours)), row.mutes)


def enabled_rules() -> tuple[Rule, ...]:
    """Return the rules that the scan follows, in their order, the default one last."""
    rows = AlertRule.objects.filter(Q(enabled=True) | Q(is_default=True))
    return tuple(rule_of(row) for row in rows.order_by("is_default", "position", "id"))


def decided_by(rules: Sequence[Rule], rule: Rule, path: str = "", *, is_search: bool = False) -> Q:
    """Return the condition for certificates on which ``rule`` decides: it holds them, and none before it does.

    ``path`` leads from what is asked to the certificate. ``is_search``: among all certificates and not for one that is
    known, so that it is worth a look whether the scope holds few, which are then where the database begins.
    """
    wanted = held_by(rule.scope, path, is_search=is_search)
    for earlier in rules[: rules.index(rule)]:
        wanted &= ~held_by(earlier.scope, path)
    return wanted


def held_by(scope: Scope, path: str = "", *, is_search: bool = False) -> Q:
    """Return the condition for certificates that a scope holds, whatever its kinds of subject."""
    wanted = Q()
    if scope.certificate_kinds:
        wanted &= Q(**{_field("kind", path): sorted(scope.certificate_kinds)})
    if scope.owner:
        wanted &= Q(**{_field("owner", path, lookup=""): scope.owner})
    if scope.tag_key:
        value = {"value": scope.tag_value} if scope.tag_value else {}
        wanted &= _linked(CertificateTag.objects.filter(key=scope.tag_key, **value), path, is_search=is_search)
    if scope.product:
        bound = Binding.objects.filter(listener__load_balancer__product=scope.product)
        wanted &= _linked(bound, path, is_search=is_search)
    if scope.listener_id:
        wanted &= _linked(Binding.objects.filter(listener=scope.listener_id), path, is_search=is_search)
    if scope.only_unused:
        wanted &= _unused(path)
    return wanted


def _field(name: str, path: str, lookup: str = "in") -> str:
    return "__".join(part for part in (path, name, lookup) if part)


def _linked(links: "QuerySet[CertificateTag] | QuerySet[Binding]", path: str, *, is_search: bool) -> Q:
    if is_search and links.order_by()[: FEW + 1].count() <= FEW:
        return Q(**{_field("pk", path): links.order_by().values("certificate_id")})
    return Q(Exists(links.filter(certificate=OuterRef(_field("pk", path, lookup="")))))


def _unused(path: str) -> Q:
    used = Q()
    for query in used_queries():
        used |= Q(**{_field("pk", path): query})
    return ~used


def addresses_decided_by(rules: Sequence[Rule], rule: Rule) -> Q:
    """Return the condition for watched addresses on which ``rule`` decides, one of the rules for their kind."""
    wanted = Q(owner=rule.scope.owner) if rule.scope.owner else Q()
    for earlier in rules[: rules.index(rule)]:
        wanted &= ~Q(owner=earlier.scope.owner)
    return wanted


@dataclass(frozen=True, slots=True)
class CertificateFacts:
    """What rules look at of a certificate."""

    kind: str = ""
    owner: str = ""
    tags: frozenset[Tag] = frozenset()
    is_unused: bool = False


def certificate_facts(certificate_ids: Collection[str]) -> Mapping[str, CertificateFacts]:
    """Return what rules look at of each certificate; one that is gone is left out."""
    ids = list(set(certificate_ids))
    tags: defaultdict[str, set[Tag]] = defaultdict(set)
    tagged = CertificateTag.objects.filter(certificate__in=ids)
    for pk, key, value in tagged.values_list("certificate_id", "key", "value"):
        tags[pk].add((key, value))
    unused = set(Certificate.objects.filter(_unused(""), pk__in=ids).values_list("pk", flat=True))
    rows = Certificate.objects.filter(pk__in=ids).order_by().values_list("pk", "kind", "owner")
    return {pk: CertificateFacts(kind, owner, frozenset(tags[pk]), pk in unused) for pk, kind, owner in rows}


def listeners_of(certificate_ids: Collection[str]) -> Mapping[str, set[str]]:
    """Return the listeners that bind each certificate."""
    bindings = Binding.objects.filter(certificate__in=set(certificate_ids)).order_by()
    found: defaultdict[str, set[str]] = defaultdict(set)
    for certificate_id, listener_id in bindings.values_list("certificate_id", "listener_id"):
        found[certificate_id].add(listener_id)
    return found


def products_of(listener_ids: Collection[str]) -> Mapping[str, str]:
    """Return the product of each listener's load balancer."""
    rows = Listener.objects.filter(pk__in=set(listener_ids)).order_by()
    return dict(rows.values_list("pk", "load_balancer__product"))


def tags_of_listeners(listener_ids: Collection[str]) -> Mapping[str, frozenset[Tag]]:
    """Return the tags of each listener together with those of its load balancer."""
    balancers = dict(Listener.objects.filter(pk__in=set(listener_ids)).order_by().values_list("pk", "load_balancer_id"))
    own, shared = tags_of("listener", balancers), tags_of("load_balancer", set(balancers.values()))
    return {
        pk: frozenset((*own.get(pk, {}).items(), *shared.get(balancer, {}).items()))
        for pk, balancer in balancers.items()
    }


def tags_of_server_groups(group_ids: Collection[str]) -> Mapping[str, frozenset[Tag]]:
    """Return the tags of each server group that has some."""
    return {pk: frozenset(tags.items()) for pk, tags in tags_of("server_group", group_ids).items()}
