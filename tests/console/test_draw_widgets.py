"""Fields of forms look as Django's own templates draw them."""

import re

import pytest
from django import forms
from django.forms.renderers import DjangoTemplates

from console.widgets import WidgetRenderer

HOSTILE = "<b>\"&' ü"
CHOICES = [("", "none"), (HOSTILE, HOSTILE), ("group", [("1", "one"), (2, "two")])]
WIDGETS: list[forms.Widget] = [
    forms.TextInput({"placeholder": HOSTILE, "required": True, "hidden": False}),
    forms.NumberInput(),
    forms.PasswordInput(),
    forms.HiddenInput(),
    forms.DateInput({"type": "date"}),
    forms.Textarea({"rows": 3}),
    forms.CheckboxInput(),
    forms.Select({"class": "form-select"}, CHOICES),
    forms.SelectMultiple({}, CHOICES),
    forms.RadioSelect({}, CHOICES),
    forms.CheckboxSelectMultiple({}, CHOICES),
    forms.ClearableFileInput(),
]


def _without_space(html: str) -> str:
    return re.sub(r"\s*\n\s*", "", html)


@pytest.mark.parametrize("widget", WIDGETS, ids=lambda widget: type(widget).__name__)
@pytest.mark.parametrize("value", [None, "", HOSTILE, "2", 7])
def test_a_widget_is_drawn_as_django_draws_it(widget: forms.Widget, value: object) -> None:
    ours, djangos = (
        widget.render("f", value, {"id": "f"}, renderer=renderer()) for renderer in (WidgetRenderer, DjangoTemplates)
    )
    assert _without_space(ours) == _without_space(djangos)


def test_a_choice_is_drawn_alone() -> None:
    class Form(forms.Form):
        kind = forms.ChoiceField(choices=[("a", HOSTILE)], widget=forms.RadioSelect)

    drawn = [
        [str(option.tag()) for option in Form({"kind": "a"}, renderer=renderer())["kind"]]
        for renderer in (WidgetRenderer, DjangoTemplates)
    ]
    assert drawn[0] == drawn[1]
