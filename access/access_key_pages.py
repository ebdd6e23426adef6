"""The page of access keys: make one, see which there are, switch one off, delete one."""

from http import HTTPStatus

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST

from access.access_keys import (
    access_key_by_id,
    access_keys_of,
    create_access_key,
    delete_access_key,
    set_access_key_enabled,
)
from access.actors import actor_of
from access.models import LONGEST_KEY_NAME
from console.form_pages import attempt
from console.forms import StyledForm
from console.tables import keyset_page


class AccessKeyForm(StyledForm):
    """An access key to make."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=LONGEST_KEY_NAME,
        help_text=gettext_lazy("What it is for, such as the script that will use it."),
    )


@never_cache
@sensitive_variables("made")
@require_http_methods(["GET", "HEAD", "POST"])
def access_key_list(request: HttpRequest) -> HttpResponse:
    """List access keys and make new ones; a secret is shown on the answer to its making, and never again."""
    form = AccessKeyForm(request.POST if request.method == "POST" else None)
    user = request.user
    made = None
    if request.method == "POST":
        made = attempt(
            form,
            lambda: create_access_key(actor_of(request), user, form.cleaned_data["name"]),  # type: ignore[arg-type]
        )
    if made:
        return render(request, "access/access_key_made.html", {"made": made, "address": settings.PUBLIC_URL})
    rows = access_keys_of(user)  # type: ignore[arg-type]  # signed in
    page = keyset_page(rows, ("-created_at", "id"), request.GET.get("cursor", ""))
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    context = {"form": form, "page": page, "address": settings.PUBLIC_URL}
    return render(request, "access/access_key_list.html", context, status=status)


@require_POST
def access_key_switch(request: HttpRequest, key_id: str) -> HttpResponse:
    """Switch an access key off, or on again."""
    row = access_key_by_id(request.user, key_id)  # type: ignore[arg-type]  # signed in
    set_access_key_enabled(actor_of(request), row, enabled=request.POST.get("enabled") == "true")
    said = _("The access key “%(name)s” is on.") if row.is_enabled else _("The access key “%(name)s” is off.")
    messages.success(request, said % {"name": row})
    return redirect("access-key-list")


@require_http_methods(["GET", "HEAD", "POST"])
def access_key_delete(request: HttpRequest, key_id: str) -> HttpResponse:
    """Delete an access key."""
    row = access_key_by_id(request.user, key_id)  # type: ignore[arg-type]  # signed in
    if request.method == "POST":
        delete_access_key(actor_of(request), row)
        messages.success(request, _("The access key “%(name)s” signs nothing any more.") % {"name": row})
        return redirect("access-key-list")
    return render(request, "access/access_key_delete.html", {"row": row})
