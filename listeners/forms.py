"""Forms of the listener pages: they read what was typed; the services decide what may be stored."""

from typing import Any, cast

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.forms import BaseFormSet, formset_factory
from django.utils.translation import gettext_lazy as _

from console.errors import DomainError
from console.forms import StyledForm
from console.ids import is_id
from listeners.ca_sources import CaSource
from listeners.models import Listener, LoadBalancer, ServerGroup
from listeners.rules import check_server_address
from listeners.tls_policies import POLICIES, WIZARD_POLICY

MAX_PORT = 65535
IDLE_TIMEOUT_SECONDS = (10, 900)
MAX_CONNECTIONS_PER_SECOND = 1_000_000


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


class LoadBalancerForm(StyledForm):
    """The settings of an instance."""

    name = forms.CharField(
        label=_("Name"),
        max_length=128,
        help_text=_("2 to 128 characters, starting with a letter: letters, digits, “.”, “_” and “-”."),
    )
    bind_address = forms.CharField(
        label=_("Bind address"),
        max_length=45,
        initial="0.0.0.0",  # noqa: S104 - offered to the operator, who decides
        help_text=_("The local IPv4 or IPv6 address that listeners accept on; 0.0.0.0 or :: is every address."),
    )
    region = forms.CharField(
        label=_("Region"), max_length=64, required=False, help_text=_("Empty: the region of this installation.")
    )


class ListenerSettingsForm(StyledForm):
    """What can be changed of a listener at any time, its certificates aside."""

    name = forms.CharField(
        label=_("Listener name"), max_length=256, required=False, help_text=_("Shown instead of the port.")
    )
    idle_timeout_seconds = forms.IntegerField(
        label=_("Idle timeout (seconds)"),
        initial=900,
        min_value=IDLE_TIMEOUT_SECONDS[0],
        max_value=IDLE_TIMEOUT_SECONDS[1],
        help_text=_("10 to 900. A connection with no data for this long is closed."),
    )
    connections_per_second = forms.IntegerField(
        label=_("New connections per second"),
        initial=0,
        min_value=0,
        max_value=MAX_CONNECTIONS_PER_SECOND,
        help_text=_("0 to 1,000,000; 0 is no limit."),
    )
    alpn_policy = forms.ChoiceField(
        label=_("ALPN policy"),
        required=False,
        choices=[
            ("", _("Off: no protocol is negotiated")),
            ("HTTP1Only", _("HTTP1Only: http/1.1, http/1.0")),
            ("HTTP2Only", _("HTTP2Only: h2")),
            ("HTTP2Optional", _("HTTP2Optional: http/1.1, http/1.0, h2")),
            ("HTTP2Preferred", _("HTTP2Preferred: h2, http/1.1, http/1.0")),
        ],
        help_text=_("The application protocols offered to clients, preferred first."),
    )
    proxy_protocol_enabled = forms.BooleanField(
        label=_("Proxy Protocol v2 to the servers"),
        required=False,
        help_text=_("Tells each server the client's address. The servers must expect it."),
    )


class ConfigureListenerForm(ListenerSettingsForm):
    """The first step of the wizard."""

    port = port_field(
        label=_("Listener port"), help_text=_("1 to 65535. Ports under 1024 need a node that may bind them.")
    )
    field_order = ("port", "name")


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


class ConfigureCertificateForm(StyledForm):
    """The second step of the wizard."""

    certificate_id = IdField(
        label=_("Server certificate"), error_messages={"required": _("Select the default server certificate.")}
    )
    additional_certificate_ids = IdsField(label=_("Additional certificates"), required=False)
    mutual_authentication = forms.BooleanField(
        label=_("Enable Mutual Authentication"),
        required=False,
        help_text=_("Clients must show a certificate that the CA certificate vouches for."),
    )
    # Only what the choice of the CA certificate shows; the listener keeps the certificate alone.
    ca_source = forms.ChoiceField(choices=[("", ""), *CaSource.choices], required=False)
    ca_repository_id = IdField(required=False)
    ca_certificate_id = IdField(label=_("CA certificate"), required=False)
    security_policy = PolicyField(initial=WIZARD_POLICY)

    def clean(self) -> dict[str, Any]:
        """Ask for the CA certificate only when it is needed."""
        cleaned = super().clean() or {}
        if cleaned.get("mutual_authentication") and not cleaned.get("ca_certificate_id"):
            self.add_error("ca_certificate_id", _("Mutual authentication needs a CA certificate: select one."))
        return cleaned


class SelectServerGroupForm(StyledForm):
    """The third step of the wizard."""

    server_group_id = IdField(
        label=_("Server group"), error_messages={"required": _("Select the server group that takes the traffic.")}
    )


class EditListenerForm(ListenerSettingsForm):
    """The settings, policy and server group of a listener that exists."""

    security_policy = PolicyField()
    server_group_id = SelectServerGroupForm.base_fields["server_group_id"]
    field_order = ("name", "security_policy")


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


def initial_of(instance: LoadBalancer | Listener | ServerGroup, form: type[forms.Form]) -> dict[str, Any]:
    """Return the stored values of the fields that ``form`` has."""
    return {name: getattr(instance, name) for name in form.base_fields}
