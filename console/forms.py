"""Forms that look like the console, and errors of services put where they belong."""

from collections.abc import Mapping
from typing import Any

from django import forms

from console.errors import DomainError

_CLASSES: tuple[tuple[type[forms.Widget], str], ...] = (
    (forms.HiddenInput, ""),
    (forms.MultipleHiddenInput, ""),
    (forms.CheckboxSelectMultiple, "form-check-input"),
    (forms.RadioSelect, "form-check-input"),
    (forms.CheckboxInput, "form-check-input"),
    (forms.Select, "form-select"),
    (forms.Textarea, "form-control"),
    (forms.widgets.Input, "form-control"),
)


def style_field(field: forms.Field) -> None:
    """Give the field's widget the class of its kind, beside those that it has."""
    widget = field.widget
    css_class = next((css for kind, css in _CLASSES if isinstance(widget, kind)), "")
    if css_class:
        widget.attrs["class"] = f"{css_class} {widget.attrs.get('class', '')}".strip()


class Styled:
    """Style every field of the form that this is mixed into: ``class F(Styled, forms.ModelForm)``."""

    fields: dict[str, forms.Field]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            style_field(field)


class StyledForm(Styled, forms.Form):
    """A plain form with the console's widgets."""


def add_domain_error(form: forms.BaseForm, error: DomainError, fields: Mapping[str, str] | None = None) -> None:
    """Show a service's refusal at its field, or above the form when it has none there.

    ``fields`` translates the service's field names where the form spells them differently.
    """
    name = (fields or {}).get(error.field, error.field)
    for part in error.parts or (error,):
        form.add_error(name if name in form.fields else None, str(part))
