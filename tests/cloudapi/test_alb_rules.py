"""Forwarding rules by the official client of ALB."""

from typing import Any

import pytest
from alibabacloud_alb20200616 import models
from alibabacloud_alb20200616.client import Client

from listeners.models import ForwardingRule, Listener
from tests.cloudapi.asking import refusal
from tests.factories import make_listener, make_load_balancer, make_server_group

pytestmark = pytest.mark.django_db


@pytest.fixture
def listener() -> Listener:
    return make_listener(product="ALB", protocol="HTTP")


def fixed(code: str = "410") -> dict[str, Any]:
    return {"Type": "FixedResponse", "Order": 1, "FixedResponseConfig": {"HttpCode": code, "Content": "gone"}}


def rule(listener: Listener, priority: int = 1, **given: Any) -> models.CreateRuleRequest:
    fields = {
        "ListenerId": listener.pk,
        "RuleName": f"rule-{priority}",
        "Priority": priority,
        "RuleConditions": [{"Type": "Path", "PathConfig": {"Values": [f"/{priority}"]}}],
        "RuleActions": [fixed()],
        **given,
    }
    return models.CreateRuleRequest().from_map(fields)


def listed(alb: Client, listener: Listener, **given: Any) -> Any:
    return alb.list_rules(models.ListRulesRequest(listener_ids=[listener.pk], **given)).body.rules


def test_every_condition_comes_back_as_it_was_sent(alb: Client, listener: Listener) -> None:
    conditions = [
        {"Type": "Host", "HostConfig": {"Values": ["*.example.com"]}},
        {"Type": "Path", "PathConfig": {"Values": ["/a/*"]}},
        {"Type": "Header", "HeaderConfig": {"Key": "x-kind", "Values": ["a", "b"]}},
        {"Type": "QueryString", "QueryStringConfig": {"Values": [{"Key": "k", "Value": "v"}]}},
        {"Type": "Method", "MethodConfig": {"Values": ["GET"]}},
        {"Type": "Cookie", "CookieConfig": {"Values": [{"Key": "c", "Value": "v"}]}},
        {"Type": "SourceIp", "SourceIpConfig": {"Values": ["10.0.0.0/8"]}},
    ]
    alb.create_rule(rule(listener, RuleConditions=conditions))
    told = [each.to_map() for each in listed(alb, listener)[0].rule_conditions]
    assert told == conditions


def test_every_action_comes_back_as_it_was_sent(alb: Client, listener: Listener) -> None:
    groups = [make_server_group(protocol="HTTP").pk for _each in range(3)]
    tuples = [{"ServerGroupId": group, "Weight": weight} for group, weight in zip(groups, (10, 90), strict=False)]
    sticky = {"Enabled": True, "Timeout": 60}
    mirror = {"ServerGroupTuples": [{"ServerGroupId": groups[2], "Weight": 100}]}
    cors = {
        "AllowOrigin": ["https://example.com"],
        "AllowMethods": ["GET"],
        "AllowHeaders": ["x-a"],
        "ExposeHeaders": ["x-b"],
        "AllowCredentials": "on",
        "MaxAge": 60,
    }
    rewrite = {"Host": "b.example.com", "Path": "/b", "Query": "${query}"}
    final = {"ServerGroupTuples": tuples, "ServerGroupStickySession": sticky}
    first = [
        {"Type": "TrafficLimit", "Order": 10, "TrafficLimitConfig": {"QPS": 100, "PerIpQps": 10}},
        {"Type": "Rewrite", "Order": 20, "RewriteConfig": rewrite},
        {"Type": "Cors", "Order": 30, "CorsConfig": cors},
        {"Type": "ForwardGroup", "Order": 90, "ForwardGroupConfig": final},
    ]
    header = {"Key": "x-a", "Value": "b", "ValueType": "UserDefined"}
    copies = {"TargetType": "ForwardGroupMirror", "MirrorGroupConfig": mirror}
    second = [
        {"Type": "InsertHeader", "Order": 1, "InsertHeaderConfig": header},
        {"Type": "RemoveHeader", "Order": 2, "RemoveHeaderConfig": {"Key": "x-c"}},
        {"Type": "TrafficMirror", "Order": 3, "TrafficMirrorConfig": copies},
        {"Type": "ForwardGroup", "Order": 4, "ForwardGroupConfig": final},
    ]
    target = {
        "Protocol": "HTTPS",
        "Host": "${host}",
        "Port": "8443",
        "Path": "${path}",
        "Query": "${query}",
        "HttpCode": "308",
    }
    third = [{"Type": "Redirect", "Order": 1, "RedirectConfig": target}]
    for priority, actions in enumerate((first, second, third), 1):
        alb.create_rule(rule(listener, priority, RuleActions=list(reversed(actions))))
    for told, actions in zip(listed(alb, listener), (first, second, third), strict=True):
        assert [each.to_map() for each in told.rule_actions] == actions


def test_rules_are_created_changed_and_deleted_together(alb: Client, listener: Listener) -> None:
    rules = [
        {**rule(listener, priority).to_map(), "Tag": [{"Key": "team", "Value": str(priority)}]} for priority in (1, 2)
    ]
    for each in rules:
        del each["ListenerId"]
    request = models.CreateRulesRequest().from_map({"ListenerId": listener.pk, "Rules": rules})
    made = alb.create_rules(request).body.rule_ids
    assert [each.priority for each in made] == [1, 2]
    tag = models.ListRulesRequestTag(key="team", value="2")
    assert [each.rule_id for each in listed(alb, listener, tag=[tag])] == [made[1].rule_id]
    changes = [{"RuleId": made[0].rule_id, "Priority": 2}, {"RuleId": made[1].rule_id, "Priority": 1}]
    alb.update_rules_attribute(models.UpdateRulesAttributeRequest().from_map({"Rules": changes}))
    assert [each.rule_id for each in listed(alb, listener)] == [made[1].rule_id, made[0].rule_id]
    alb.update_rule_attribute(models.UpdateRuleAttributeRequest(rule_id=made[0].rule_id, rule_name="renamed"))
    assert ForwardingRule.objects.get(pk=made[0].rule_id).name == "renamed"
    alb.delete_rules(models.DeleteRulesRequest(rule_ids=[made[0].rule_id]))
    alb.delete_rule(models.DeleteRuleRequest(rule_id=made[1].rule_id))
    assert listed(alb, listener) == []


def test_rule_for_answers_is_listed_by_its_direction(alb: Client, listener: Listener) -> None:
    conditions = [{"Type": "ResponseStatusCode", "ResponseStatusCodeConfig": {"Values": ["500-503"]}}]
    actions = [{"Type": "RemoveHeader", "Order": 1, "RemoveHeaderConfig": {"Key": "x-a"}}]
    alb.create_rule(rule(listener, Direction="Response", RuleConditions=conditions, RuleActions=actions))
    assert len(listed(alb, listener, direction="Response")) == 1
    assert listed(alb, listener, direction="Request") == []


def test_wrong_rules_are_refused_with_the_documented_codes(alb: Client, listener: Listener) -> None:
    alb.create_rule(rule(listener))
    header = {"Key": "x-a", "Value": "b", "ValueType": "UserDefined"}
    after = [fixed(), {"Type": "InsertHeader", "Order": 2, "InsertHeaderConfig": header}]
    same = [fixed(), {**fixed(), "Type": "InsertHeader", "InsertHeaderConfig": header}]
    rewrite = [{"Type": "Rewrite", "Order": 1, "RewriteConfig": {"Path": "/x"}}, {**fixed(), "Order": 2}]
    cases: list[tuple[dict[str, Any], tuple[int, str]]] = [
        ({}, (400, "Conflict.Priority")),
        ({"priority": 2, "RuleActions": after}, (400, "IllegalParam.Order")),
        ({"priority": 2, "RuleActions": same}, (400, "IllegalParam.Order")),
        ({"priority": 2, "RuleActions": rewrite}, (400, "OperationDenied.RewriteMissingForwardGroup")),
        ({"priority": 2, "RuleName": "x"}, (400, "InvalidParameter.RuleName")),
        ({"priority": 2, "RuleConditions": [{"Type": "Path"}]}, (400, "MissingParameter.RuleConditions.1.PathConfig")),
    ]
    for given, expected in cases:
        assert refusal(alb.create_rule, rule(listener, **given)) == expected
    gone = models.DeleteRuleRequest(rule_id="rule-none")
    assert refusal(alb.delete_rule, gone) == (404, "ResourceNotFound.Rule")


def test_too_many_actions_of_a_basic_edition_are_told_as_its_quota(alb: Client) -> None:
    basic = make_load_balancer(product="ALB", edition="Basic")
    listener = make_listener(load_balancer_id=basic.pk, protocol="HTTP")
    values = [f"/{number}*" for number in range(6)]
    request = rule(
        listener,
        RuleConditions=[{"Type": "Path", "PathConfig": {"Values": values}}],
        RuleActions=[{"Type": "Redirect", "Order": 1, "RedirectConfig": {"Path": "/x"}}],
    )
    assert refusal(alb.create_rule, request) == (400, "QuotaExceeded.RuleWildcardsNum")
