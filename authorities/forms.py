"""Forms of authorities and CA repositories."""

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from authorities.bulk import LARGEST_TABLE_BYTES
from authorities.models import IssuedCertificate
from authorities.orders import Order
from authorities.services import NewAuthority
from certificates.forms.subjects import NamesField, SubjectForm
from certificates.key_types import KeyType
from certificates.signing_requests import LARGEST_REQUEST_BYTES
from console.errors import InvalidInputError
from console.forms import StyledForm

PURPOSES = (("client", _("Client certificate")), ("server", _("Server certificate")))
NO_LIMIT = "any"
PATH_LENGTHS = (
    ("0", _("None: it signs server and client certificates only")),
    ("1", _("One level of authorities")),
    ("2", _("Two levels")),
    ("3", _("Three levels")),
    (NO_LIMIT, _("No limit")),
)


class RevisionForm(StyledForm):
    """The revision that a page was shown for."""

    revision = forms.IntegerField(widget=forms.HiddenInput, min_value=0)


class AuthorityForm(SubjectForm):
    """An authority to create."""

    name = forms.CharField(
        label=_("Name in the repository"), max_length=128, required=False, help_text=_("Empty: the common name.")
    )
    parent_id = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)
    key_type = forms.ChoiceField(label=_("Key"), choices=KeyType.choices, initial=KeyType.P256.value)
    days = forms.IntegerField(label=_("Days of validity"), min_value=1, max_value=36_500, initial=3650)
    path_length = forms.ChoiceField(label=_("Authorities below it"), choices=PATH_LENGTHS, initial="0")
    permitted_names = NamesField(
        label=_("Permitted names"),
        required=False,
        help_text=_("Empty: any. A domain with what is below it, a network, a mailbox, or @host for all of a host."),
    )
    excluded_names = NamesField(label=_("Excluded names"), required=False, help_text=_("Never signed."))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["common_name"].required = True

    def new(self) -> NewAuthority:
        """Return the authority that is wanted; only for a valid form."""
        given = self.cleaned_data
        length = given["path_length"]
        plain = {field: given[field] for field in ("name", "parent_id", "key_type", "days")}
        return NewAuthority(
            subject=self.subject(),
            path_length=None if length == NO_LIMIT else int(length),
            permitted_names=given["permitted_names"],
            excluded_names=given["excluded_names"],
            **plain,
        )


class OrderForm(SubjectForm):
    """A certificate to issue."""

    purpose = forms.ChoiceField(label=_("For"), choices=PURPOSES, initial="client", widget=forms.RadioSelect)
    names = NamesField(
        label=_("Names"),
        required=False,
        help_text=_("A server's host names and IP addresses, a line each; of a client if it has any, also emails."),
    )
    days = forms.IntegerField(label=_("Days of validity"), min_value=1, max_value=36_500, initial=365)
    key_type = forms.ChoiceField(label=_("Key"), choices=KeyType.choices, initial=KeyType.P256.value)
    csr_pem = forms.CharField(
        label=_("Certificate signing request"),
        required=False,
        max_length=LARGEST_REQUEST_BYTES,
        widget=forms.Textarea(attrs={"class": "mono", "rows": 6, "placeholder": "-----BEGIN CERTIFICATE REQUEST-----"}),
        help_text=_("Empty: a key is made here and kept sealed. With a request only its public key is taken."),
    )
    names_from_csr = forms.BooleanField(label=_("Take the subject and the names from the request"), required=False)
    name = forms.CharField(
        label=_("Name in the repository"), max_length=128, required=False, help_text=_("Empty: its first name.")
    )

    def order(self) -> Order:
        """Return the certificate that is wanted; only for a valid form."""
        given = self.cleaned_data
        plain = {field: given[field] for field in ("purpose", "names", "days", "key_type", "names_from_csr")}
        return Order(subject=self.subject(), csr_pem=given["csr_pem"].encode(), **plain)


class TableForm(StyledForm):
    """Certificates to issue, as CSV: a file or pasted text."""

    file = forms.FileField(label=_("CSV file"), required=False, allow_empty_file=True)
    table = forms.CharField(
        label=_("or as text"),
        required=False,
        max_length=LARGEST_TABLE_BYTES,
        strip=False,
        widget=forms.Textarea(attrs={"class": "mono", "rows": 8, "spellcheck": "false"}),
    )

    def clean(self) -> dict[str, Any]:
        """Refuse a form with neither a file nor text."""
        return _refuse_nothing(self, "table")

    def content(self) -> bytes:
        """Return what was given; a file wins. Raises InvalidInputError for one that is too large."""
        file = self.cleaned_data["file"]
        if not isinstance(file, UploadedFile):
            text: str = self.cleaned_data["table"]
            return text.encode()
        if (file.size or 0) > LARGEST_TABLE_BYTES:
            raise InvalidInputError(
                _("The table has more than %(limit)s bytes.") % {"limit": LARGEST_TABLE_BYTES},
                "bulk.refused",
                field="table",
            )
        content: bytes = file.read()
        return content


class RevokeForm(StyledForm):
    """Why a certificate is revoked."""

    reason = forms.ChoiceField(label=_("Reason"), choices=IssuedCertificate.Reason.choices, widget=forms.RadioSelect)


class SettingsForm(RevisionForm):
    """How an authority publishes."""

    crl_hours = forms.IntegerField(
        label=_("A revocation list is good for (hours)"),
        min_value=1,
        max_value=8760,
        help_text=_("The next one is made when half of that has passed, and at once when something is revoked."),
    )


class RenewForm(RevisionForm):
    """For how long an authority's renewed certificate is valid."""

    days = forms.IntegerField(
        label=_("Days of validity"), min_value=1, max_value=36_500, help_text=_("Proposed: as long as it is valid now.")
    )


class DeleteForm(RevisionForm):
    """Confirm that an authority goes, and perhaps that its certificates are abandoned."""

    abandon = forms.BooleanField(required=False)


class RepositoryForm(StyledForm):
    """A repository of CA certificates."""

    name = forms.CharField(label=_("Name"), max_length=128)
    description = forms.CharField(label=_("Description"), max_length=255, required=False)


class RepositoryEditForm(RepositoryForm, RevisionForm):
    """Another name or description of a repository."""


class UploadForm(StyledForm):
    """A CA certificate to upload: a file or pasted text."""

    file = forms.FileField(label=_("Certificate file"), required=False, allow_empty_file=True)
    certificate_pem = forms.CharField(
        label=_("CA certificate"),
        required=False,
        max_length=2_000_000,
        strip=False,
        widget=forms.Textarea(
            attrs={"class": "mono", "rows": 7, "spellcheck": "false", "placeholder": "-----BEGIN CERTIFICATE-----"}
        ),
        help_text=_("A self-signed root or an intermediate."),
    )
    name = forms.CharField(label=_("Name"), max_length=128, required=False, help_text=_("Empty: its common name."))

    def clean(self) -> dict[str, Any]:
        """Refuse a form with neither a file nor text."""
        return _refuse_nothing(self, "certificate_pem")

    def content(self) -> bytes:
        """Return what was given; a file wins."""
        file = self.cleaned_data["file"]
        if isinstance(file, UploadedFile):
            content: bytes = file.read()
            return content
        text: str = self.cleaned_data["certificate_pem"]
        return text.encode()


def _refuse_nothing(form: forms.Form, text_field: str) -> dict[str, Any]:
    given = form.cleaned_data
    if not given.get("file") and not given.get(text_field, "").strip() and not form.errors:
        form.add_error(text_field, _("Choose a file, or paste its text here."))
    return given
