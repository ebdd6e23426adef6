"""Forms of server groups: they show what fits the protocol and read what was typed; the services decide."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.db.models import TextChoices
from django.forms import BaseFormSet, formset_factory
from django.utils.translation import gettext_lazy as _

from console.errors import DomainError
from console.forms import StyledForm
from listeners.backend_fields import COOKIE_SECONDS, SLOW_START_SECONDS
from listeners.backends import BACKENDS, CODES, DETAILS, applies, methods_of
from listeners.forms import MAX_PORT, IdField, port_field
from listeners.models import ServerGroup
from listeners.rules import check_server_address

NOT_VERIFIED, BY_PUBLIC, BY_OWN = "", "public", "own"
# What the form spells otherwise than the services.
FORM_FIELDS: Mapping[str, str] = MappingProxyType({"verify_servers": "verification"})


def _seconds(allowed: range) -> dict[str, Any]:
    return {"min_value": allowed.start, "max_value": allowed.stop - 1}


class ServerGroupForm(StyledForm):
    """The settings of a server group for one protocol."""

    name = forms.CharField(
        label=_("Name"),
        max_length=128,
        help_text=_("2 to 128 characters, starting with a letter: letters, digits, “.”, “_” and “-”."),
    )
    scheduler = forms.ChoiceField(label=_("Scheduling"), help_text=_("How a server is chosen."))
    hash_parameter = forms.CharField(
        label=_("URL parameter"),
        max_length=100,
        required=False,
        help_text=_("Requests with the same value go to the same server."),
    )
    stickiness = forms.ChoiceField(
        label=_("Session stickiness"),
        choices=ServerGroup.Stickiness.choices,
        required=False,
        help_text=_("How a client comes back to the server that it had."),
    )
    cookie = forms.CharField(
        label=_("Cookie of the servers"),
        max_length=200,
        required=False,
        help_text=_("Its name, such as JSESSIONID. The server is noted in its value, and taken out again for servers."),
    )
    cookie_timeout_seconds = forms.IntegerField(
        label=_("Lifetime of the cookie (seconds)"),
        required=False,
        help_text=_("1 to 86,400. The cookie is called SERVERID."),
        **_seconds(COOKIE_SECONDS),
    )
    slow_start_seconds = forms.IntegerField(
        label=_("Slow start (seconds)"),
        required=False,
        min_value=0,
        max_value=SLOW_START_SECONDS.stop - 1,
        help_text=_("30 to 900: a new server gets more from second to second. 0: at once all of its share."),
    )
    connection_drain_seconds = forms.TypedChoiceField(
        label=_("Connections of a server that fails its check"),
        required=False,
        coerce=int,
        empty_value=None,
        choices=[("", _("End by themselves")), ("0", _("Are ended at once"))],
        help_text=_("Those of a removed server end by themselves in any case."),
    )
    server_name = forms.CharField(
        label=_("Name asked of the servers"),
        max_length=253,
        required=False,
        help_text=_(
            "Sent as SNI, and the name that is verified. Empty: each server's host name; "
            "of a server given by its address, only who signed its certificate is verified."
        ),
    )
    verification = forms.ChoiceField(
        label=_("Certificates of the servers"),
        required=False,
        widget=forms.RadioSelect,
        choices=[
            (NOT_VERIFIED, _("Are not verified: whoever answers at the address is taken for the server")),
            (BY_PUBLIC, _("Are verified by the public authorities that the node's machine trusts")),
            (BY_OWN, _("Are verified by a CA certificate")),
        ],
    )
    ca_certificate_id = IdField(label=_("CA certificate"), required=False)
    health_check_enabled = forms.BooleanField(
        label=_("Check the health of the servers"),
        required=False,
        help_text=_("Asks each server in turn; unhealthy ones get nothing new."),
    )
    health_check_protocol = forms.ChoiceField(label=_("Check by"))
    health_check_path = forms.CharField(label=_("Path"), max_length=80, required=False)
    health_check_host = forms.CharField(
        label=_("Host"), max_length=80, required=False, help_text=_("Empty: each server's own address.")
    )
    health_check_method = forms.ChoiceField(
        label=_("Method"), required=False, choices=[(each, each) for each in methods_of(ServerGroup.CheckProtocol.HTTP)]
    )
    health_check_codes = forms.MultipleChoiceField(
        label=_("Codes that count as healthy"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        choices=[(code, code.removeprefix("http_")) for code in CODES],
    )
    health_check_port = forms.IntegerField(
        label=_("Check port"), min_value=0, max_value=MAX_PORT, help_text=_("0: each server's own port.")
    )
    health_check_interval_seconds = forms.IntegerField(
        label=_("Interval (seconds)"), min_value=1, max_value=50, help_text=_("1 to 50.")
    )
    health_check_timeout_seconds = forms.IntegerField(
        label=_("Timeout (seconds)"), min_value=1, max_value=300, help_text=_("1 to 300.")
    )
    healthy_threshold = forms.IntegerField(
        label=_("Healthy after"), min_value=2, max_value=10, help_text=_("2 to 10 successes in a row.")
    )
    unhealthy_threshold = forms.IntegerField(
        label=_("Unhealthy after"), min_value=2, max_value=10, help_text=_("2 to 10 failures in a row.")
    )

    def __init__(self, *args: Any, protocol: str, **options: Any) -> None:
        options["initial"] = initial_of(BACKENDS[protocol].defaults) | (options.get("initial") or {})
        super().__init__(*args, **options)
        self.protocol = protocol
        backends = BACKENDS[protocol]
        kept = backends.settings | {"name"} | ({"verification"} if backends.speaks_tls else set())
        self.fields = {name: field for name, field in self.fields.items() if name in kept}
        self._offer("scheduler", backends.schedulers, ServerGroup.Scheduler)
        self._offer("health_check_protocol", backends.checks, ServerGroup.CheckProtocol)

    def _offer(self, name: str, values: tuple[str, ...], labels: type[TextChoices]) -> None:
        field = cast("forms.ChoiceField", self.fields[name])
        field.choices = [(value, labels(value).label) for value in values]

    def clean(self) -> dict[str, Any]:
        """Take the fields that mean nothing beside the others as left alone: scripts hide them."""
        cleaned = super().clean() or {}
        if self.errors:
            return cleaned
        if "verification" in cleaned:
            cleaned["verify_servers"] = cleaned["verification"] != NOT_VERIFIED
            if cleaned["verification"] != BY_OWN:
                cleaned["ca_certificate_id"] = ""
            elif not cleaned["ca_certificate_id"]:
                self.add_error("ca_certificate_id", _("Select the CA certificate that signed theirs."))
        for name, default in DETAILS.items():
            if name in cleaned and not applies(name, cleaned):
                cleaned[name] = default
        return cleaned

    @property
    def settings(self) -> dict[str, Any]:
        """What the services take of the cleaned form; an empty number is the default."""
        defaults = BACKENDS[self.protocol].defaults
        taken = {name: value for name, value in self.cleaned_data.items() if name != "verification"}
        if not (taken["health_check_method"] and applies("health_check_path", taken)):
            del taken["health_check_method"]
        return {name: defaults[name] if value is None and name in defaults else value for name, value in taken.items()}


def initial_of(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the form shows for stored settings."""
    shown = {name: values[name] for name in ServerGroupForm.base_fields if name in values}
    shown["health_check_codes"] = list(values["health_check_codes"]) or list(CODES[:1])
    shown["verification"] = NOT_VERIFIED
    if values["verify_servers"]:
        shown["verification"] = BY_OWN if values["ca_certificate_id"] else BY_PUBLIC
    return shown


def stored_of(group: ServerGroup) -> dict[str, Any]:
    """Return what the form shows for a group that exists."""
    names = (*ServerGroupForm.base_fields, "verify_servers")
    return initial_of({name: getattr(group, name) for name in names if name != "verification"})


class ServerForm(StyledForm):
    """One row of the servers table; an empty row is no server."""

    use_required_attribute = False

    address = forms.CharField(label=_("IP address or host name"), max_length=253)
    port = port_field(label=_("Port"))
    weight = forms.IntegerField(label=_("Weight"), initial=100, min_value=0, max_value=100)
    description = forms.CharField(label=_("Description"), max_length=256, required=False)

    def clean_address(self) -> str:
        """Say here what the service would refuse, beside the row's other errors."""
        try:
            return check_server_address(self.cleaned_data["address"])
        except DomainError as error:
            raise forms.ValidationError(str(error)) from None


if TYPE_CHECKING:
    ServerFormSet = BaseFormSet[ServerForm]
else:
    ServerFormSet = BaseFormSet


class ServersFormSet(ServerFormSet):
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
