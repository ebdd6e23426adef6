"""Pages of certificate requests: the list of those that wait, create, complete, delete."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from access.actors import actor_of
from certificates import waiting
from certificates.forms.certificates import ConfirmForm
from certificates.forms.subjects import IssuedForm, RequestForm, initial_of
from certificates.selectors import certificate_by_id
from certificates.services import requests as services
from certificates.services.parsing import Imported
from console.form_pages import Crumb, FormPage, attempt, show_form
from console.tables import keyset_page

METHODS = ["GET", "HEAD", "POST"]


@require_safe
def request_list(request: HttpRequest) -> HttpResponse:
    """List the requests that wait, or those that are done."""
    is_waiting = request.GET.get("state") != "done"
    page = keyset_page(waiting.requests(is_waiting=is_waiting), waiting.ORDER, request.GET.get("cursor", ""))
    return render(request, "certificates/requests/list.html", {"page": page, "is_waiting": is_waiting})


@never_cache
@require_http_methods(METHODS)
def request_create(request: HttpRequest) -> HttpResponse:
    """Make a request, for a new certificate or for the next version of the one that the address names."""
    given = request.POST or request.GET
    renews = certificate_by_id(given["renews"]) if given.get("renews") else None
    form = RequestForm(request.POST or None, initial=initial_of(renews) if renews else {})
    if request.method == "POST":
        made = attempt(form, lambda: services.create_request(actor_of(request), _wanted(form)))
        if made:
            messages.success(request, _("The request is made. Send it to the authority."))
            return redirect("request-detail", made.pk)
    title = _("Create certificate request")
    template = "certificates/requests/create.html"
    page = FormPage(title, _("Create request"), reverse("request-list"), (_list_crumb(),), template=template)
    return show_form(request, form, page, renews=renews)


def _wanted(form: RequestForm) -> services.NewRequest:
    given = form.cleaned_data
    return services.NewRequest(
        names=given["names"],
        subject=form.subject(),
        name=given["name"],
        key_type=given["key_type"],
        renews=given["renews"],
    )


@never_cache
@require_http_methods(METHODS)
def request_detail(request: HttpRequest, request_id: str) -> HttpResponse:
    """Show a request; take the certificate that was issued for it."""
    row = waiting.request_by_id(request_id)
    form = IssuedForm(request.POST or None, initial={"revision": row.revision})
    if request.method == "POST":
        imported = attempt(form, lambda: _complete(request, request_id, form))
        if imported:
            messages.success(request, _("“%(name)s” is stored.") % {"name": imported.certificate.name})
            return redirect("certificate-detail", imported.certificate.pk)
    page = FormPage(row.name, "", reverse("request-list"), template="certificates/requests/detail.html")
    return show_form(request, form, page, row=row)


def _complete(request: HttpRequest, request_id: str, form: IssuedForm) -> Imported:
    given = form.cleaned_data
    return services.complete_request(
        actor_of(request),
        request_id,
        certificate_pem=given["certificate_pem"].encode(),
        expected_revision=given["revision"],
        reason=given["reason"],
    )


@require_safe
def request_csr(request: HttpRequest, request_id: str) -> HttpResponse:
    """Send the certificate signing request as a file."""
    row = waiting.request_by_id(request_id)
    answer = HttpResponse(row.csr_pem, content_type="application/pkcs10")
    answer["Content-Disposition"] = f'attachment; filename="{row.pk}.csr"'
    return answer


@never_cache
@require_http_methods(METHODS)
def request_delete(request: HttpRequest, request_id: str) -> HttpResponse:
    """Confirm, then delete a request; the key of one that waits is lost."""
    row = waiting.request_by_id(request_id)
    form = ConfirmForm(request.POST or None, initial={"revision": row.revision})
    if request.method == "POST" and attempt(form, lambda: _delete(request, request_id, form)) is not None:
        messages.success(request, _("The request “%(name)s” is deleted.") % {"name": row.name})
        return redirect("request-list")
    is_done = row.completed_at is not None
    lost = _("Its key is lost: a certificate that an authority issues for it can never be used. This cannot be undone.")
    page = FormPage(
        _("Delete certificate request"),
        _("Delete request"),
        reverse("request-detail", args=[row.pk]),
        (_list_crumb(), Crumb(row.name, reverse("request-detail", args=[row.pk]))),
        note=_("The certificate and its key stay; only the request goes.") if is_done else lost,
        is_dangerous=not is_done,
    )
    return show_form(request, form, page)


def _delete(request: HttpRequest, request_id: str, form: ConfirmForm) -> bool:
    services.delete_request(actor_of(request), request_id, expected_revision=form.cleaned_data["revision"])
    return True


def _list_crumb() -> Crumb:
    return Crumb(_("Certificate requests"), reverse("request-list"))
