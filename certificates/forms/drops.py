"""The form that takes a drop: several files, pasted text, a passphrase."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext_lazy as _

from certificates.forms.certificates import LONGEST_TEXT, PEM_ATTRIBUTES, SecretTextarea
from certificates.messages import error_of
from certificates.parsing.drops import Drop, DroppedFile
from certificates.parsing.formats import LARGEST_INPUT_BYTES
from certificates.parsing.refusals import Refusal
from console.errors import DomainError
from console.forms import StyledForm

LONGEST_PASSPHRASE = 1000


def _passphrase_field(help_text: Any) -> forms.CharField:
    return forms.CharField(
        label=_("Passphrase"),
        required=False,
        strip=False,
        max_length=LONGEST_PASSPHRASE,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=help_text,
    )


class DropForm(StyledForm):
    """What an operator gives at once."""

    text = forms.CharField(
        label=_("or paste text"),
        required=False,
        max_length=LONGEST_TEXT,
        strip=False,
        widget=SecretTextarea(attrs={**PEM_ATTRIBUTES, "placeholder": "-----BEGIN CERTIFICATE-----"}),
        help_text=_("Certificates and keys in any order. What stands around them, such as a mail, is passed over."),
    )
    passphrase = _passphrase_field(
        _("Of encrypted keys, PKCS#12 files and Java key stores. The next page asks for another where it does not fit.")
    )

    def drop(self) -> Drop:
        """Return what was given; only for a valid form. Raises InvalidInputError."""
        files = [_read(file) for file in _files(self.files)]
        if text := self.cleaned_data["text"].strip():
            files.append(DroppedFile("", text.encode()))
        if not files:
            raise error_of(Refusal("drop.empty", "files"))
        passphrase: str = self.cleaned_data["passphrase"]
        return Drop(tuple(files), (passphrase,) if passphrase else ())


class PassphraseForm(StyledForm):
    """What opens the rest of a drop."""

    passphrase = _passphrase_field(_("It is tried on everything that is still closed."))


def _files(files: Any) -> "Sequence[UploadedFile[Any]]":
    return files.getlist("files") if isinstance(files, MultiValueDict) else []


def _read(file: "UploadedFile[Any]") -> DroppedFile:
    size = file.size or 0
    if size > LARGEST_INPUT_BYTES:
        raise _named(file, Refusal("input.too-large", "files", limit=LARGEST_INPUT_BYTES, size=size))
    content: bytes = file.read()
    if len(content) < size:  # there was no room for all of it
        raise error_of(Refusal("drop.too-large", "files"))
    return DroppedFile(file.name or "", content)


def _named(file: "UploadedFile[Any]", refusal: Refusal) -> DomainError:
    error = error_of(refusal)
    error.message = f"{file.name}: {error.message}"
    return error
