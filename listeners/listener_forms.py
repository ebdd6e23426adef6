"""Forms of listeners: which fields they have depends on the product and the protocol. The services decide.

What does not apply is not offered. When it is sent anyway it is kept, so that the service refuses it as it does REST.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from console.errors import DomainError
from console.forms import StyledForm
from listeners.applicability import settings_of
from listeners.ca_sources import CaSource
from listeners.forms import IdField, IdsField, port_field
from listeners.models import Listener, LoadBalancer
from listeners.products import MUTUAL, Features, Limited, Seconds, features_of
from listeners.selectors.policies import policies_for
from listeners.services.listener_values import allowed_seconds
from listeners.tls_policies import TlsPolicy, recommended_policy

MAX_CONNECTIONS_PER_SECOND = 1_000_000
_Protocol = Listener.Protocol


@dataclass(frozen=True, slots=True)
class Scope:
    """What a form of a listener is about: its load balancer and protocol, and the listener when it exists."""

    balancer: LoadBalancer
    protocol: str
    listener_id: str = ""

    @property
    def features(self) -> Features:
        """What load balancers of this kind can do."""
        return features_of(self.balancer)

    @property
    def settings(self) -> frozenset[str]:
        """The names of what can be set."""
        return settings_of(self.balancer.product, self.protocol)

    @property
    def is_mutual_possible(self) -> bool:
        """Whether clients can be asked for certificates."""
        return self.protocol in MUTUAL and self.features.mutual_authentication


def scope_of(listener: Listener) -> Scope:
    """Return the scope of a listener that exists."""
    return Scope(listener.load_balancer, listener.protocol, listener.pk)


class ScopedForm(StyledForm):
    """A form that offers only what applies to its scope; ``offered`` are the names of that."""

    policies: Sequence[TlsPolicy] = ()  # those that can be chosen, where one can be

    def __init__(self, *args: Any, scope: Scope, **options: Any) -> None:
        super().__init__(*args, **options)
        self.scope = scope
        for name in list(self.fields):
            if not self.is_offered(name):
                self._put_aside(name)

    def is_offered(self, name: str) -> bool:
        """Tell whether the field applies here."""
        return name in self.scope.settings or name in ALWAYS

    @property
    def offered(self) -> list[str]:
        """The names of the fields that the page shows."""
        return [name for name in self.fields if self.is_offered(name)]

    def _put_aside(self, name: str) -> None:
        """Drop a field that does not apply, unless something was sent for it: then the service refuses it."""
        field = self.fields[name]
        sent = field.widget.value_from_datadict(self.data, self.files, self.add_prefix(name)) if self.is_bound else None
        if sent in (None, "", False, []):
            del self.fields[name]
        else:
            field.required = False

    def refuse(self, error: DomainError) -> None:
        """Show a service's refusal at its field, or above the form when the page does not show that field."""
        name = error.field if error.field in self.offered else None
        for part in error.parts or (error,):
            self.add_error(name, str(part))


# Fields that no scope lacks; the others are settings of listeners.
ALWAYS = frozenset({"port", "server_group_id", "certificate_id", "security_policy", "ca_source", "ca_repository_id"})


def _limit(scope: Scope, field: forms.Field, seconds: Seconds, limited: Limited, meaning: str) -> None:
    """Give a field of seconds its range, its default and its help."""
    allowed = allowed_seconds(seconds, limited, scope.balancer)
    low, high = allowed.start, allowed.stop - 1
    field.validators += [MinValueValidator(low), MaxValueValidator(high)]
    field.widget.attrs |= {"min": low, "max": high}
    field.initial = seconds.default
    field.help_text = _("%(low)s to %(high)s. %(meaning)s") % {"low": low, "high": f"{high:,}", "meaning": meaning}


class ListenerSettingsForm(ScopedForm):
    """What can be changed of a listener at any time, its certificates aside."""

    name = forms.CharField(
        label=gettext_lazy("Listener name"),
        max_length=256,
        required=False,
        help_text=gettext_lazy("Shown instead of the port."),
    )
    idle_timeout_seconds = forms.IntegerField(label=gettext_lazy("Idle timeout (seconds)"))
    request_timeout_seconds = forms.IntegerField(label=gettext_lazy("Request timeout (seconds)"))
    connections_per_second = forms.IntegerField(
        label=gettext_lazy("New connections per second"),
        initial=0,
        min_value=0,
        max_value=MAX_CONNECTIONS_PER_SECOND,
        help_text=gettext_lazy("0 to 1,000,000; 0 is no limit."),
    )
    http2_enabled = forms.BooleanField(
        label=gettext_lazy("HTTP/2"),
        required=False,
        initial=True,
        help_text=gettext_lazy("Offered to clients beside HTTP/1.1. The servers are spoken to as their group says."),
    )
    compression_enabled = forms.BooleanField(
        label=gettext_lazy("Compression"),
        required=False,
        initial=True,
        help_text=gettext_lazy("Text of more than 1 KB is sent with Brotli or gzip, whichever the client takes."),
    )
    quic_listener_id = forms.ChoiceField(
        label=gettext_lazy("QUIC upgrade"),
        required=False,
        help_text=gettext_lazy("Clients are told that the same pages are to be had by HTTP/3 on that listener."),
    )
    redirect_port = forms.TypedChoiceField(
        label=gettext_lazy("Redirect to HTTPS"),
        required=False,
        coerce=int,
        empty_value=None,
        help_text=gettext_lazy("Every request is answered by a redirect to that listener; no server is asked."),
    )
    alpn_policy = forms.ChoiceField(
        label=gettext_lazy("ALPN policy"),
        required=False,
        choices=[
            ("", gettext_lazy("Off: no protocol is negotiated")),
            ("HTTP1Only", gettext_lazy("HTTP1Only: http/1.1, http/1.0")),
            ("HTTP2Only", gettext_lazy("HTTP2Only: h2")),
            ("HTTP2Optional", gettext_lazy("HTTP2Optional: http/1.1, http/1.0, h2")),
            ("HTTP2Preferred", gettext_lazy("HTTP2Preferred: h2, http/1.1, http/1.0")),
        ],
        help_text=gettext_lazy("The application protocols offered to clients, preferred first."),
    )
    proxy_protocol_enabled = forms.BooleanField(
        label=gettext_lazy("Proxy Protocol v2 to the servers"),
        required=False,
        help_text=gettext_lazy("Tells each server the client's address. The servers must expect it."),
    )
    access_log_enabled = forms.BooleanField(
        label=gettext_lazy("Access log"),
        required=False,
        help_text=gettext_lazy("The node writes a line of JSON for each request."),
    )

    def __init__(self, *args: Any, scope: Scope, **options: Any) -> None:
        super().__init__(*args, scope=scope, **options)
        idle = scope.features.idle_timeouts[scope.protocol]
        closes = _("A connection with no data for this long is closed.")
        _limit(scope, self.fields["idle_timeout_seconds"], idle, "idle_timeout", closes)
        if "request_timeout_seconds" in self.offered and scope.features.request_timeout:
            gives_up = _("A request that no server answered by then gets 504.")
            seconds = scope.features.request_timeout
            _limit(scope, self.fields["request_timeout_seconds"], seconds, "request_timeout", gives_up)
        for name, choices_of in (("quic_listener_id", quic_choices), ("redirect_port", redirect_choices)):
            if name in self.fields:
                _choose(self.fields[name], choices_of(scope))


def _choose(field: forms.Field, choices: list[tuple[str, str]]) -> None:
    if isinstance(field, forms.ChoiceField):
        field.choices = choices


def quic_choices(scope: Scope) -> list[tuple[str, str]]:
    """Return the QUIC listeners of the load balancer that no other listener announces."""
    rows = Listener.objects.filter(load_balancer=scope.balancer, protocol=_Protocol.QUIC).order_by("port")
    free = [row for row in rows.select_related("announced_by") if _announcer_of(row) in {"", scope.listener_id}]
    return [("", _("Off")), *((row.pk, f"{row} · {_('port %(port)s') % {'port': row.port}}") for row in free)]


def _announcer_of(listener: Listener) -> str:
    announcer = getattr(listener, "announced_by", None)
    return announcer.pk if announcer else ""


def redirect_choices(scope: Scope) -> list[tuple[str, str]]:
    """Return the ports of the load balancer's HTTPS listeners."""
    rows = Listener.objects.filter(load_balancer=scope.balancer, protocol=_Protocol.HTTPS).order_by("port")
    return [("", _("Off")), *((str(row.port), f"{row} · {_('port %(port)s') % {'port': row.port}}") for row in rows)]


class ConfigureListenerForm(ListenerSettingsForm):
    """The first step of the wizard."""

    port = port_field(
        label=gettext_lazy("Listener port"),
        help_text=gettext_lazy("1 to 65535. Ports under 1024 need a node that may bind them."),
    )
    field_order = ("port", "name")

    def __init__(self, *args: Any, scope: Scope, **options: Any) -> None:
        super().__init__(*args, scope=scope, **options)
        if "request_timeout_seconds" in self.offered:
            self.fields["port"].help_text = _("1 to 65535: 80 is usual for HTTP, 443 for HTTPS and QUIC.")


class ConfigureCertificateForm(ScopedForm):
    """The second step of the wizard, where the protocol is encrypted."""

    certificate_id = IdField(
        label=gettext_lazy("Server certificate"),
        error_messages={"required": gettext_lazy("Select the default server certificate.")},
    )
    additional_certificate_ids = IdsField(label=gettext_lazy("Additional certificates"), required=False)
    mutual_authentication = forms.BooleanField(
        label=gettext_lazy("Enable mutual authentication"),
        required=False,
        help_text=gettext_lazy("Clients must show a certificate that the CA certificate vouches for."),
    )
    # Only what the choice of the CA certificate shows; the listener keeps the certificate alone.
    ca_source = forms.ChoiceField(choices=[("", ""), *CaSource.choices], required=False)
    ca_repository_id = IdField(required=False)
    mutual_authentication_mode = forms.TypedChoiceField(
        empty_value=None,
        label=gettext_lazy("Clients without a valid certificate"),
        required=False,
        initial=Listener.MutualMode.ENFORCE,
        choices=[
            (Listener.MutualMode.ENFORCE, gettext_lazy("Enforce: they are refused in the handshake")),
            (Listener.MutualMode.OBSERVE, gettext_lazy("Observe: they are let in, and listed with what is wrong")),
        ],
        widget=forms.RadioSelect,
    )
    ca_certificate_id = IdField(label=gettext_lazy("CA certificate"), required=False)
    security_policy = forms.ChoiceField(label=gettext_lazy("TLS security policy"))

    def __init__(self, *args: Any, scope: Scope, **options: Any) -> None:
        super().__init__(*args, scope=scope, **options)
        choose_policy(self)

    def is_offered(self, name: str) -> bool:
        """Tell whether the field applies here."""
        if name in {"mutual_authentication", "mutual_authentication_mode", "ca_certificate_id"}:
            return self.scope.is_mutual_possible
        if name == "additional_certificate_ids":
            return not self.scope.features.domain_extensions
        if name == "security_policy":
            return name in self.scope.settings
        return super().is_offered(name)

    def clean(self) -> dict[str, Any]:
        """Ask for the CA certificate only when it is needed."""
        cleaned = super().clean() or {}
        if cleaned.get("mutual_authentication") and not cleaned.get("ca_certificate_id"):
            message = _("Mutual authentication needs a CA certificate: select one.")
            self.add_error("ca_certificate_id" if "ca_certificate_id" in self.fields else None, message)
        return cleaned


class SelectServerGroupForm(ScopedForm):
    """The step of the wizard that asks who answers."""

    server_group_id = IdField(
        label=gettext_lazy("Server group"),
        error_messages={"required": gettext_lazy("Select the server group that takes the traffic.")},
    )


class EditListenerForm(ListenerSettingsForm):
    """The settings, policy and server group of a listener that exists."""

    security_policy = forms.ChoiceField(label=gettext_lazy("TLS security policy"))
    server_group_id = SelectServerGroupForm.base_fields["server_group_id"]
    field_order = ("name", "security_policy")

    def __init__(self, *args: Any, scope: Scope, **options: Any) -> None:
        super().__init__(*args, scope=scope, **options)
        choose_policy(self)

    def is_offered(self, name: str) -> bool:
        """Tell whether the field applies here."""
        return name in self.scope.settings or name == "server_group_id"

    def clean(self) -> dict[str, Any]:
        """Drop the server group where every request is redirected: it could be picked, but not unpicked."""
        cleaned = super().clean() or {}
        if cleaned.get("redirect_port"):
            self.errors.pop("server_group_id", None)
            cleaned["server_group_id"] = ""
        return cleaned


def choose_policy(form: ScopedForm) -> None:
    """Offer the policies that the load balancer's listeners can have, the safest of the system's beforehand."""
    balancer = form.scope.balancer
    if "security_policy" in form.offered:
        form.policies = policies_for(balancer)
        _choose(form.fields["security_policy"], [(each.id, str(each)) for each in form.policies])
        form.fields["security_policy"].initial = recommended_policy(balancer.product, balancer.edition)


def stored_values(listener: Listener, form: forms.Form) -> dict[str, Any]:
    """Return the stored values of the fields that ``form`` has; absent relations are empty text."""
    return {name: _as_form(name, getattr(listener, name)) for name in form.fields}


def _as_form(name: str, value: Any) -> Any:
    return "" if value is None and name.endswith("_id") else value
