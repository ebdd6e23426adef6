"""The form of what a listener tells servers of its clients: it has what the listener's product and protocol have."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from django import forms
from django.forms import BoundField
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from console.errors import DomainError
from console.forms import StyledForm, add_domain_error
from listeners.forwarded_headers import ALIASES, CERTIFICATE_HEADERS, ForwardedFor, checked, read
from listeners.forwarded_rules import applicable_settings
from listeners.models import Listener, Product


def _header(name: str, help_text: Any) -> forms.BooleanField:
    return forms.BooleanField(label=name, required=False, help_text=help_text)


def _alias(part: str) -> forms.CharField:
    return forms.CharField(
        label=format_lazy(_("Alias of {part}"), part=part),
        required=False,
        max_length=40,
        help_text=_("1 to 40 of a-z, 0-9, “-” and “_”; empty: the usual name."),
    )


class HeadersForm(StyledForm):
    """The request headers about the client."""

    forwarded_for = forms.ChoiceField(
        label="X-Forwarded-For",
        choices=ForwardedFor.choices,
        help_text=_("The addresses that a request came by, the client's first."),
    )
    source_lookup = forms.BooleanField(
        label=_("Find the client behind trusted proxies"),
        required=False,
        help_text=_("By X-Forwarded-For, from its right end: the first address that is not a trusted proxy's."),
    )
    trusted_sources = forms.CharField(
        label=_("Trusted proxies"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Addresses and networks, one a line. 0.0.0.0/0 trusts everybody: the leftmost address counts."),
    )
    proto = _header("X-Forwarded-Proto", _("http or https. Off: servers get none, whatever clients send."))
    port = _header("X-Forwarded-Port", _("The port of this listener."))
    host = _header("X-Forwarded-Host", _("The host that the client asked for."))
    client_port = _header("X-Forwarded-Client-srcport", _("The port that the client connects from."))
    load_balancer_id = _header("SLB-ID", _("The id of the load balancer."))
    load_balancer_address = _header("SLB-IP", _("The address that the client connected to."))
    subjectdn = _header("X-Forwarded-Clientcert-subjectdn", _("Whom the certificate is for, as RFC 2253 writes it."))
    subjectdn_alias = _alias("subjectdn")
    issuerdn = _header("X-Forwarded-Clientcert-issuerdn", _("Who issued it, as RFC 2253 writes it."))
    issuerdn_alias = _alias("issuerdn")
    fingerprint = _header("X-Forwarded-Clientcert-fingerprint", _("Its SHA-256, in lower-case hexadecimal."))
    fingerprint_alias = _alias("fingerprint")
    clientverify = _header(
        "X-Forwarded-Clientcert-clientverify",
        _("SUCCESS; NONE without a certificate; FAILED for one that is not valid, which only observing lets in."),
    )
    clientverify_alias = _alias("clientverify")

    def __init__(self, *args: Any, listener: Listener, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        balancer = listener.load_balancer
        applicable = applicable_settings(balancer.product, balancer.edition, listener.protocol)
        for name in self.fields.keys() - applicable:
            del self.fields[name]
        if balancer.product == Product.CLB and "forwarded_for" in self.fields:
            modes = [choice for choice in ForwardedFor.choices if choice[0] != ForwardedFor.REMOVE]
            self.fields["forwarded_for"].choices = modes  # type: ignore[attr-defined]  # a field of choices

    def clean(self) -> dict[str, Any]:
        """Say here what the service would refuse, before the change is reviewed."""
        cleaned = super().clean() or self.cleaned_data
        try:
            checked({name: cleaned[name] for name in self.fields if name in cleaned})
        except DomainError as error:
            add_domain_error(self, error)
        return cleaned

    @property
    def client_fields(self) -> list[BoundField]:
        """Who the client is."""
        return self._bound(("forwarded_for", "source_lookup", "trusted_sources"))

    @property
    def other_fields(self) -> list[BoundField]:
        """How the request came here."""
        names = ("proto", "port", "host", "client_port", "load_balancer_id", "load_balancer_address")
        return self._bound(names)

    @property
    def certificate_fields(self) -> list[tuple[BoundField, BoundField | None]]:
        """The parts of the client certificate, each with its alias where the product has them."""
        return [
            (self[part], self[f"{part}_alias"] if f"{part}_alias" in self.fields else None)
            for part in CERTIFICATE_HEADERS
            if part in self.fields
        ]

    def _bound(self, names: Sequence[str]) -> list[BoundField]:
        return [self[name] for name in names if name in self.fields]


def stored_headers(listener: Listener, form: HeadersForm) -> dict[str, Any]:
    """Return the listener's settings as the form spells them."""
    values: Mapping[str, Any] = asdict(read(listener.forwarded_headers))
    spelled = {**values, "trusted_sources": "\n".join(values["trusted_sources"])}
    return {name: spelled[name] for name in form.fields}


GUARDS = frozenset({*ALIASES, "source_lookup", "trusted_sources"})


def change_of(field: str) -> str:
    """Return what kind of change a field makes: who may send what is the listener's, what is sent on the routes'."""
    return "header-guards" if field in GUARDS else "header-values"
