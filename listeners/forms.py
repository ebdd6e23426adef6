"""Fields that forms share, and the forms of server groups. They read what was typed; the services decide."""

from typing import Any, cast

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.forms import BaseFormSet, formset_factory
from django.utils.translation import gettext_lazy as _

from console.errors import DomainError
from console.forms import StyledForm
from console.ids import is_id
from listeners.models import ServerGroup
from listeners.rules import check_server_address
from listeners.tls_policies import POLICIES

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


class PolicyField(forms.ChoiceField):
    """The TLS security policy, one of the system's."""

    def __init__(self, **options: Any) -> None:
        choices = [(policy_id, policy_id) for policy_id in POLICIES]
        super().__init__(label=_("TLS security policy"), choices=choices, **options)


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


class ServerGroupForm(StyledForm):
    """The settings of a server group."""

    name = forms.CharField(
        label=_("Name"),
        max_length=128,
        help_text=_("2 to 128 characters, starting with a letter: letters, digits, “.”, “_” and “-”."),
    )
    scheduler = forms.ChoiceField(
        label=_("Scheduling"),
        choices=ServerGroup.Scheduler.choices,
        initial=ServerGroup.Scheduler.WEIGHTED_ROUND_ROBIN,
        help_text=_("How a server is chosen for each new connection."),
    )
    health_check_enabled = forms.BooleanField(
        label=_("TCP health check"),
        required=False,
        initial=True,
        help_text=_("Connects to each server in turn; unhealthy ones take no new connections."),
    )
    health_check_port = forms.IntegerField(
        label=_("Check port"), initial=0, min_value=0, max_value=MAX_PORT, help_text=_("0: each server's own port.")
    )
    health_check_interval_seconds = forms.IntegerField(
        label=_("Interval (seconds)"), initial=5, min_value=1, max_value=50, help_text=_("1 to 50.")
    )
    health_check_timeout_seconds = forms.IntegerField(
        label=_("Timeout (seconds)"), initial=5, min_value=1, max_value=300, help_text=_("1 to 300.")
    )
    healthy_threshold = forms.IntegerField(
        label=_("Healthy after"), initial=2, min_value=2, max_value=10, help_text=_("2 to 10 successes in a row.")
    )
    unhealthy_threshold = forms.IntegerField(
        label=_("Unhealthy after"), initial=2, min_value=2, max_value=10, help_text=_("2 to 10 failures in a row.")
    )


class ServerForm(StyledForm):
    """One row of the servers table; an empty row is no server."""

    use_required_attribute = False

    address = forms.CharField(label=_("IP address"), max_length=45)
    port = port_field(label=_("Port"))
    weight = forms.IntegerField(label=_("Weight"), initial=100, min_value=0, max_value=100)
    description = forms.CharField(label=_("Description"), max_length=256, required=False)

    def clean_address(self) -> str:
        """Say here what the service would refuse, beside the row's other errors."""
        try:
            return check_server_address(self.cleaned_data["address"])
        except DomainError as error:
            raise forms.ValidationError(str(error)) from None


class ServersFormSet(BaseFormSet[ServerForm]):
    """The servers of a group, as rows."""

    def filled(self) -> list[dict[str, Any]]:
        """Return the values of the rows that hold a server and are not ticked for removal."""
        return [
            form.cleaned_data
            for form in self.forms
            if form.cleaned_data.get("address") and not form.cleaned_data.get("DELETE")
        ]


ServerRows = cast(
    "type[ServersFormSet]",
    formset_factory(
        ServerForm,
        formset=ServersFormSet,
        extra=2,
        can_delete=True,
        can_delete_extra=False,
        max_num=1600,
        absolute_max=1600,
    ),
)


def initial_of(instance: ServerGroup, form: type[forms.Form]) -> dict[str, Any]:
    """Return the stored values of the fields that ``form`` has."""
    return {name: getattr(instance, name) for name in form.base_fields}
