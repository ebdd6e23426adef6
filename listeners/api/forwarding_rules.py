"""REST: the forwarding rules of listeners, and trying a request on them."""

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Router, Status

from access.actors import actor_of
from access.rest import WarningOut, expected_revision, with_etag
from listeners import selectors
from listeners.forwarding.matching import Answer, Headers
from listeners.forwarding.outcome import ChangedAnswer, Outcome
from listeners.forwarding.rule import as_json
from listeners.models import ForwardingRule, Listener
from listeners.rule_warnings import rule_warnings
from listeners.schemas.forwarding_rules import (
    AnswerOut,
    DefaultRuleOut,
    GroupShareOut,
    HeaderValue,
    RuleIds,
    RuleOrder,
    RuleOut,
    RulePatch,
    RulesIn,
    RulesOut,
    RulesPatch,
    SentOut,
    TrialIn,
    TrialOut,
)
from listeners.selectors.forwarding_rules import parsed, rule_by_id, rules_of
from listeners.services.forwarding_rules import create_rules, delete_rules, order_rules, update_rules
from listeners.services.rule_checks import refuse_without_requests
from listeners.trials import Trial, checked_status, request_from, try_request

router = Router(tags=["forwarding rules"])


@router.get("/listeners/{listener_id}/rules", response=RulesOut, operation_id="listRules")
def list_rules(request: HttpRequest, response: HttpResponse, listener_id: str) -> RulesOut:
    """List the rules of a listener in the order in which they are tried; the ETag is the listener's."""
    listener = selectors.listener_by_id(listener_id)
    refuse_without_requests(listener)
    return _shown(response, listener, rules_of(listener))


@router.post("/listeners/{listener_id}/rules", response={201: RulesOut}, operation_id="createRules")
def create(request: HttpRequest, response: HttpResponse, listener_id: str, body: RulesIn) -> Status[RulesOut]:
    """Create rules, all or none; the answer shows them."""
    fields: list[Any] = [rule.model_dump(exclude_unset=True) for rule in body.rules]
    made = create_rules(actor_of(request), listener_id, fields, expected_revision=expected_revision(request))
    return Status(201, _changed(response, listener_id, made))


@router.patch("/listeners/{listener_id}/rules", response=RulesOut, operation_id="updateRules")
def update_several(request: HttpRequest, response: HttpResponse, listener_id: str, body: RulesPatch) -> RulesOut:
    """Change the fields that are sent of several rules, all or none; the answer shows them."""
    changed: dict[str, Any] = {rule.id: rule.model_dump(exclude_unset=True, exclude={"id"}) for rule in body.rules}
    made = update_rules(actor_of(request), listener_id, changed, expected_revision=expected_revision(request))
    return _changed(response, listener_id, made)


@router.put("/listeners/{listener_id}/rules/order", response=RulesOut, operation_id="orderRules")
def order(request: HttpRequest, response: HttpResponse, listener_id: str, body: RuleOrder) -> RulesOut:
    """Try the rules of one direction in this order; they share out the priorities that they had."""
    revision = expected_revision(request)
    made = order_rules(
        actor_of(request), listener_id, body.rule_ids, direction=body.direction, expected_revision=revision
    )
    return _changed(response, listener_id, made)


@router.post("/listeners/{listener_id}/rules/deletion", response={204: None}, operation_id="deleteRules")
def delete_several(request: HttpRequest, listener_id: str, body: RuleIds) -> Status[None]:
    """Delete several rules, all or none."""
    delete_rules(actor_of(request), listener_id, body.rule_ids, expected_revision=expected_revision(request))
    return Status(204, None)


@router.post("/listeners/{listener_id}/rules/trial", response=TrialOut, operation_id="tryRequest")
def try_one(request: HttpRequest, listener_id: str, body: TrialIn) -> TrialOut:
    """Tell which rule would answer a request, and what would happen; nothing is sent."""
    listener = selectors.listener_by_id(listener_id)
    headers, cookies = _pairs(body.headers), _pairs(body.cookies)
    tried = request_from(body.method, body.url, headers, cookies, body.source_ip)
    answer = Answer(checked_status(body.answer.status), _pairs(body.answer.headers)) if body.answer else None
    return _trial(try_request(listener, tried, answer))


@router.get("/listeners/{listener_id}/rules/{rule_id}", response=RuleOut, operation_id="getRule")
def get_rule(request: HttpRequest, response: HttpResponse, listener_id: str, rule_id: str) -> ForwardingRule:
    """Show a rule."""
    return with_etag(response, rule_by_id(selectors.listener_by_id(listener_id), rule_id))


@router.patch("/listeners/{listener_id}/rules/{rule_id}", response=RuleOut, operation_id="updateRule")
def update_one(
    request: HttpRequest, response: HttpResponse, listener_id: str, rule_id: str, body: RulePatch
) -> ForwardingRule:
    """Change the fields that are sent of a rule; If-Match names the rule's revision."""
    fields: Any = body.model_dump(exclude_unset=True)
    revision = expected_revision(request)
    (row,) = update_rules(actor_of(request), listener_id, {rule_id: fields}, expected_rule_revision=revision)
    return with_etag(response, row)


@router.delete("/listeners/{listener_id}/rules/{rule_id}", response={204: None}, operation_id="deleteRule")
def delete_one(request: HttpRequest, listener_id: str, rule_id: str) -> Status[None]:
    """Delete a rule; its requests go on to the next rule that takes them."""
    delete_rules(actor_of(request), listener_id, [rule_id], expected_rule_revision=expected_revision(request))
    return Status(204, None)


def _changed(response: HttpResponse, listener_id: str, made: Sequence[ForwardingRule]) -> RulesOut:
    return _shown(response, selectors.listener_by_id(listener_id), made)


def _shown(response: HttpResponse, listener: Listener, shown: Sequence[ForwardingRule]) -> RulesOut:
    with_etag(response, listener)
    warnings = rule_warnings(parsed(row) for row in rules_of(listener))
    return RulesOut(
        items=[RuleOut.from_orm(row) for row in shown],
        default_rule=DefaultRuleOut(server_group_id=listener.server_group_id, redirect_port=listener.redirect_port),
        warnings=[WarningOut(code=each.code, message=each.message) for each in warnings],
    )


def _pairs(headers: Sequence[HeaderValue]) -> Headers:
    return tuple((each.name, each.value) for each in headers)


def _headers(headers: Headers) -> list[HeaderValue]:
    return [HeaderValue(name=name, value=value) for name, value in headers]


def _trial(trial: Trial) -> TrialOut:
    outcome = trial.outcome
    action = "Redirect" if outcome.location else "FixedResponse" if outcome.fixed else "ForwardGroup"
    limit = outcome.limit
    return TrialOut(
        rule_id=outcome.rule.id if outcome.rule else None,
        rule_name=outcome.rule.name if outcome.rule else "",
        action=action,
        sent=_sent(outcome),
        groups=_shares(outcome),
        sticky_seconds=outcome.sticky_seconds,
        mirror_group_id=outcome.mirror_group_id,
        requests_per_second=limit.qps if limit else 0,
        requests_per_second_of_one_address=limit.per_ip_qps if limit else 0,
        redirect_code=outcome.redirect_code,
        location=outcome.location,
        fixed_response=next(iter(as_json([outcome.fixed])), None) if outcome.fixed else None,
        cors=next(iter(as_json([outcome.cors])), None) if outcome.cors else None,
        answer=_answer(trial.answer),
    )


def _sent(outcome: Outcome) -> SentOut | None:
    sent = outcome.sent
    if sent is None:
        return None
    return SentOut(method=sent.method, host=sent.authority, target=sent.target, headers=_headers(sent.headers))


def _shares(outcome: Outcome) -> list[GroupShareOut]:
    total = outcome.total_weight or 1
    return [
        GroupShareOut(
            server_group_id=group.server_group_id, weight=group.weight, percent=round(100 * group.weight / total, 1)
        )
        for group in outcome.groups
    ]


def _answer(changed: ChangedAnswer | None) -> AnswerOut | None:
    if changed is None:
        return None
    return AnswerOut(
        rule_id=changed.rule.id,
        status=changed.answer.status,
        headers=_headers(changed.answer.headers),
        content=changed.fixed.content if changed.fixed else None,
    )
