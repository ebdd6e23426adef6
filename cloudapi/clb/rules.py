"""Forwarding rules of HTTP and HTTPS listeners."""

from typing import Any, cast

from cloudapi.clb.finding import BALANCER_ID, group_of, listener_of, rule_of
from cloudapi.clb.listener_fields import USE_FIELDS, use_values
from cloudapi.clb.product import PRODUCT
from cloudapi.clb.rule_answers import shown, shown_rules
from cloudapi.operations import Answer, Call
from cloudapi.wire.fields import integer, structs, switch, text, texts
from listeners.services.classic import (
    ClassicRuleFields,
    create_classic_rules,
    delete_classic_rules,
    update_classic_rule,
)

PORT = integer("ListenerPort", 1, 65_535, required=True)
PROTOCOL = text("ListenerProtocol", choices=("http", "https"))
RULE_ID = text("RuleId", required=True)
_MOST = 100
_NAMES = {"RuleName": "name", "Domain": "domain", "Url": "url", "VServerGroupId": "server_group_id"}
_CODES = {
    "server-group.of-another-load-balancer": "400 InvalidParameter",
    "listener.server-group-protocol": "400 InvalidParameter",
}


@PRODUCT.write(
    "CreateRules",
    BALANCER_ID,
    PORT,
    PROTOCOL,
    structs(
        "RuleList",
        text("RuleName", required=True),
        text("Domain"),
        text("Url"),
        text("VServerGroupId", required=True),
        most=_MOST,
        required=True,
    ),
    codes={**_CODES, "quota.exceeded": "400 TooManyRules"},
)
def create_rules(call: Call) -> Answer:
    """Create rules: all of them or, on any error, none. They use their server groups as the listener does its own."""
    listener = listener_of(call)
    wanted = []
    for rule in call.given["RuleList"]:
        group = group_of(call, rule["VServerGroupId"])
        fields = {_NAMES[name]: value for name, value in rule.items()}
        wanted.append(cast("ClassicRuleFields", {**fields, "server_group_id": group.pk}))
    created = create_classic_rules(call.actor, listener.pk, wanted)
    return {"Rules": {"Rule": [{"RuleId": row.pk, "RuleName": row.name} for row in created]}}


@PRODUCT.write(
    "SetRule",
    RULE_ID,
    text("VServerGroupId"),
    text("RuleName"),
    switch("ListenerSync"),
    *USE_FIELDS,
    codes=_CODES,
)
def set_rule(call: Call) -> None:
    """Change a rule; with ListenerSync off it uses its server group in a way of its own."""
    row = rule_of(call, call.given["RuleId"])
    fields: dict[str, Any] = {}
    if "RuleName" in call.given:
        fields["name"] = call.given["RuleName"]
    if group_id := call.given.get("VServerGroupId"):
        fields["server_group_id"] = group_of(call, group_id).pk
    if "ListenerSync" in call.given:
        fields["follows_listener"] = call.given["ListenerSync"]
    update_classic_rule(call.actor, row.pk, cast("ClassicRuleFields", {**fields, "settings": use_values(call)}))


@PRODUCT.read("DescribeRules", BALANCER_ID, PORT, PROTOCOL)
def describe_rules(call: Call) -> Answer:
    """List the rules of a listener in the order in which they are tried."""
    return {"Rules": {"Rule": shown_rules(listener_of(call))}}


@PRODUCT.read("DescribeRuleAttribute", RULE_ID)
def describe_rule(call: Call) -> Answer:
    """Show a rule."""
    row = rule_of(call, call.given["RuleId"])
    place = {"LoadBalancerId": row.listener.load_balancer_id, "ListenerPort": str(row.listener.port)}
    return {**shown([row])[0], **place}


@PRODUCT.write("DeleteRules", texts("RuleIds", most=_MOST, required=True))
def delete_rules(call: Call) -> None:
    """Delete rules, of one listener or of several: all of them or, on any error, none."""
    by_listener: dict[str, list[str]] = {}
    for rule_id in call.given["RuleIds"]:
        by_listener.setdefault(rule_of(call, rule_id).listener_id, []).append(rule_id)
    for listener_id, rule_ids in by_listener.items():
        delete_classic_rules(call.actor, listener_id, rule_ids)
