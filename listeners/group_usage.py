"""Who uses a server group, and which server groups verify their servers by a CA certificate."""

from typing import Any

from django.db.models import F, Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from certificates.usage import MOST_SHOWN, Usage, Usages
from listeners.models import Listener, RuleServerGroup, ServerGroup
from listeners.usage import listener_usage


def users_of(group: ServerGroup, most: int = MOST_SHOWN) -> Usages:
    """Return the listeners whose default group it is, then the rules that send requests to it; ``most`` are shown.

    Who uses a variant uses it too.
    """
    listeners = Listener.objects.filter(of_family(group)).order_by("load_balancer__name", "port")
    shown = tuple(listener_usage(row, "") for row in listeners.select_related("load_balancer")[:most])
    direct = Usages(shown, _total(listeners, shown, most), f"{reverse('listener-list')}?server_group={group.pk}")
    return direct.joined(_rules_of(group, most), most)


def of_family(group: ServerGroup) -> Q:
    """Return the condition on users that theirs is ``group``, or a variant of it with the same servers."""
    return Q(server_group=group) | Q(server_group__variant_of=group)


def _rules_of(group: ServerGroup, most: int) -> Usages:
    order = ("rule__listener__load_balancer__name", "rule__listener__port", "rule__priority")
    uses = RuleServerGroup.objects.filter(of_family(group)).order_by(*order)
    shown = tuple(map(_rule_usage, uses.select_related("rule__listener__load_balancer")[:most]))
    return Usages(shown, _total(uses, shown, most))


def _rule_usage(use: RuleServerGroup) -> Usage:
    usage = listener_usage(use.rule.listener, _("Forwarding rule"))
    label = _("%(listener)s, rule “%(rule)s”") % {"listener": usage.label, "rule": use.rule}
    return Usage(usage.object_id, label, usage.page, usage.role)


def _total(rows: QuerySet[Any], shown: tuple[Usage, ...], most: int) -> int:
    return rows.count() if len(shown) == most else len(shown)


def verifying_certificates() -> QuerySet[ServerGroup, Any]:
    """Return the ids of every certificate that a server group verifies its servers by."""
    groups = ServerGroup.objects.filter(ca_certificate__isnull=False).order_by()
    return groups.annotate(certificate_id=F("ca_certificate_id")).values("certificate_id")
