"""Pages of making and changing a forwarding rule. Every button submits, so the form works without a script."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from access.actors import actor_of
from console.errors import DomainError, StaleError
from console.forms import add_domain_error
from console.revisions import revision_of
from listeners import selectors
from listeners.forwarding.classic import classic_rule
from listeners.forwarding.rule import REQUEST, RESPONSE
from listeners.legality import group_protocols
from listeners.models import ForwardingRule, Listener, Product, ServerGroup
from listeners.pages.editing import Opened
from listeners.pages.frames import frame
from listeners.products import features_of
from listeners.rule_forms.rule import ClassicRuleForm, RuleBlocks, RuleForm, choices
from listeners.rule_warnings import rule_warnings
from listeners.selectors.forwarding_rules import parsed, rule_by_id, rules_of
from listeners.services.forwarding_rules import create_rules, update_rules
from listeners.services.rule_checks import refuse_without_requests

METHODS = ["GET", "HEAD", "POST"]
GROUPS_OFFERED = 300  # by name; any other can be typed


@require_http_methods(METHODS)
def rule_create(request: HttpRequest, listener_id: str) -> HttpResponse:
    """Insert a rule; ``direction`` is Request unless it is named."""
    listener = selectors.listener_by_id(listener_id)
    refuse_without_requests(listener)
    given = (request.POST if request.method == "POST" else request.GET).get("direction", REQUEST)
    direction = RESPONSE if given == RESPONSE and features_of(listener.load_balancer).response_rules else REQUEST
    return _edit(request, listener, None, direction)


@require_http_methods(METHODS)
def rule_edit(request: HttpRequest, listener_id: str, rule_id: str) -> HttpResponse:
    """Change a rule."""
    listener = selectors.listener_by_id(listener_id)
    row = rule_by_id(listener, rule_id)
    return _edit(request, listener, row, row.direction)


def _edit(request: HttpRequest, listener: Listener, row: ForwardingRule | None, direction: str) -> HttpResponse:
    if listener.load_balancer.product == Product.CLB:
        return _edit_classic(request, listener, row)
    context = _context(listener, row, direction)
    if request.method != "POST":
        initial = {"name": row.name, "priority": row.priority} if row else {}
        blocks = RuleBlocks.stored(row) if row else RuleBlocks.fresh(direction)
        return _page(request, context | {"form": RuleForm(initial=initial), "blocks": blocks})
    go = request.POST.get("go", "save")
    if go != "save":
        typed = {"form": RuleForm.typed(request.POST), "blocks": RuleBlocks.typed(request.POST, go)}
        return _page(request, context | typed | _sent_revision(request))
    form, blocks = RuleForm(request.POST), RuleBlocks.sent(request.POST)
    context |= {"form": form, "blocks": blocks} | _sent_revision(request)
    if not blocks.is_valid() or not form.is_valid():
        form.is_valid()
        return _page(request, context, status=422)
    fields = {"name": form.cleaned_data["name"], "direction": direction, **blocks.as_json()}
    if form.cleaned_data["priority"]:
        fields["priority"] = form.cleaned_data["priority"]
    return _save(request, context, fields)


def _edit_classic(request: HttpRequest, listener: Listener, row: ForwardingRule | None) -> HttpResponse:
    context = _context(listener, row, REQUEST) | {"is_classic": True}
    if request.method != "POST":
        stored = classic_rule(parsed(row)) if row else None
        initial = {name: getattr(stored, name) for name in ClassicRuleForm.base_fields} if stored else {}
        return _page(request, context | {"form": ClassicRuleForm(initial=initial)})
    form = ClassicRuleForm(request.POST)
    context |= {"form": form} | _sent_revision(request)
    if not form.is_valid():
        return _page(request, context, status=422)
    return _save(request, context, dict(form.cleaned_data))


def _save(request: HttpRequest, context: dict[str, Any], fields: dict[str, Any]) -> HttpResponse:
    listener, row, form = context["listener"], context["rule"], context["form"]
    values: Any = fields
    try:
        if row is None:
            (saved,) = create_rules(actor_of(request), listener.pk, [values])
        else:
            revision = revision_of(request)
            (saved,) = update_rules(actor_of(request), listener.pk, {row.pk: values}, expected_rule_revision=revision)
    except DomainError as error:
        blocks = context.get("blocks")
        if blocks is None or not blocks.refuse(error):
            add_domain_error(form, error)
        if isinstance(error, StaleError):
            context |= {"opened": Opened(rule_by_id(listener, row.pk).revision, {})}
        return _page(request, context, status=error.status)
    messages.success(request, _("Rule “%(name)s” is saved.") % {"name": saved})
    for warning in rule_warnings(parsed(each) for each in rules_of(listener)):
        messages.warning(request, warning.message)
    return redirect("rule-list", listener_id=listener.pk)


def _context(listener: Listener, row: ForwardingRule | None, direction: str) -> dict[str, Any]:
    features = features_of(listener.load_balancer)
    protocols = group_protocols(listener.load_balancer.product, listener.protocol)
    names = ServerGroup.objects.filter(protocol__in=protocols).order_by("name").values_list("name", flat=True)
    return frame(listener, "rules") | {
        "rule": row,
        "direction": direction,
        "is_classic": False,
        "opened": Opened(row.revision, {}) if row else None,
        "condition_choices": choices("condition", features.rule_conditions, direction),
        "action_choices": choices("action", features.rule_actions, direction),
        "group_names": list(names[:GROUPS_OFFERED]),
    }


def _sent_revision(request: HttpRequest) -> dict[str, Any]:
    """Keep the revision that the form was opened with, however often it is sent."""
    revision = revision_of(request)
    return {} if revision is None else {"opened": Opened(revision, {})}


def _page(request: HttpRequest, context: dict[str, Any], status: int = 200) -> HttpResponse:
    return render(request, "listeners/rules/form.html", context, status=status)
