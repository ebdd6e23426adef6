"""The form of a calendar feed."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from alerts.calendar.feeds import LONGEST_NAME
from alerts.models import ContactGroup
from console.forms import StyledForm


class FeedForm(StyledForm):
    """What a feed holds, and how its calendar is called."""

    group_id = forms.ChoiceField(
        label=_("Holds"), required=False, help_text=_("Everything, or what a group is told of by the alert rules.")
    )
    name = forms.CharField(
        label=_("Name"), max_length=LONGEST_NAME, required=False, help_text=_("What the calendar is called.")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["group_id"]
        if isinstance(field, forms.ChoiceField):
            groups = ContactGroup.objects.order_by("name").values_list("pk", "name")
            field.choices = [("", _("All certificates")), *groups]
