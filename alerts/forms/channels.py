"""Forms of channels, allowed ranges and the heartbeat."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from alerts.models import Channel
from alerts.people.naming import LONGEST_NAME
from alerts.services.ranges import LONGEST_REASON
from alerts.transports.signing import MOST_OVERLAP_HOURS, OVERLAP_HOURS
from alerts.transports.targets import LONGEST_TARGET
from console.forms import StyledForm

FIELD_ORDER = ("name", "target", "language", "revision")


class ChannelForm(StyledForm):
    """What all kinds of channel have in common; ``revision`` tells a save from an older page."""

    name = forms.CharField(
        label=_("Name"), max_length=LONGEST_NAME, help_text=_("What people call it, such as “Operations”.")
    )
    language = forms.ChoiceField(
        label=_("Language of its messages"),
        choices=[("", _("The installation’s")), *settings.LANGUAGES],
        required=False,
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
    field_order = FIELD_ORDER


class WebhookChannelForm(ChannelForm):
    """A channel that posts events to an address."""

    target = forms.CharField(
        label=_("Address"),
        max_length=LONGEST_TARGET,
        widget=forms.URLInput(attrs={"placeholder": "https://hooks.example.com/lbadmin", "spellcheck": "false"}),
        help_text=_("Events are posted here as JSON, signed after the Standard Webhooks scheme."),
    )
    field_order = FIELD_ORDER


class CallbackChannelForm(ChannelForm):
    """A channel that posts alarms as the cloud's monitor does."""

    target = forms.CharField(
        label=_("Callback address"),
        max_length=LONGEST_TARGET,
        widget=forms.URLInput(attrs={"placeholder": "https://alarms.example.com/callback", "spellcheck": "false"}),
        help_text=_(
            "Alarms are posted here form-encoded: alertName, alertState, curValue and the cloud’s other fields."
        ),
    )
    field_order = FIELD_ORDER


class ChatChannelForm(ChannelForm):
    """A channel to a service that Apprise knows; its address is sealed and never shown again."""

    target = forms.CharField(
        label=_("Apprise address"),
        max_length=LONGEST_TARGET,
        widget=forms.TextInput(
            attrs={"placeholder": "slack://TokenA/TokenB/TokenC/#alerts", "spellcheck": "false", "autocomplete": "off"}
        ),
        help_text=_(
            "Slack, Teams, Telegram, DingTalk, WeCom, Lark, ntfy, PagerDuty and some 170 others: write the address as "
            "appriseit.com documents it. It is sealed; what is secret in it is never shown again."
        ),
    )
    field_order = FIELD_ORDER


FORMS: dict[str, type[ChannelForm]] = {
    Channel.Kind.EMAIL: EmailChannelForm,
    Channel.Kind.WEBHOOK: WebhookChannelForm,
    Channel.Kind.CALLBACK: CallbackChannelForm,
    Channel.Kind.APPRISE: ChatChannelForm,
}


def initial_of(channel: Channel) -> dict[str, Any]:
    """Return what the form shows of a stored channel."""
    target = channel.target.replace(", ", ",\n") if channel.kind == Channel.Kind.EMAIL else channel.target
    return {"name": channel.name, "target": target, "language": channel.language, "revision": channel.revision}


class WordingForm(StyledForm):
    """The own words of a channel."""

    subject_template = forms.CharField(
        label=_("Subject"), max_length=1000, required=False, help_text=_("Empty: the usual subject.")
    )
    text_template = forms.CharField(
        label=_("Text"),
        max_length=20_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 10, "spellcheck": "false"}),
        help_text=_("Empty: the usual text."),
    )
    revision = forms.IntegerField(widget=forms.HiddenInput, required=False)

    @property
    def templates(self) -> dict[str, str]:
        """The two templates."""
        return {name: self.cleaned_data[name] for name in ("subject_template", "text_template")}


class RotationForm(StyledForm):
    """How long a channel signs with both secrets."""

    overlap_hours = forms.IntegerField(
        label=_("Hours with both signatures"),
        min_value=0,
        max_value=MOST_OVERLAP_HOURS,
        initial=OVERLAP_HOURS,
        help_text=_("Receivers can change over meanwhile. With 0 the old secret ends at once."),
    )
    revision = forms.IntegerField(widget=forms.HiddenInput, required=False)


class RangeForm(StyledForm):
    """A range that messages may go to."""

    network = forms.CharField(
        label=_("Range"),
        max_length=64,
        widget=forms.TextInput(attrs={"placeholder": "10.20.0.0/16", "spellcheck": "false"}),
        help_text=_("In CIDR notation, or a single address; IPv4 or IPv6. As narrow as the receivers allow."),
    )
    reason = forms.CharField(label=_("Reason"), max_length=LONGEST_REASON, help_text=_("Which receiver it is for."))


class HeartbeatForm(StyledForm):
    """Where the heartbeat goes."""

    url = forms.CharField(
        label=_("Address"),
        max_length=LONGEST_TARGET,
        widget=forms.URLInput(attrs={"placeholder": "https://hc-ping.com/your-uuid", "autocomplete": "off"}),
        help_text=_("Asked with GET after each healthy scan. It is sealed and not shown again."),
    )
    revision = forms.IntegerField(widget=forms.HiddenInput, required=False)
