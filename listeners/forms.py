"""Fields that forms share."""

from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.translation import gettext_lazy as _

from console.ids import is_id

MAX_PORT = 65535


def port_field(**options: Any) -> forms.IntegerField:
    """Return a field for a TCP port."""
    return forms.IntegerField(
        validators=[
            MinValueValidator(1, _("A port is a number from 1 to 65535.")),
            MaxValueValidator(MAX_PORT, _("A port is a number from 1 to 65535.")),
        ],
        error_messages={"invalid": _("A port is a number from 1 to 65535.")},
        **options,
    )


class IdField(forms.CharField):
    """The id of an object that was picked in a searchable list."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=32, widget=forms.HiddenInput, **options)


class IdsField(forms.MultipleChoiceField):
    """The ids of several objects picked in a searchable list; the service says which of them exist."""

    widget = forms.MultipleHiddenInput

    def valid_value(self, value: str) -> bool:
        """Let the service decide: a repository of 100,000 certificates is no list of choices."""
        return is_id(value)
