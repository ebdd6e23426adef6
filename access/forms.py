"""Forms of signing in and of the own password."""

from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from access.reauthentication import refuse_wrong_password
from console.errors import ForbiddenError
from console.forms import Styled


class SignInForm(Styled, AuthenticationForm):
    """User name and password."""

    error_messages = {
        "invalid_login": _("The user name or the password is wrong. Both are case-sensitive."),
        "inactive": _("This account is switched off."),
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].label = _("User name")


class OwnPasswordForm(Styled, PasswordChangeForm):
    """The old password, and the new one twice."""

    field_order = ["old_password", "new_password1", "new_password2"]

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(request.user, *args, **kwargs)
        self._request = request
        self.fields["old_password"].label = _("Current password")
        self.fields["new_password1"].label = _("New password")
        self.fields["new_password2"].label = _("New password, again")
        self.fields["new_password2"].help_text = ""

    def clean_old_password(self) -> str:
        """Return it if it is right; guesses are slowed down, for a stolen session must not find it out."""
        old: str = self.cleaned_data["old_password"]
        try:
            refuse_wrong_password(self._request, self.user, old)
        except ForbiddenError as error:
            raise forms.ValidationError(error.message, error.code) from None
        return old
