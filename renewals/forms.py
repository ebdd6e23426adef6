"""Forms of accounts and renewals."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from authorities.models import Authority
from certificates.key_types import KeyType
from certificates.names import LONGEST_NAME
from console.forms import StyledForm
from renewals.challenges.dns_hooks import hooks
from renewals.checks import LONGEST_DAYS
from renewals.models import AcmeAccount, Renewal
from renewals.names import parsed_names
from renewals.selectors import accounts, authorities

LONGEST_NAMES = 30_000
ACCOUNT, AUTHORITY = "account", "authority"


class AccountForm(StyledForm):
    """What is said of an account; ``revision`` tells a save from an older page."""

    name = forms.CharField(label=_("Name"), max_length=LONGEST_NAME, help_text=_("What people call it."))
    contact = forms.CharField(
        label=_("Contact"),
        max_length=254,
        required=False,
        widget=forms.EmailInput(attrs={"placeholder": "ops@example.com"}),
        help_text=_("A mail address that the authority may write to."),
    )
    trusted_ca_pem = forms.CharField(
        label=_("Trusted CA"),
        required=False,
        strip=True,
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false", "class": "mono"}),
        help_text=_("PEM. Only for a private server: the CA certificate that signed the server's own certificate."),
    )
    revision = forms.IntegerField(widget=forms.HiddenInput, required=False)


class NewAccountForm(AccountForm):
    """A new account, with what only its creation needs."""

    directory_url = forms.CharField(
        label=_("Directory"),
        max_length=2000,
        widget=forms.URLInput(attrs={"placeholder": "https://acme.example.com/directory", "spellcheck": "false"}),
        help_text=_("The address of the ACME server's directory, from the authority's documentation."),
    )
    eab_key_id = forms.CharField(
        label=_("Key id"), max_length=255, required=False, widget=forms.TextInput(attrs={"spellcheck": "false"})
    )
    eab_key = forms.CharField(
        label=_("Key"),
        max_length=1000,
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text=_("base64url, as the authority shows it."),
    )
    terms_agreed = forms.BooleanField(label=_("I agree to the authority's terms of service"), required=False)


class RenewalForm(StyledForm):
    """How a certificate is renewed."""

    names = forms.CharField(
        label=_("Names"),
        max_length=LONGEST_NAMES,
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false", "class": "mono"}),
        help_text=_("Host names or IP addresses, one a line. A wildcard such as *.example.com needs DNS-01."),
    )
    challenge = forms.ChoiceField(
        label=_("Challenge"),
        choices=[
            (Renewal.Challenge.TLS_ALPN_01, _("TLS-ALPN-01: port 443 of the names leads to a TCPSSL listener")),
            (Renewal.Challenge.HTTP_01, _("HTTP-01: port 80 of the names is forwarded to this console")),
            (Renewal.Challenge.DNS_01, _("DNS-01: a hook writes a record")),
        ],
        initial=Renewal.Challenge.TLS_ALPN_01,
        required=False,
        widget=forms.RadioSelect,
        help_text=_("How an ACME server sees that the names are yours. A private authority does not ask."),
    )
    dns_hook = forms.ChoiceField(label=_("Hook"), required=False, help_text=_("For DNS-01 only."))
    key_type = forms.ChoiceField(
        label=_("Key"), choices=KeyType.choices, initial=KeyType.P256, help_text=_("A new key is made each time.")
    )
    days = forms.IntegerField(
        label=_("Days"),
        min_value=1,
        max_value=LONGEST_DAYS,
        initial=90,
        required=False,
        help_text=_("How long a certificate of a private authority lives. An ACME server decides by itself."),
    )
    revision = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        hook = self.fields["dns_hook"]
        if isinstance(hook, forms.ChoiceField):
            hook.choices = [("", "—"), *((name, name) for name in hooks())]

    def clean_names(self) -> list[str]:
        """Return the names one by one."""
        return parsed_names(self.cleaned_data["names"])

    def how(self) -> dict[str, Any]:
        """Return what the services take."""
        data = self.cleaned_data
        given = {field: data[field] for field in ("names", "challenge", "dns_hook", "key_type")}
        return given | {"days": data["days"] or 90}


class IssuedRenewalForm(RenewalForm):
    """By whom and how a certificate is renewed."""

    issuer = forms.ChoiceField(label=_("Issued by"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        issuer = self.fields["issuer"]
        if isinstance(issuer, forms.ChoiceField):
            issuer.choices = [
                (_("ACME accounts"), [(f"{ACCOUNT}:{row.pk}", row.name) for row in accounts()]),
                (_("Private authorities"), [(f"{AUTHORITY}:{row.pk}", _called(row)) for row in authorities()]),
            ]

    def asked(self) -> dict[str, Any]:
        """Return who issues and how it is renewed, as the services take it."""
        kind, _colon, key = self.cleaned_data["issuer"].partition(":")
        issuer = {"account_id": key if kind == ACCOUNT else "", "authority_id": key if kind == AUTHORITY else ""}
        return issuer | self.how()


class NewRenewalForm(IssuedRenewalForm):
    """A certificate to request."""

    name = forms.CharField(
        label=_("Certificate"),
        max_length=LONGEST_NAME,
        required=False,
        help_text=_("What it is called in the repository; the first of the names if left empty."),
    )


def _called(authority: Authority) -> str:
    return authority.certificate.name


def initial_of_account(account: AcmeAccount) -> dict[str, Any]:
    """Return what the form shows of a stored account."""
    return {field: getattr(account, field) for field in ("name", "contact", "trusted_ca_pem", "revision")}


def initial_of_renewal(renewal: Renewal) -> dict[str, Any]:
    """Return what the form shows of a stored renewal."""
    shown = {field: getattr(renewal, field) for field in ("challenge", "dns_hook", "key_type", "days", "revision")}
    issuer = f"{ACCOUNT}:{renewal.account_id}" if renewal.account_id else f"{AUTHORITY}:{renewal.authority_id}"
    return shown | {"names": "\n".join(renewal.names), "issuer": issuer}
