"""Forms of the certificate repository. A private key is read and never shown again."""

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from certificates.messages import error_of
from certificates.models import Kind
from certificates.parsing.formats import LARGEST_INPUT_BYTES
from certificates.parsing.refusals import Refusal
from console.forms import StyledForm

LONGEST_TEXT = 2_000_000  # far above the parser's limit, which has the better words
LONGEST_TAGS = 5000  # 20 tags of the greatest length
PEM_ATTRIBUTES = {"class": "mono", "rows": 7, "spellcheck": "false", "autocomplete": "off", "autocapitalize": "off"}


class SecretTextarea(forms.Textarea):
    """A text area that never shows what was typed into it before."""

    def format_value(self, value: Any) -> str:
        """Return nothing, whatever was sent."""
        return ""


class PemForm(StyledForm):
    """A certificate with its chain and key: each as a file or as pasted text; a file wins over the text."""

    certificate_file = forms.FileField(
        label=_("Certificate file"),
        required=False,
        allow_empty_file=True,
        help_text=_("PEM, DER, PKCS#7, PKCS#12 (PFX), JKS or zip."),
    )
    certificate_pem = forms.CharField(
        label=_("Certificate and chain"),
        required=False,
        max_length=LONGEST_TEXT,
        strip=False,
        widget=forms.Textarea(attrs={**PEM_ATTRIBUTES, "placeholder": "-----BEGIN CERTIFICATE-----"}),
        help_text=_("PEM. The certificate first, then its intermediates; another order is put right."),
    )
    key_file = forms.FileField(label=_("Key file"), required=False, allow_empty_file=True)
    private_key_pem = forms.CharField(
        label=_("Private key"),
        required=False,
        max_length=LONGEST_TEXT,
        strip=False,
        widget=SecretTextarea(attrs={**PEM_ATTRIBUTES, "rows": 5, "placeholder": "-----BEGIN PRIVATE KEY-----"}),
        help_text=_("PEM: RSA, ECDSA or Ed25519, encrypted or not. It is sealed at once and never shown again."),
    )
    passphrase = forms.CharField(
        label=_("Passphrase"),
        required=False,
        strip=False,
        max_length=1000,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=_("Only for an encrypted key, PKCS#12 file or key store."),
    )

    def pem(self) -> dict[str, Any]:
        """Return the three inputs as the services take them; only for a valid form. Raises InvalidInputError."""
        key = self._content("key_file", "private_key_pem")
        return {
            "certificate_pem": self._content("certificate_file", "certificate_pem"),
            "private_key_pem": key or None,
            "passphrase": self.cleaned_data["passphrase"] or None,
        }

    def _content(self, file_field: str, text_field: str) -> bytes:
        file = self.cleaned_data[file_field]
        if isinstance(file, UploadedFile):
            size = file.size or 0
            if size > LARGEST_INPUT_BYTES:  # not all of it was kept
                raise error_of(Refusal("input.too-large", text_field, limit=LARGEST_INPUT_BYTES, size=size))
            content: bytes = file.read()
            return content
        text: str = self.cleaned_data[text_field]
        return text.encode()


class ImportForm(PemForm):
    """A new certificate."""

    kind = forms.ChoiceField(
        label=_("Kind"),
        choices=[(Kind.SERVER.value, Kind.SERVER.label), (Kind.CA.value, Kind.CA.label)],
        initial=Kind.SERVER.value,
        widget=forms.RadioSelect,
    )
    name = forms.CharField(
        label=_("Name"),
        required=False,
        max_length=128,
        help_text=_("Empty: the first name that the certificate is for."),
    )


class ReplaceForm(PemForm):
    """A new version of a certificate."""

    revision = forms.IntegerField(widget=forms.HiddenInput, min_value=0)


class DecideForm(StyledForm):
    """The decision on an upload that changes something worth a look; names are lost only for a reason."""

    reason = forms.CharField(
        label=_("Why these names may be lost"),
        error_messages={"required": _("Say why these names may be lost.")},
        max_length=500,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=_("Kept with the version and shown in its history."),
    )


class LabelsForm(StyledForm):
    """The name, the owner and the tags of a certificate."""

    revision = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
    name = forms.CharField(label=_("Name"), max_length=128)
    owner = forms.CharField(
        label=_("Owner"),
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"list": "owners", "autocomplete": "off"}),
        help_text=_("Who answers for it: a person or a team. A contact or contact group of this name is told."),
    )
    tags = forms.CharField(
        label=_("Tags"),
        required=False,
        max_length=LONGEST_TAGS,
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false", "placeholder": "env=production"}),
        help_text=_("One a line, as key=value or as a key alone."),
    )


class ConfirmForm(StyledForm):
    """The revision that a confirmation was shown for."""

    revision = forms.IntegerField(widget=forms.HiddenInput, min_value=0)


class RollBackForm(ConfirmForm):
    """The version to go back to, too."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1)
    reason = forms.CharField(
        label=_("Reason"),
        required=False,
        max_length=500,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=_("Kept in the audit trail."),
    )
