"""Forms of the revocation lists of a CA certificate."""

from django import forms
from django.utils.translation import gettext_lazy as _

from certificates.models import RevocationList
from certificates.parsing.refusals import Refusal
from certificates.parsing.revocation_lists import LARGEST_LIST_BYTES
from certificates.revocation.messages import list_error
from console.addresses import LONGEST_ADDRESS
from console.forms import StyledForm

WHEN_EXPIRED = (
    (RevocationList.WhenExpired.REFUSE, _("Refuse every client of its authority, until a newer list comes")),
    (RevocationList.WhenExpired.IGNORE, _("Let clients in without asking any list: revoked ones too")),
)


class ChoiceForm(StyledForm):
    """What listeners do with an expired list."""

    when_expired = forms.ChoiceField(
        label=_("When the list has expired"),
        choices=WHEN_EXPIRED,
        initial=RevocationList.WhenExpired.REFUSE,
        widget=forms.RadioSelect,
    )


class UploadForm(ChoiceForm):
    """A list from a file."""

    file = forms.FileField(
        label=_("Revocation list (CRL)"), allow_empty_file=True, help_text=_("DER or PEM, at most 32 MB.")
    )
    field_order = ("file", "when_expired")

    def data_given(self) -> bytes:
        """Return the file's bytes; only for a valid form. Raises DomainError for one that is too large."""
        file = self.cleaned_data["file"]
        size: int = file.size or 0
        if size > LARGEST_LIST_BYTES:  # not all of it was kept
            raise list_error(Refusal("crl.too-large", "file", limit=LARGEST_LIST_BYTES, size=size))
        content: bytes = file.read()
        return content


class AddressForm(ChoiceForm):
    """A list from an address."""

    url = forms.CharField(
        label=_("Address of the list"),
        max_length=LONGEST_ADDRESS,
        widget=forms.URLInput(attrs={"placeholder": "http://crl.example.com/clients.crl", "inputmode": "url"}),
        help_text=_("Fetched now, and from then on every hour, or sooner when the list ends sooner."),
    )
    field_order = ("url", "when_expired")


class EditForm(ChoiceForm):
    """Another choice for a list that is carried."""

    revision = forms.IntegerField(min_value=1, widget=forms.HiddenInput)
