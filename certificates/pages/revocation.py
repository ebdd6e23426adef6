"""Pages of the revocation lists that a CA certificate carries."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods, require_POST

from access.actors import actor_of
from certificates.forms.certificates import ConfirmForm
from certificates.forms.revocation import AddressForm, EditForm, UploadForm
from certificates.models import RevocationList
from certificates.parsing.revocation_lists import LARGEST_LIST_BYTES
from certificates.revocation.fetching import fetch_list
from certificates.revocation.reading import carried_list, lists_of, revocation_of
from certificates.revocation.services import add_list_address, ca_certificate, delete_list, update_list, upload_list
from certificates.revocation.standing import overview_of, standing_of
from certificates.usage import usages_of
from console.errors import DomainError, StaleError
from console.forms import add_domain_error
from console.uploads import MemoryUploadHandler

Take = Callable[[], RevocationList]


@never_cache
@require_http_methods(["GET", "HEAD"])
def revocation_lists(request: HttpRequest, certificate_id: str) -> HttpResponse:
    """Show the lists of a CA certificate, and the ways to give it one."""
    chosen = lists_of(certificate_id).values_list("when_expired", flat=True).first()
    # A newer list comes with the choice that was made for the one before.
    initial = {"when_expired": chosen} if chosen else {}
    upload, address = UploadForm(prefix="file", initial=initial), AddressForm(prefix="url", initial=initial)
    return _page(request, certificate_id, upload, address)


@csrf_exempt  # only until the handler below is in place: reading the token would read the upload
@require_POST
def revocation_list_upload(request: HttpRequest, certificate_id: str) -> HttpResponse:
    """Take a list from a file, with room for a large one."""
    request.upload_handlers = [MemoryUploadHandler(request, room=LARGEST_LIST_BYTES)]
    return _upload(request, certificate_id)


@csrf_protect
def _upload(request: HttpRequest, certificate_id: str) -> HttpResponse:
    form = UploadForm(request.POST, request.FILES, prefix="file")
    if form.is_valid():
        given = form.cleaned_data
        done = _is_taken(
            request,
            form,
            lambda: upload_list(
                actor_of(request), certificate_id, data=form.data_given(), when_expired=given["when_expired"]
            ),
        )
        if done:
            return redirect("revocation-lists", certificate_id)
    return _page(request, certificate_id, form, AddressForm(prefix="url"))


@require_POST
def revocation_list_address(request: HttpRequest, certificate_id: str) -> HttpResponse:
    """Take a list from an address, now and by the clock."""
    form = AddressForm(request.POST, prefix="url")
    if form.is_valid():
        given = form.cleaned_data
        done = _is_taken(
            request,
            form,
            lambda: add_list_address(
                actor_of(request), certificate_id, url=given["url"], when_expired=given["when_expired"]
            ),
        )
        if done:
            return redirect("revocation-lists", certificate_id)
    return _page(request, certificate_id, UploadForm(prefix="file"), form)


def _is_taken(request: HttpRequest, form: forms.Form, take: Take) -> bool:
    try:
        row = take()
    except DomainError as error:
        add_domain_error(form, error)
        return False
    words = {"issuer": row.issuer, "count": row.entries}
    messages.success(request, _("The list of %(issuer)s is stored; it names %(count)d certificates.") % words)
    overview = overview_of(row.certificate_id)
    if overview.check.uncovered:
        messages.warning(request, overview.sentence)
    return True


def _page(request: HttpRequest, certificate_id: str, upload: forms.Form, address: forms.Form) -> HttpResponse:
    certificate = ca_certificate(certificate_id)
    context = {
        "certificate": certificate,
        "overview": overview_of(certificate.pk),
        "usages": usages_of([certificate.pk])[certificate.pk],
        "upload": upload,
        "address": address,
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if upload.errors or address.errors else HTTPStatus.OK
    return render(request, "certificates/revocation/lists.html", context, status=status)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def revocation_list_detail(request: HttpRequest, list_id: int) -> HttpResponse:
    """Show one list, and change what listeners do with it when it has expired."""
    row = carried_list(list_id)
    initial = {"when_expired": row.when_expired, "revision": row.revision}
    form = EditForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid() and _is_changed(request, row, form):
        return redirect("revocation-list-detail", list_id)
    now = timezone.now()
    context = {
        "certificate": row.certificate,
        "standing": standing_of(row, revocation_of(row.certificate_id).at(now), now),
        "usages": usages_of([row.certificate_id])[row.certificate_id],
        "form": form,
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(request, "certificates/revocation/detail.html", context, status=status)


def _is_changed(request: HttpRequest, row: RevocationList, form: forms.Form) -> bool:
    given: dict[str, Any] = form.cleaned_data
    try:
        update_list(
            actor_of(request),
            row.certificate_id,
            row.pk,
            when_expired=given["when_expired"],
            expected_revision=given["revision"],
        )
    except StaleError:
        raise
    except DomainError as error:
        add_domain_error(form, error)
        return False
    messages.success(request, _("The choice is saved; listeners follow at once."))
    return True


@require_POST
def revocation_list_fetch(request: HttpRequest, list_id: int) -> HttpResponse:
    """Ask the list's address for a newer one now."""
    row = carried_list(list_id)
    try:
        fetched = fetch_list(actor_of(request), row.certificate_id, row.pk)
    except DomainError as error:
        messages.error(request, str(error))
    else:
        is_new = fetched.sha256 != row.sha256
        messages.success(
            request, _("A newer list was fetched.") if is_new else _("The address still has the same list.")
        )
    return redirect("revocation-list-detail", list_id)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def revocation_list_delete(request: HttpRequest, list_id: int) -> HttpResponse:
    """Confirm, then carry a list no longer."""
    row = carried_list(list_id)
    form = ConfirmForm(request.POST or None, initial={"revision": row.revision})
    if request.method == "POST" and form.is_valid():
        revision = form.cleaned_data["revision"]
        delete_list(actor_of(request), row.certificate_id, row.pk, expected_revision=revision)
        messages.success(request, _("The list of %(issuer)s is deleted.") % {"issuer": row.issuer})
        return redirect("revocation-lists", row.certificate_id)
    context = {
        "certificate": row.certificate,
        "row": row,
        "usages": usages_of([row.certificate_id])[row.certificate_id],
        "form": form,
    }
    return render(request, "certificates/revocation/delete.html", context)
