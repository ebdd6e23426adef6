"""Forms of alert rules, and of the span that time travel shows."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from alerts.kinds import KINDS
from alerts.models import AlertRule, ContactGroup
from alerts.rules.expiry import THRESHOLDS_HOURS
from alerts.rules.fields import MOST_STEPS, StepInput
from alerts.rules.thresholds import LONGEST_HOURS, parse_thresholds, written
from certificates.models import Kind
from console.forms import StyledForm, style_field
from listeners.models import Product

# A form offers so many steps; a rule that has more shows them all.
STEPS_OFFERED = 3
TO_OWNER = "owner"


class RuleForm(StyledForm):
    """An alert rule: what it holds, when it tells, and whom."""

    name = forms.CharField(label=_("Name"), max_length=128, help_text=_("Such as “Shop, the team on call”."))
    subject_kinds = forms.MultipleChoiceField(
        label=_("Subjects"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None selected: every kind."),
    )
    certificate_kinds = forms.MultipleChoiceField(
        label=_("Certificates for"),
        required=False,
        choices=Kind.choices,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None selected: all."),
    )
    tag_key = forms.CharField(label=_("Tag"), max_length=64, required=False)
    tag_value = forms.CharField(
        label=_("Value of the tag"), max_length=128, required=False, help_text=_("Empty: whatever the tag’s value.")
    )
    owner = forms.CharField(
        label=_("Owner"),
        max_length=200,
        required=False,
        help_text=_("Of the certificate, or of the address outside."),
    )
    product = forms.ChoiceField(label=_("Used by a"), required=False)
    listener_id = forms.CharField(
        label=_("Used by the listener"),
        max_length=64,
        required=False,
        help_text=_("Its identifier, which begins with lsn-."),
    )
    only_unused = forms.BooleanField(label=_("Only certificates that nothing uses"), required=False)
    mutes = forms.BooleanField(label=_("Mute: tell nobody of what this rule holds"), required=False)
    thresholds = forms.CharField(
        label=_("Told before the end"),
        max_length=1000,
        required=False,
        initial=written(THRESHOLDS_HOURS),
        help_text=_(
            "Days or hours, such as 30d, 7d, 12h; 0 is the end itself. What lives for less than 45 days is told at "
            "a quarter, an eighth and a 24th of its life instead, and failures as soon as they are found."
        ),
    )
    revision = forms.IntegerField(widget=forms.HiddenInput, required=False)
    scope_fields = (
        "subject_kinds",
        "certificate_kinds",
        "tag_key",
        "tag_value",
        "owner",
        "product",
        "listener_id",
        "only_unused",
    )

    def __init__(self, *args: Any, steps: int = STEPS_OFFERED, is_default: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in _step_fields(min(max(steps, STEPS_OFFERED), MOST_STEPS)).items():
            style_field(field)
            self.fields[name] = field
        if is_default:
            for scope_field in self.scope_fields:
                del self.fields[scope_field]
            return
        self.fields["subject_kinds"].choices = [(name, kind.noun) for name, kind in KINDS.items()]  # type: ignore[attr-defined]
        self.fields["product"].choices = [("", _("any product, or none")), *Product.choices]  # type: ignore[attr-defined]

    @property
    def step_rows(self) -> Iterator[tuple[forms.BoundField, forms.BoundField]]:
        """The fields of each step: whom, and after how many hours."""
        for number in range(MOST_STEPS):
            if f"to_{number}" in self.fields:
                yield self[f"to_{number}"], self[f"after_{number}"]

    def given(self) -> dict[str, Any]:
        """Return what the service takes; raise InvalidInputError for thresholds that are none."""
        data = self.cleaned_data
        fields = {name: data[name] for name in ("name", *self.scope_fields, "mutes") if name in data}
        thresholds = data["thresholds"].strip()
        hours = list(parse_thresholds(thresholds)) if thresholds or not data["mutes"] else []
        return {**fields, "thresholds_hours": hours, "steps": list(self._steps())}

    def _steps(self) -> Iterator[StepInput]:
        for whom, after in self.step_rows:
            to = self.cleaned_data[whom.name]
            hours = self.cleaned_data[after.name] or 0
            if to:
                yield StepInput(hours, "" if to == TO_OWNER else to, to_owner=to == TO_OWNER)


def _step_fields(count: int) -> dict[str, forms.Field]:
    groups = ContactGroup.objects.order_by("name").values_list("pk", "name")
    choices = [("", _("nobody else")), (TO_OWNER, _("the certificate’s owner")), *groups]
    fields: dict[str, forms.Field] = {}
    for number in range(count):
        fields[f"to_{number}"] = forms.ChoiceField(label=_("Tell"), choices=choices, required=False)
        fields[f"after_{number}"] = forms.IntegerField(
            label=_("after hours"), min_value=0, max_value=LONGEST_HOURS, required=False
        )
    return fields


def initial_of_new_rule() -> dict[str, Any]:
    """Return what the form proposes: that the default group is told at once."""
    return {"to_0": ContactGroup.objects.filter(is_default=True).values_list("pk", flat=True).first()}


def initial_of_rule(rule: AlertRule) -> dict[str, Any]:
    """Return what the form shows of a stored rule."""
    shown = {name: getattr(rule, name) for name in ("name", *RuleForm.scope_fields, "mutes", "revision")}
    for number, step in enumerate(rule.steps.all()):
        shown[f"to_{number}"] = TO_OWNER if step.to_owner else step.group_id
        shown[f"after_{number}"] = step.after_hours
    return shown | {"thresholds": written(rule.thresholds_hours)}


class SpanForm(StyledForm):
    """The day that time travel goes to, and whether what comes before it is shown, too."""

    date = forms.DateField(label=_("Day (UTC)"), widget=forms.DateInput(attrs={"type": "date"}))
    span = forms.ChoiceField(
        label=_("Show"), required=False, choices=(("", _("that day")), ("until", _("everything from now until then")))
    )

    def chosen(self, now: dt.datetime) -> tuple[dt.datetime, dt.datetime]:
        """Return when the span begins and ends."""
        midnight = dt.datetime.combine(self.cleaned_data["date"], dt.time(), dt.UTC)
        return (now if self.cleaned_data["span"] else midnight), midnight + dt.timedelta(days=1)


def usual_day() -> dt.date:
    """Return the day that time travel shows first: a week from now."""
    return (timezone.now() + dt.timedelta(days=7)).date()
