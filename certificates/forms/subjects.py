"""Form fields that say whom a certificate is for: names, subject, key."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from certificates.alternative_names import split_names
from certificates.key_types import KeyType
from certificates.models import Certificate, Kind
from certificates.subjects import Subject
from console.forms import StyledForm

SUBJECT_FIELDS = ("common_name", "organization", "organizational_unit", "country", "state", "locality", "email")


class SubjectForm(StyledForm):
    """The parts of a distinguished name."""

    common_name = forms.CharField(label=_("Common name (CN)"), max_length=64, required=False)
    organization = forms.CharField(label=_("Organization (O)"), max_length=64, required=False)
    organizational_unit = forms.CharField(label=_("Unit (OU)"), max_length=64, required=False)
    country = forms.CharField(
        label=_("Country (C)"), max_length=2, required=False, help_text=_("Two letters, such as CN or DE.")
    )
    state = forms.CharField(label=_("State or province (ST)"), max_length=128, required=False)
    locality = forms.CharField(label=_("City (L)"), max_length=128, required=False)
    email = forms.CharField(label=_("Email"), max_length=254, required=False)

    def subject(self) -> Subject:
        """Return the subject; only for a valid form."""
        return Subject(**{part: self.cleaned_data[part] for part in SUBJECT_FIELDS})


class NamesField(forms.CharField):
    """Names, a line each; spaces and commas separate them as well."""

    def __init__(self, **options: Any) -> None:
        attributes = {"class": "mono", "rows": 4, "spellcheck": "false", "autocapitalize": "off"}
        super().__init__(max_length=30_000, widget=forms.Textarea(attrs=attributes), **options)

    def clean(self, value: Any) -> list[str]:
        """Return the names apart; whether they are names is the service's to say."""
        return split_names(super().clean(value))


class RequestForm(SubjectForm):
    """A certificate request to make."""

    names = NamesField(
        label=_("Names"),
        help_text=_("Host names and IP addresses, a line each. *.example.com is a wildcard; 中文.example is taken."),
    )
    key_type = forms.ChoiceField(label=_("Key"), choices=KeyType.choices, initial=KeyType.P256.value)
    name = forms.CharField(
        label=_("Name in the repository"),
        max_length=128,
        required=False,
        help_text=_("Empty: the first name that the certificate is for."),
    )
    renews = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)


class IssuedForm(StyledForm):
    """The certificate that was issued for a request."""

    revision = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
    certificate_pem = forms.CharField(
        label=_("Issued certificate"),
        max_length=2_000_000,
        strip=False,
        widget=forms.Textarea(
            attrs={"class": "mono", "rows": 7, "spellcheck": "false", "placeholder": "-----BEGIN CERTIFICATE-----"}
        ),
        help_text=_("PEM, with its intermediates in any order. The key is here already."),
    )
    reason = forms.CharField(
        label=_("Why names may be lost"),
        max_length=500,
        required=False,
        help_text=_("Only where the renewed certificate had names that this one has not."),
    )


def initial_of(certificate: Certificate) -> dict[str, Any]:
    """Return the form's first values for a request that renews a certificate: its names and its name."""
    version = certificate.current_version
    if certificate.kind != Kind.SERVER or version is None:
        return {}
    names = [name.value for name in version.names.filter(kind__in=("dns", "ip"))]
    return {
        "renews": certificate.pk,
        "name": certificate.name,
        "names": "\n".join(names),
        "common_name": version.common_name[:64],
    }
