"""The tester: enter a request, see which rule answers and what happens. Nothing is sent."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from console.errors import DomainError
from console.forms import StyledForm, add_domain_error
from listeners import selectors
from listeners.forwarding.actions import ForwardGroup
from listeners.forwarding.conditions import METHODS
from listeners.forwarding.matching import Answer, Headers
from listeners.models import Listener
from listeners.pages.frames import frame
from listeners.rule_forms.blocks import LinesField, PairsField
from listeners.rule_words import limit_words, told_groups
from listeners.selectors.forwarding_rules import group_names
from listeners.services.rule_checks import refuse_without_requests
from listeners.trials import Trial, checked_status, request_from, try_request


class HeadersField(LinesField):
    """Headers, one in each line: ``Name: value``."""

    def clean(self, value: Any) -> list[Any]:
        """Return name and value of each line. Raises ValidationError for a line without a colon."""
        lines = super().clean(value)
        if any(":" not in line for line in lines):
            raise forms.ValidationError(_("Write “Name: value” in each line."))
        return [tuple(map(str.strip, line.split(":", 1))) for line in lines]


class TrialForm(StyledForm):
    """The request, and perhaps the answer."""

    method = forms.ChoiceField(label=_("Method"), choices=[(each, each) for each in METHODS], initial="GET")
    url = forms.CharField(label=_("URL"), max_length=8192, help_text=_("As https://www.example.com/path?query."))
    headers = HeadersField(label=_("Headers"), required=False, help_text=_("Name: value, one in each line."))
    cookies = PairsField(label=_("Cookies"), required=False, help_text=_("name=value, one in each line."))
    source_ip = forms.CharField(label=_("Source address"), max_length=45, initial="192.0.2.1")
    answer_status = forms.IntegerField(
        label=_("Status of the server's answer"), required=False, help_text=_("To see what rules for answers do.")
    )
    answer_headers = HeadersField(
        label=_("Headers of the answer"), required=False, help_text=_("Name: value, one in each line.")
    )

    @property
    def cookie_pairs(self) -> Headers:
        """The cookies that were typed."""
        return tuple((pair["key"], pair["value"]) for pair in self.cleaned_data["cookies"])


@require_safe
def rule_trial(request: HttpRequest, listener_id: str) -> HttpResponse:
    """Show the form, and once a URL is given what becomes of the request; its address can be passed on."""
    listener = selectors.listener_by_id(listener_id)
    refuse_without_requests(listener)
    context = frame(listener, "rules")
    if "url" not in request.GET:
        example = "https" if context["is_encrypted"] else "http"
        form = TrialForm(initial={"url": f"{example}://www.example.com/"})
        return render(request, "listeners/rules/trial.html", context | {"form": form})
    form = TrialForm(request.GET)
    if form.is_valid():
        try:
            context |= _tried(listener, form)
        except DomainError as error:
            add_domain_error(form, error, {"answer.status": "answer_status"})
    status = 422 if form.errors else 200
    return render(request, "listeners/rules/trial.html", context | {"form": form}, status=status)


def _tried(listener: Listener, form: TrialForm) -> dict[str, Any]:
    typed = form.cleaned_data
    asked = request_from(typed["method"], typed["url"], tuple(typed["headers"]), form.cookie_pairs, typed["source_ip"])
    answer = None
    if typed["answer_status"] is not None or typed["answer_headers"]:
        status = 200 if typed["answer_status"] is None else typed["answer_status"]
        answer = Answer(checked_status(status), tuple((name.lower(), value) for name, value in typed["answer_headers"]))
    trial = try_request(listener, asked, answer)
    return {"trial": trial, "answer_given": answer, **_told(listener, trial)}


def _told(listener: Listener, trial: Trial) -> dict[str, Any]:
    outcome = trial.outcome
    names = group_names([outcome.rule] if outcome.rule else [], listener)
    return {
        "groups": told_groups(ForwardGroup(outcome.groups), names),
        "mirror_name": names.get(outcome.mirror_group_id, ""),
        "limit": limit_words(outcome.limit) if outcome.limit else "",
        "changed_headers": _changed_headers(trial),
    }


def _changed_headers(trial: Trial) -> list[tuple[str, str, str]]:
    """Return name, value before and value after of the headers that differ."""
    if trial.outcome.sent is None:
        return []
    before, after = dict(trial.request.headers), dict(trial.outcome.sent.headers)
    lower = {name.lower(): value for name, value in after.items()}
    keys = dict.fromkeys((*before, *lower))
    return [(key, before.get(key, ""), lower.get(key, "")) for key in keys if before.get(key) != lower.get(key)]
