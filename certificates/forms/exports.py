"""Forms of the exports. Passwords and passphrases are read and never shown again."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from certificates.exports.formats import FORMATS
from console.forms import StyledForm


def _secret(label: Any, help_text: Any = "", *, autocomplete: str = "new-password") -> forms.CharField:
    widget = forms.PasswordInput(attrs={"autocomplete": autocomplete})
    return forms.CharField(label=label, help_text=help_text, max_length=1000, strip=False, widget=widget)


class TrustStoreForm(StyledForm):
    """The passphrase of a file, twice: nobody could open it after a typing error."""

    passphrase = _secret(_("Passphrase of the file"), _("12 characters or more. It is needed to open the file."))
    passphrase_again = _secret(_("The passphrase again"))

    def clean(self) -> dict[str, Any]:
        """Refuse two passphrases that differ."""
        given = super().clean() or {}
        if given.get("passphrase") != given.get("passphrase_again"):
            self.add_error("passphrase_again", _("The two passphrases differ."))
        return given


class ExportForm(TrustStoreForm):
    """What to export, and the password of the person who asks."""

    format = forms.ChoiceField(
        label=_("Format"), choices=[(name, each.label) for name, each in FORMATS.items()], initial="pfx"
    )
    password = _secret(
        _("Your password"), _("It is asked again because a private key leaves."), autocomplete="current-password"
    )

    field_order = ("format", "passphrase", "passphrase_again", "password")
