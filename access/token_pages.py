"""The page of bearer tokens: make one, see which there are, take one back."""

import datetime as dt
from http import HTTPStatus

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods

from access.actors import actor_of
from access.models import LONGEST_TOKEN_NAME
from access.scopes import AREA_NAMES, SCOPES
from access.tokens import delete_token, make_token, token_by_id, tokens_of
from console.form_pages import attempt
from console.forms import StyledForm
from console.tables import keyset_page

_AREA_LABELS = {
    "load-balancing": gettext_lazy("Load balancing"),
    "certificates": gettext_lazy("Certificates"),
    "authorities": gettext_lazy("Authorities"),
    "renewals": gettext_lazy("Renewals"),
    "alerts": gettext_lazy("Alerts"),
    "system": gettext_lazy("System"),
}
EVERYTHING = ""
_DAYS = (7, 30, 90, 365)


class TokenForm(StyledForm):
    """A token to make."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=LONGEST_TOKEN_NAME,
        help_text=gettext_lazy("What it is for, such as the machine that will use it."),
    )
    level = forms.ChoiceField(
        label=gettext_lazy("May"),
        choices=[
            ("read", gettext_lazy("Read")),
            ("write", gettext_lazy("Read and write")),
            (EVERYTHING, gettext_lazy("All that you may, with what will come")),
        ],
        required=False,
    )
    areas = forms.MultipleChoiceField(
        label=gettext_lazy("Areas"),
        choices=[(area, _AREA_LABELS[area]) for area in AREA_NAMES],
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text=gettext_lazy("None chosen: in all of them."),
    )
    days = forms.TypedChoiceField(
        label=gettext_lazy("Ends"),
        choices=[
            *((days, ngettext_lazy("in %(n)d day", "in %(n)d days", days) % {"n": days}) for days in _DAYS),
            ("", gettext_lazy("never")),
        ],
        initial=90,
        coerce=int,
        empty_value=None,
        required=False,
    )

    @property
    def scopes(self) -> list[str]:
        """The scopes that were chosen."""
        level, areas = self.cleaned_data["level"], self.cleaned_data["areas"]
        if level == EVERYTHING:
            return []
        return [f"{area}:{level}" for area in areas] or [level]

    @property
    def expires_at(self) -> dt.datetime | None:
        """The end that was chosen."""
        days = self.cleaned_data["days"]
        return timezone.now() + dt.timedelta(days=days) if days else None


@never_cache
@sensitive_variables("made")
@require_http_methods(["GET", "HEAD", "POST"])
def token_list(request: HttpRequest) -> HttpResponse:
    """List the tokens and make new ones; a new one is shown on the answer to its making, and never again."""
    form = TokenForm(request.POST if request.method == "POST" else None)
    made = None
    if request.method == "POST":
        made = attempt(
            form,
            lambda: make_token(
                actor_of(request),
                request.user,  # type: ignore[arg-type]  # signed in
                name=form.cleaned_data["name"],
                scopes=form.scopes,
                expires_at=form.expires_at,
            ),
        )
    if made:
        return render(request, "access/token_made.html", {"made": made})
    page = keyset_page(tokens_of(request.user), ("-id",), request.GET.get("cursor", ""))  # type: ignore[arg-type]
    context = {"form": form, "page": page, "now": timezone.now(), "all_scopes": SCOPES}
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(request, "access/token_list.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def token_delete(request: HttpRequest, token_id: int) -> HttpResponse:
    """Take a token back."""
    row = token_by_id(request.user, token_id)  # type: ignore[arg-type]  # signed in
    if request.method == "POST":
        delete_token(actor_of(request), row)
        messages.success(request, _("The token “%(name)s” opens nothing any more.") % {"name": row})
        return redirect("token-list")
    return render(request, "access/token_delete.html", {"row": row})
