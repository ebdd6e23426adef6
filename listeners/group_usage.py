"""Who uses a server group, and which server groups verify their servers by a CA certificate."""

from collections.abc import Collection
from typing import Any

from django.db.models import Count, F, QuerySet, Window
from django.db.models.functions import RowNumber
from django.urls import reverse
from django.utils.translation import gettext as _

from certificates.usage import MOST_SHOWN, Usage, Usages
from listeners.models import Listener, RuleServerGroup, ServerGroup
from listeners.usage import listener_usage


def users_of(group: ServerGroup, most: int = MOST_SHOWN) -> Usages:
    """Return the listeners whose default group it is, then the rules that send requests to it; ``most`` are shown."""
    listeners = Listener.objects.filter(server_group=group).order_by("load_balancer__name", "port")
    shown = tuple(listener_usage(row, "") for row in listeners.select_related("load_balancer")[:most])
    direct = Usages(shown, _total(listeners, shown, most), f"{reverse('listener-list')}?server_group={group.pk}")
    return direct.joined(_rules_of(group, most), most)


def _rules_of(group: ServerGroup, most: int) -> Usages:
    order = ("rule__listener__load_balancer__name", "rule__listener__port", "rule__priority")
    uses = RuleServerGroup.objects.filter(server_group=group).order_by(*order)
    shown = tuple(map(_rule_usage, uses.select_related("rule__listener__load_balancer")[:most]))
    return Usages(shown, _total(uses, shown, most))


def _rule_usage(use: RuleServerGroup) -> Usage:
    usage = listener_usage(use.rule.listener, _("Forwarding rule"))
    label = _("%(listener)s, rule “%(rule)s”") % {"listener": usage.label, "rule": use.rule}
    return Usage(usage.object_id, label, usage.page, usage.role)


def _total(rows: QuerySet[Any], shown: tuple[Usage, ...], most: int) -> int:
    return rows.count() if len(shown) == most else len(shown)


def groups_verifying_by(certificate_ids: Collection[str], most: int) -> dict[str, Usages]:
    """Return the first server groups that verify their servers by each CA certificate, by one query."""
    same = F("ca_certificate_id")
    groups = ServerGroup.objects.filter(ca_certificate__in=certificate_ids).annotate(
        place=Window(RowNumber(), partition_by=same, order_by="name"),
        total=Window(Count("pk"), partition_by=same),
    )
    columns = ("ca_certificate_id", "pk", "name", "total")
    shown: dict[str, list[Usage]] = {}
    totals: dict[str, int] = {}
    for certificate_id, pk, name, total in groups.filter(place__lte=most).order_by("name").values_list(*columns):
        usage = Usage(pk, name, "server-group-detail", _("Verification of servers"))
        shown.setdefault(str(certificate_id), []).append(usage)
        totals[str(certificate_id)] = total
    return {key: Usages(tuple(uses), totals[key]) for key, uses in shown.items()}


def verifying_certificates() -> QuerySet[ServerGroup, Any]:
    """Return the ids of every certificate that a server group verifies its servers by."""
    return ServerGroup.objects.filter(ca_certificate__isnull=False).order_by().values("ca_certificate_id")
