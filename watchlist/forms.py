"""Forms of the watch list."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from console.forms import StyledForm
from watchlist.models import WatchedAddress
from watchlist.services import DEFAULT_PERIOD, LONGEST_OWNER
from watchlist.targets import LARGEST_PORT

LONGEST_PASTE = 200_000
PERIODS = (
    (5, _("every 5 minutes")),
    (15, _("every 15 minutes")),
    (60, _("every hour")),
    (6 * 60, _("every 6 hours")),
    (24 * 60, _("every day")),
    (7 * 24 * 60, _("every week")),
)


def period_words(minutes: int) -> str:
    """Say how often an address is checked."""
    return str(dict(PERIODS).get(minutes) or _("every %(n)d minutes") % {"n": minutes})


class SettingsForm(StyledForm):
    """What one address and several have in common."""

    period_minutes = forms.TypedChoiceField(
        label=_("Checked"), choices=PERIODS, coerce=int, initial=DEFAULT_PERIOD, help_text=_("One handshake each time.")
    )
    owner = forms.CharField(
        label=_("Owner"),
        max_length=LONGEST_OWNER,
        required=False,
        help_text=_("A person or a team who answers for it; alert rules can tell them."),
    )


class AddForm(SettingsForm):
    """Addresses to watch, a line each."""

    addresses = forms.CharField(
        label=_("Addresses"),
        max_length=LONGEST_PASTE,
        widget=forms.Textarea(
            attrs={
                "rows": 8,
                "spellcheck": "false",
                "class": "mono",
                "placeholder": "www.example.com\n10.0.0.5:8443 intranet.example.com\nsmtp://mail.example.com:587",
            }
        ),
    )
    field_order = ("addresses", "period_minutes", "owner")


class EditForm(SettingsForm):
    """One watched address; ``revision`` tells a save from an older page."""

    name = forms.CharField(
        label=_("Name"), max_length=128, required=False, help_text=_("What people call it; blank takes host and port.")
    )
    host = forms.CharField(
        label=_("Host"),
        max_length=300,
        widget=forms.TextInput(attrs={"spellcheck": "false"}),
        help_text=_("A host name or an IP address."),
    )
    port = forms.IntegerField(label=_("Port"), min_value=1, max_value=LARGEST_PORT)
    starttls = forms.ChoiceField(
        label=_("Before TLS"),
        choices=WatchedAddress.Starttls.choices,
        help_text=_("The protocol that begins in plain text and goes on to TLS (STARTTLS)."),
    )
    server_name = forms.CharField(
        label=_("Name asked for"),
        max_length=300,
        required=False,
        widget=forms.TextInput(attrs={"spellcheck": "false"}),
        help_text=_("SNI, where it is not the host. The certificate has to be for this name."),
    )
    enabled = forms.BooleanField(label=_("Check this address"), required=False)
    revision = forms.IntegerField(widget=forms.HiddenInput, required=False)
    field_order = (
        "revision",
        "name",
        "host",
        "port",
        "starttls",
        "server_name",
        "period_minutes",
        "owner",
        "enabled",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        period = self.initial.get("period_minutes")
        field = self.fields["period_minutes"]
        if period and isinstance(field, forms.ChoiceField) and period not in dict(PERIODS):
            field.choices = [*PERIODS, (period, period_words(period))]  # set over REST


def initial_of(row: WatchedAddress) -> dict[str, Any]:
    """Return the form's values for a row."""
    return {name: getattr(row, name) for name in EditForm.base_fields}
