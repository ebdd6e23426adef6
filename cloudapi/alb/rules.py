"""Forwarding rules of ALB."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from cloudapi.alb.listeners import LISTENER_ID, listener_of
from cloudapi.alb.product import ALB, job
from cloudapi.alb.rule_parts import (
    action_words,
    actions_field,
    condition_words,
    conditions_field,
    read_actions,
    read_conditions,
)
from cloudapi.errors import CloudError
from cloudapi.extras import drop_extras, extras_of, set_extras
from cloudapi.listener_words import listener_pk
from cloudapi.lists import TAG, TAG_FILTER, page, paging, with_ids
from cloudapi.operations import Answer, Call
from cloudapi.tagging import kept_with_tags, tag_list
from cloudapi.wire.fields import Field, integer, structs, text, texts
from console.ids import is_id
from listeners.models import ForwardingRule, Product
from listeners.services.forwarding_rules import RuleFields, create_rules, delete_rules, update_rules

KIND = "forwarding_rule"
_DIRECTION = text("Direction", choices=("Request", "Response"))
_RULE_ID = text("RuleId", required=True)


def _rule_fields(*, is_new: bool) -> tuple[Field, ...]:
    """Return what is given of a rule."""
    return (
        text("RuleName", low=2, high=128, required=is_new),
        integer("Priority", 1, 10_000, required=is_new),
        conditions_field(required=is_new),
        actions_field(required=is_new),
    )


def _read(given: Mapping[str, Any]) -> RuleFields:
    fields: dict[str, Any] = {
        ours: given[theirs]
        for theirs, ours in (("RuleName", "name"), ("Priority", "priority"), ("Direction", "direction"))
        if theirs in given
    }
    if "RuleConditions" in given:
        fields["conditions"] = read_conditions(given["RuleConditions"])
    if "RuleActions" in given:
        fields["actions"] = read_actions(given["RuleActions"])
    return cast("RuleFields", fields)


def _keep(row_id: str, given: Mapping[str, Any]) -> None:
    """Keep what is the clients' own: the numbers of the actions, and tags."""
    kept: dict[str, Any] = {}
    if "RuleActions" in given:
        kept["Orders"] = sorted(each["Order"] for each in given["RuleActions"])
    if "Tag" in given:
        kept["Tags"] = {tag["Key"]: tag.get("Value", "") for tag in given["Tag"]}
    set_extras(KIND, row_id, kept)


def _create(call: Call, rules: Sequence[Mapping[str, Any]]) -> list[ForwardingRule]:
    made = create_rules(call.actor, listener_of(call).pk, [_read(each) for each in rules])
    for row, given in zip(made, rules, strict=True):
        _keep(row.pk, given)
    return made


@ALB.write("CreateRule", LISTENER_ID, *_rule_fields(is_new=True), _DIRECTION, TAG, job=job("rule", "Create", "RuleId"))
def create_rule(call: Call) -> Answer:
    """Create a rule; requests follow it as soon as the nodes have."""
    return {"RuleId": _create(call, [call.given])[0].pk}


@ALB.write(
    "CreateRules",
    LISTENER_ID,
    structs("Rules", *_rule_fields(is_new=True), _DIRECTION, TAG, required=True, most=100),
    job=job("rule", "Create", "ListenerId"),
)
def create_many(call: Call) -> Answer:
    """Create rules: all of them, or none."""
    made = _create(call, call.given["Rules"])
    return {"RuleIds": [{"RuleId": row.pk, "Priority": row.priority} for row in made]}


def _rows(rule_ids: Sequence[str]) -> list[ForwardingRule]:
    """Return the named rules of ALB, in their order; refuse one that is none."""
    rows = ForwardingRule.objects.select_related("listener__load_balancer")
    found = rows.filter(listener__load_balancer__product=Product.ALB).in_bulk([i for i in rule_ids if is_id(i)])
    for rule_id in rule_ids:
        if rule_id not in found:
            raise CloudError("ResourceNotFound.Rule", f"There is no rule {rule_id[:64]}.", 404)
    return [found[rule_id] for rule_id in dict.fromkeys(rule_ids)]


def _update(call: Call, changes: Mapping[str, Mapping[str, Any]]) -> None:
    listeners = {row.listener_id for row in _rows(list(changes))}
    if len(listeners) > 1:
        raise CloudError("OperationDenied.ListenerIdInconsistent", "The rules are of several listeners.")
    update_rules(call.actor, listeners.pop(), {rule_id: _read(given) for rule_id, given in changes.items()})
    for rule_id, given in changes.items():
        _keep(rule_id, given)


@ALB.write("UpdateRuleAttribute", _RULE_ID, *_rule_fields(is_new=False), job=job("rule", "Update", "RuleId"))
def update_rule(call: Call) -> None:
    """Change a rule; what is not given stays."""
    _update(call, {call.given["RuleId"]: call.given})


@ALB.write(
    "UpdateRulesAttribute",
    structs("Rules", _RULE_ID, *_rule_fields(is_new=False), required=True, most=100),
    job=job("rule", "Update", ""),
)
def update_many(call: Call) -> None:
    """Change rules of one listener: all of them, or none."""
    _update(call, {each["RuleId"]: each for each in call.given["Rules"]})


@ALB.write("DeleteRule", _RULE_ID, job=job("rule", "Delete", "RuleId"))
def delete_rule(call: Call) -> None:
    """Delete a rule; its requests go on to the next rule that takes them."""
    _delete(call, [call.given["RuleId"]])


@ALB.write("DeleteRules", texts("RuleIds", required=True, most=100), job=job("rule", "Delete", ""))
def delete_many(call: Call) -> None:
    """Delete rules of one load balancer: all of them, or none."""
    _delete(call, call.given["RuleIds"])


def _delete(call: Call, rule_ids: Sequence[str]) -> None:
    rows = _rows(rule_ids)
    if len({row.listener.load_balancer_id for row in rows}) > 1:
        raise CloudError("OperationDenied.CrossLoadBalancerRules", "The rules are of several load balancers.")
    for listener_id in dict.fromkeys(row.listener_id for row in rows):
        own = [row.pk for row in rows if row.listener_id == listener_id]
        delete_rules(call.actor, listener_id, own)
        drop_extras(KIND, own)


@ALB.read(
    "ListRules",
    texts("RuleIds", most=20),
    texts("ListenerIds", most=20),
    texts("LoadBalancerIds", most=20),
    _DIRECTION,
    TAG_FILTER,
    *paging(),
)
def list_rules(call: Call) -> Answer:
    """List rules by listener, direction and priority; a listener's default rule is none of them."""
    given = call.given
    rows = ForwardingRule.objects.filter(listener__load_balancer__product=Product.ALB).select_related("listener")
    rows = with_ids(rows, "pk", given.get("RuleIds", []))
    rows = with_ids(rows, "listener_id", [listener_pk(each) for each in given.get("ListenerIds", [])])
    rows = with_ids(rows, "listener__load_balancer_id", given.get("LoadBalancerIds", []))
    if "Direction" in given:
        rows = rows.filter(direction=given["Direction"])
    if given.get("Tag"):
        rows = rows.filter(pk__in=kept_with_tags(KIND, given["Tag"]))
    found, told = page(call, rows, ("listener_id", "direction", "priority"))
    extras = extras_of(KIND, [row.pk for row in found])
    return {"Rules": [_told(row, extras[row.pk]) for row in found], **told}


def _told(row: ForwardingRule, extra: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "RuleId": row.pk,
        "RuleName": row.name,
        "ListenerId": row.listener_id,
        "LoadBalancerId": row.listener.load_balancer_id,
        "Priority": row.priority,
        "Direction": row.direction,
        "RuleStatus": "Available",
        "RuleConditions": condition_words(row.conditions),
        "RuleActions": action_words(row.actions, extra.get("Orders", ())),
        "Tags": tag_list(extra.get("Tags", {})),
    }
