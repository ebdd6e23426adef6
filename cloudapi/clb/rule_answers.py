"""Forwarding rules as this product describes them."""

from collections.abc import Iterable
from typing import Any

from cloudapi.clb.finding import group_id_of
from cloudapi.clb.listener_fields import on_off, shown_use
from listeners.forwarding.classic import classic_rule
from listeners.models import ForwardingRule, Listener, RuleServerGroup, ServerGroup
from listeners.selectors.forwarding_rules import parsed, rules_of
from listeners.services.variants import settings_of


def shown_rules(listener: Listener) -> list[dict[str, Any]]:
    """Return the rules of a listener in the order in which they are tried."""
    return shown(rules_of(listener))


def shown(rows: Iterable[ForwardingRule]) -> list[dict[str, Any]]:
    """Return rules with how each uses its server group, by one query for the groups."""
    found = list(rows)
    uses = RuleServerGroup.objects.filter(rule__in=found).select_related("server_group__variant_of")
    groups = {use.rule_id: use.server_group for use in uses}
    return [_facts(row, groups.get(row.pk)) for row in found]


def _facts(row: ForwardingRule, group: ServerGroup | None) -> dict[str, Any]:
    rule = classic_rule(parsed(row))
    return {
        "RuleId": row.pk,
        "RuleName": row.name,
        "Domain": rule.domain,
        "Url": rule.url,
        "VServerGroupId": group_id_of(group),
        "ListenerSync": on_off(row.follows_listener),
        **(shown_use(settings_of(group)) if group and not row.follows_listener else {}),
    }
