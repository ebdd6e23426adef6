"""The page of all limits, which an administrator adjusts."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from access.actors import actor_of
from console.forms import StyledForm
from listeners import limits
from listeners.selectors.quotas import QuotaRow, quota_rows


class QuotasForm(StyledForm):
    """A field for each limit, called as the limit is."""

    def __init__(self, rows: list[QuotaRow], data: Mapping[str, Any] | None = None) -> None:
        super().__init__(data, initial={row.quota.name: row.quota.limit for row in rows})
        for row in rows:
            # Built in here, so styled in here too.
            widget = forms.NumberInput(attrs={"class": "form-control", "aria-label": row.quota.description})
            field = forms.IntegerField(min_value=0, max_value=limits.HIGHEST, widget=widget)
            self.fields[row.quota.name] = field


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def quota_list(request: HttpRequest) -> HttpResponse:
    """Show every limit and what is used of it; an administrator changes them, all at once."""
    rows = quota_rows()
    form = QuotasForm(rows, request.POST if request.method == "POST" else None)
    if request.method == "POST":
        limits.refuse_non_administrator(request.user)
        if form.is_valid():
            count = limits.set_quotas(actor_of(request), form.cleaned_data)
            words = ngettext("%(n)d limit is changed.", "%(n)d limits are changed.", count)
            messages.success(request, words % {"n": count})
            return redirect("quota-list")
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    context = {"form": form, "lines": [(row, form[row.quota.name]) for row in rows]}
    return render(request, "listeners/quota_list.html", context, status=status)
