"""Pages of alert rules, and time travel."""

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from access.actors import actor_of
from alerts.forecast.time_travel import checked_span, forecast
from alerts.forms.rules import RuleForm, SpanForm, initial_of_new_rule, initial_of_rule, usual_day
from alerts.models import AlertRule
from alerts.rules.scopes import rule_of
from alerts.rules.words import scope_words, steps_words, thresholds_words
from alerts.selectors.rules import alert_rules, is_of_certificates, preview, rule_by_id
from alerts.services.rules import create_rule, delete_rule, move_rule, update_rule
from console.errors import DomainError, InvalidInputError
from console.form_pages import Crumb, FormPage, attempt, show_form
from console.forms import add_domain_error
from console.revisions import revision_of

METHODS = ["GET", "HEAD", "POST"]
HELD_SHOWN = 20
MESSAGES_SHOWN = 100  # of a time travel; REST has them all
SERVICE_FIELDS = {"thresholds_hours": "thresholds", "steps": "to_0", "enabled": "mutes"}


def _row(rule: AlertRule) -> dict[str, object]:
    return {
        "rule": rule,
        "scope": scope_words(rule),
        "thresholds": thresholds_words(rule),
        "steps": steps_words(rule),
    }


@require_safe
def rule_list(request: HttpRequest) -> HttpResponse:
    """List the rules in the order in which they are asked."""
    rows = [_row(rule) for rule in alert_rules()]
    return render(request, "alerts/rule_list.html", {"rows": rows, "last": len(rows) - 1})


@require_safe
def rule_detail(request: HttpRequest, rule_id: str) -> HttpResponse:
    """Show a rule, what it decides on now and what it tells next."""
    rule = rule_by_id(rule_id)
    scope = rule_of(rule).scope
    shows = rule.enabled and is_of_certificates(scope)
    held = preview(rule_id, timezone.now(), HELD_SHOWN) if shows else None
    return render(request, "alerts/rule_detail.html", {**_row(rule), "preview": held})


@require_http_methods(METHODS)
def rule_create(request: HttpRequest) -> HttpResponse:
    """Create a rule."""
    form = RuleForm(request.POST or None, initial=initial_of_new_rule())
    if request.method == "POST":
        rule = attempt(form, lambda: create_rule(actor_of(request), **form.given()), SERVICE_FIELDS)
        if rule is not None:
            messages.success(request, _("The rule “%(name)s” is created.") % {"name": rule.name})
            return redirect("alert-rule-detail", rule_id=rule.pk)
    page = FormPage(_("Create alert rule"), _("Create"), *_above(), template="alerts/rule_form.html")
    return show_form(request, form, page)


@require_http_methods(METHODS)
def rule_edit(request: HttpRequest, rule_id: str) -> HttpResponse:
    """Change a rule."""
    rule = rule_by_id(rule_id)
    form = RuleForm(
        request.POST or None, initial=initial_of_rule(rule), steps=len(rule.steps.all()) + 1, is_default=rule.is_default
    )
    if request.method == "POST" and _saved(request, form, rule):
        messages.success(request, _("The rule “%(name)s” is saved.") % {"name": form.cleaned_data["name"]})
        return redirect("alert-rule-detail", rule_id=rule_id)
    url, crumbs = _above(rule)
    page = FormPage(_("Edit alert rule"), _("Save"), url, crumbs, template="alerts/rule_form.html")
    return show_form(request, form, page)


def _saved(request: HttpRequest, form: RuleForm, rule: AlertRule) -> bool:
    if not form.is_valid():
        return False
    try:
        update_rule(actor_of(request), rule.pk, expected_revision=form.cleaned_data["revision"], **form.given())
    except DomainError as error:
        add_domain_error(form, error, SERVICE_FIELDS)
        return False
    return True


@require_POST
def rule_move(request: HttpRequest, rule_id: str) -> HttpResponse:
    """Move a rule to another place."""
    text = request.POST.get("position", "")
    position = int(text) if text.isascii() and text.isdigit() and len(text) <= 4 else 0  # noqa: PLR2004
    try:
        rule = move_rule(actor_of(request), rule_id, position, expected_revision=revision_of(request))
    except InvalidInputError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("“%(name)s” is now rule %(place)s.") % {"name": rule.name, "place": rule.position})
    return redirect("alert-rule-list")


@require_POST
def rule_switch(request: HttpRequest, rule_id: str) -> HttpResponse:
    """Switch a rule on or off."""
    enabled = request.POST.get("enabled") == "1"
    rule = update_rule(actor_of(request), rule_id, expected_revision=revision_of(request), enabled=enabled)
    words = _("“%(name)s” is switched on.") if rule.enabled else _("“%(name)s” is switched off.")
    messages.success(request, words % {"name": rule.name})
    return redirect("alert-rule-detail", rule_id=rule_id)


@require_http_methods(METHODS)
def rule_delete(request: HttpRequest, rule_id: str) -> HttpResponse:
    """Ask before a rule is deleted."""
    rule = rule_by_id(rule_id)
    if request.method == "POST":
        delete_rule(actor_of(request), rule_id, expected_revision=revision_of(request))
        messages.success(request, _("The rule “%(name)s” is deleted.") % {"name": rule.name})
        return redirect("alert-rule-list")
    url, crumbs = _above(rule)
    note = _("What “%(name)s” holds is decided on by the rules after it from now on.") % {"name": rule.name}
    page = FormPage(_("Delete alert rule"), _("Delete"), url, crumbs, note, is_dangerous=True)
    return show_form(request, _RevisionForm(initial={"revision": rule.revision}), page)


class _RevisionForm(forms.Form):
    """Only what tells a click on an older page."""

    revision = forms.IntegerField(widget=forms.HiddenInput, required=False)


def _above(rule: AlertRule | None = None) -> tuple[str, tuple[Crumb, ...]]:
    url = reverse("alert-rule-list")
    above = (Crumb(_("Alert rules"), url),)
    if rule is None:
        return url, above
    own = reverse("alert-rule-detail", args=[rule.pk])
    return own, (*above, Crumb(rule.name, own))


@require_safe
def alert_forecast(request: HttpRequest) -> HttpResponse:
    """Show each message of another day, or of all until then, and whom it would reach."""
    now = timezone.now()
    asked = request.GET.dict() if "date" in request.GET else {"date": usual_day().isoformat()}
    form = SpanForm(asked)
    found = None
    if form.is_valid():
        try:
            found = forecast(*checked_span(*form.chosen(now), now), now)
        except InvalidInputError as error:
            form.add_error("date", str(error))
    messages_shown = found.messages[:MESSAGES_SHOWN] if found else []
    context = {
        "form": form,
        "found": found,
        "messages_shown": messages_shown,
        "left_out": len(found.messages) - len(messages_shown) if found else 0,
    }
    return render(request, "alerts/forecast.html", context, status=422 if form.errors else 200)
