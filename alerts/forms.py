"""Forms of channels."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from alerts.models import Channel
from alerts.services import LONGEST_NAME
from alerts.targets import LONGEST_TARGET
from console.forms import StyledForm


class ChannelForm(StyledForm):
    """What both kinds of channel have in common; ``revision`` tells a save from an older page."""

    name = forms.CharField(
        label=_("Name"), max_length=LONGEST_NAME, help_text=_("What people call it, such as “Operations”.")
    )
    revision = forms.IntegerField(widget=forms.HiddenInput, required=False)


class EmailChannelForm(ChannelForm):
    """A channel that sends mail."""

    target = forms.CharField(
        label=_("Mail addresses"),
        max_length=LONGEST_TARGET,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
        help_text=_("One or more, separated by commas or line ends. Everybody sees the others."),
    )
    field_order = ("name", "target", "revision")


class WebhookChannelForm(ChannelForm):
    """A channel that posts events to an address."""

    target = forms.CharField(
        label=_("Address"),
        max_length=LONGEST_TARGET,
        widget=forms.URLInput(attrs={"placeholder": "https://hooks.example.com/lbadmin", "spellcheck": "false"}),
        help_text=_("Events are posted here as JSON, signed after the Standard Webhooks scheme."),
    )
    field_order = ("name", "target", "revision")


FORMS: dict[str, type[ChannelForm]] = {Channel.Kind.EMAIL: EmailChannelForm, Channel.Kind.WEBHOOK: WebhookChannelForm}


def initial_of(channel: Channel) -> dict[str, Any]:
    """Return what the form shows of a stored channel."""
    target = channel.target.replace(", ", ",\n") if channel.kind == Channel.Kind.EMAIL else channel.target
    return {"name": channel.name, "target": target, "revision": channel.revision}
