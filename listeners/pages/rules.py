"""Pages of a listener's forwarding rules: the list, their order, and deleting one."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from access.actors import actor_of
from console.errors import DomainError
from console.revisions import revision_of
from listeners import limits, selectors
from listeners.forwarding.rule import REQUEST, RESPONSE
from listeners.forwarding.shadows import unreachable
from listeners.models import ForwardingRule, Listener, Product
from listeners.pages.editing import Opened
from listeners.pages.frames import frame
from listeners.rule_words import told_rule
from listeners.selectors.forwarding_rules import group_names, parsed, rule_by_id, rules_of
from listeners.services.forwarding_rules import delete_rules, order_rules
from listeners.services.rule_checks import refuse_without_requests


@require_safe
def rule_list(request: HttpRequest, listener_id: str) -> HttpResponse:
    """List the rules in the order in which they are tried; the default rule is the last."""
    listener = selectors.listener_by_id(listener_id)
    refuse_without_requests(listener)
    return render(request, "listeners/rules/list.html", _list(listener))


def _list(listener: Listener) -> dict[str, Any]:
    rules = [parsed(row) for row in rules_of(listener)]
    names = group_names(rules, listener)
    before = {rule.id: earlier for rule, earlier in unreachable(rules)}
    limit = limits.limit_for(listener.load_balancer, "rules")
    told = [(told_rule(rule, names), before.get(rule.id)) for rule in rules]
    return frame(listener, "rules") | {
        "requests": [each for each in told if each[0].rule.direction == REQUEST],
        "answers": [each for each in told if each[0].rule.direction == RESPONSE],
        "is_classic": listener.load_balancer.product == Product.CLB,
        "default_group": names.get(listener.server_group_id or ""),
        "used": _used(listener),
        "limit": limit.value,
    }


def _used(listener: Listener) -> int:
    """Return how many rules count for the limit."""
    if listener.load_balancer.product == Product.CLB:
        return ForwardingRule.objects.filter(listener=listener).count()
    return ForwardingRule.objects.filter(listener__load_balancer=listener.load_balancer_id).count()


@require_POST
def rule_move(request: HttpRequest, listener_id: str) -> HttpResponse:
    """Move a rule one place: ``move`` is ``up-<rule>`` or ``down-<rule>``."""
    listener = selectors.listener_by_id(listener_id)
    verb, _dash, rule_id = request.POST.get("move", "").partition("-")
    row = rule_by_id(listener, rule_id)
    ids = [each.pk for each in rules_of(listener) if each.direction == row.direction]
    place = ids.index(row.pk)
    other = place - 1 if verb == "up" else place + 1
    if 0 <= other < len(ids):
        ids[place], ids[other] = ids[other], ids[place]
    try:
        order_rules(
            actor_of(request),
            listener.pk,
            ids,
            direction=row.direction,
            expected_revision=revision_of(request),
        )
    except DomainError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("Rule “%(name)s” has another place.") % {"name": row})
    return redirect("rule-list", listener_id=listener.pk)


@require_http_methods(["GET", "HEAD", "POST"])
def rule_delete(request: HttpRequest, listener_id: str, rule_id: str) -> HttpResponse:
    """Delete a rule after a question."""
    listener = selectors.listener_by_id(listener_id)
    row = rule_by_id(listener, rule_id)
    context = _question(listener, row)
    if request.method != "POST":
        return render(request, "listeners/rules/delete.html", context)
    try:
        delete_rules(actor_of(request), listener.pk, [row.pk], expected_rule_revision=revision_of(request))
    except DomainError as error:
        return render(request, "listeners/rules/delete.html", context | {"error": error}, status=error.status)
    messages.success(request, _("Rule “%(name)s” is deleted.") % {"name": row})
    return redirect("rule-list", listener_id=listener.pk)


def _question(listener: Listener, row: ForwardingRule) -> dict[str, Any]:
    rule = parsed(row)
    return frame(listener, "rules") | {
        "rule": row,
        "told": told_rule(rule, group_names([rule], listener)),
        "opened": Opened(row.revision, {}),
    }
