"""The form that adds a certificate to regions for Classic Load Balancers: from the repository, or an upload."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from certificates.forms.certificates import ImportForm
from certificates.models import Kind
from listeners.ca_sources import CaSource
from listeners.forms import IdField


class Origin(models.TextChoices):
    """Where the certificate comes from."""

    REPOSITORY = "repository", gettext_lazy("Certificate repository")
    THIRD_PARTY = "third-party", gettext_lazy("Third-party certificates")


class RegionalCertificateForm(ImportForm):
    """A certificate to add: its origin, its type, and every region where it is to be used."""

    source = forms.ChoiceField(
        label=gettext_lazy("Certificate source"),
        choices=Origin.choices,
        initial=Origin.REPOSITORY,
        widget=forms.RadioSelect,
    )
    regional_certificate_id = IdField(label=gettext_lazy("Server certificate"), required=False)
    ca_certificate_id = IdField(label=gettext_lazy("CA certificate"), required=False)
    ca_source = forms.ChoiceField(choices=[("", ""), *CaSource.choices], required=False)
    ca_repository_id = IdField(required=False)
    regions = forms.MultipleChoiceField(
        label=gettext_lazy("Regions"), required=False, widget=forms.CheckboxSelectMultiple
    )
    other_region = forms.CharField(
        label=gettext_lazy("Another region"),
        required=False,
        max_length=64,
        help_text=gettext_lazy("One that has neither a load balancer nor a certificate yet."),
    )
    field_order = ("source", "kind")

    def __init__(self, *args: Any, regions: Sequence[str], **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["kind"].label = _("Certificate type")
        self.fields["name"].label = _("Certificate name")
        field = self.fields["regions"]
        if isinstance(field, forms.MultipleChoiceField):
            field.choices = [(region, region) for region in regions]

    @property
    def picked_field(self) -> str:
        """The field in which a certificate of the repository is picked, by its type."""
        return "ca_certificate_id" if self["kind"].value() == Kind.CA else "regional_certificate_id"

    def all_regions(self) -> list[str]:
        """Return the regions that were ticked, and the one that was typed; only for a valid form."""
        typed = self.cleaned_data["other_region"].strip()
        return [*self.cleaned_data["regions"], *([typed] if typed else [])]

    def clean(self) -> dict[str, Any]:
        """Ask for a certificate of the repository where that is the source."""
        cleaned = super().clean() or {}
        if cleaned.get("source") == Origin.REPOSITORY and not cleaned.get(self.picked_field):
            self.add_error(self.picked_field, _("Select a certificate of the repository."))
        return cleaned
