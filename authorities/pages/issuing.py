"""Pages that issue and revoke certificates."""

from http import HTTPStatus

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from access.actors import actor_of
from authorities import selectors, services
from authorities.bulk import COLUMNS
from authorities.forms import OrderForm, RevokeForm, TableForm
from authorities.pages.authorities import METHODS, crumb_of, list_crumb
from certificates.models import Kind
from console.form_pages import FormPage, attempt, show_form


@never_cache
@require_http_methods(METHODS)
def certificate_issue(request: HttpRequest, authority_id: str) -> HttpResponse:
    """Issue a certificate, then go to it."""
    authority = selectors.authority_by_id(authority_id)
    purpose = request.GET.get("purpose")
    initial = {"purpose": purpose if purpose in {Kind.CLIENT, Kind.SERVER} else Kind.CLIENT.value}
    form = OrderForm(request.POST or None, initial=initial)
    if request.method == "POST":
        actor = actor_of(request)
        issued = attempt(
            form,
            lambda: services.issue_certificate(actor, authority_id, form.order(), name=form.cleaned_data["name"]),
        )
        if issued:
            messages.success(request, _("“%(name)s” is issued.") % {"name": issued.certificate.name})
            return redirect("certificate-detail", issued.certificate.pk)
    page = FormPage(
        _("Issue certificate"),
        _("Issue certificate"),
        reverse("authority-detail", args=[authority_id]),
        (list_crumb(), crumb_of(authority)),
        template="authorities/issue.html",
    )
    return show_form(request, form, page, authority=authority, version=selectors.current_version(authority))


@never_cache
@require_http_methods(METHODS)
def certificate_bulk(request: HttpRequest, authority_id: str) -> HttpResponse:
    """Issue a certificate for each line of a table, all or none."""
    authority = selectors.authority_by_id(authority_id)
    form = TableForm(request.POST or None, request.FILES or None)
    if request.method == "POST":
        issued = attempt(form, lambda: services.issue_table(actor_of(request), authority_id, form.content()))
        if issued:
            words = ngettext("%(count)d certificate is issued.", "%(count)d certificates are issued.", len(issued))
            messages.success(request, words % {"count": len(issued)})
            return redirect("authority-detail", authority_id)
    page = FormPage(
        _("Issue from a table"),
        _("Issue all"),
        reverse("authority-detail", args=[authority_id]),
        (list_crumb(), crumb_of(authority)),
        template="authorities/bulk.html",
    )
    return show_form(request, form, page, columns=COLUMNS)


@never_cache
@require_http_methods(METHODS)
def certificate_revoke(request: HttpRequest, authority_id: str, serial: str) -> HttpResponse:
    """Confirm with a reason, then revoke."""
    issued = selectors.issued_by_serial(authority_id, serial)
    if issued.revoked_at is not None:
        context = {"issued": issued, "authority": issued.authority}
        return render(request, "authorities/revoked.html", context, status=HTTPStatus.CONFLICT)
    form = RevokeForm(request.POST or None, initial={"reason": "unspecified"})
    if request.method == "POST":
        reason = form.data.get("reason", "")
        actor = actor_of(request)
        if attempt(form, lambda: services.revoke_certificate(actor, authority_id, serial, reason=reason)) is not None:
            messages.success(request, _("The certificate is revoked and the new list is published."))
            return redirect("authority-detail", authority_id)
    page = FormPage(
        _("Revoke certificate"),
        _("Revoke for good"),
        reverse("authority-detail", args=[authority_id]),
        (list_crumb(), crumb_of(issued.authority)),
        note=_(
            "It cannot be undone. Listeners here refuse it on new and resumed handshakes within a minute; "
            "connections that are open stay open. Others learn it from the revocation list and by OCSP."
        ),
        is_dangerous=True,
        template="authorities/revoke.html",
    )
    return show_form(request, form, page, issued=issued)
