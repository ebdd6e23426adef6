"""Health of the servers behind ALB's listeners and their rules."""

from typing import Any

from cloudapi.alb.listeners import LISTENER_ID, listener_of
from cloudapi.alb.product import ALB
from cloudapi.extras import extras_of
from cloudapi.listener_words import REASONS, not_normal, server_words
from cloudapi.lists import paging
from cloudapi.operations import Answer, Call
from cloudapi.wire.fields import flag
from listeners.models import Listener, RuleServerGroup, ServerGroup, ServerHealth


@ALB.read("GetListenerHealthStatus", LISTENER_ID, flag("IncludeRule"), *paging(30))
def get_health(call: Call) -> Answer:
    """Tell which servers behind a listener, and behind its rules, are not healthy, and why."""
    listener = listener_of(call)
    by_rule = _groups_of_rules(listener) if call.given.get("IncludeRule") else {}
    own = [listener.server_group] if listener.server_group else []
    groups = {each.pk: each for each in (*own, *(group for found in by_rule.values() for group in found))}
    told = _Told(listener, groups)
    status = {
        "ListenerId": listener.pk,
        "ListenerPort": listener.port,
        "ListenerProtocol": listener.protocol,
        "ServerGroupInfos": [told.group(each) for each in own],
    }
    rules = [
        {"RuleId": rule_id, "ServerGroupInfos": [told.group(each) for each in found]}
        for rule_id, found in by_rule.items()
    ]
    return {"ListenerHealthStatus": [status], "RuleHealthStatus": rules, "NextToken": ""}


def _groups_of_rules(listener: Listener) -> dict[str, list[ServerGroup]]:
    found: dict[str, list[ServerGroup]] = {}
    uses = RuleServerGroup.objects.filter(rule__listener=listener).select_related("server_group")
    for use in uses.order_by("rule__priority", "pk"):
        found.setdefault(use.rule_id, []).append(use.server_group)
    return found


class _Told:
    """What is told of server groups, read once for all of them."""

    def __init__(self, listener: Listener, groups: dict[str, ServerGroup]) -> None:
        self._extras = extras_of("server_group", groups)
        self._sick = not_normal(groups.values(), listener)

    def group(self, group: ServerGroup) -> dict[str, Any]:
        """Return a group with its servers that are not healthy."""
        return {
            "ServerGroupId": group.pk,
            "ActionType": "ForwardGroup",
            "HealthCheckEnabled": "on" if group.health_check_enabled else "off",
            "NonNormalServers": [self._server(health) for health in self._sick.get(group.pk, [])],
        }

    def _server(self, health: ServerHealth) -> dict[str, Any]:
        words = server_words(health.server, self._extras[health.server.group_id])
        reason = REASONS.get(health.Reason(health.reason), "") if health.reason else ""
        actual = str(health.http_status) if health.http_status else ""
        return {
            "ServerId": words["ServerId"],
            "ServerIp": words["ServerIp"],
            "Port": words["Port"],
            "Status": "Unhealthy" if health.state == health.State.UNHEALTHY else "Initial",
            "Reason": {"ReasonCode": reason, "ActualResponse": actual, "ExpectedResponse": ""},
        }
