"""Pages of authorities: the list, the tabs of one, create, settings, delete."""

import datetime as dt
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from access.actors import actor_of
from authorities import selectors, services
from authorities.addresses import addresses_of, are_plain
from authorities.constraints import constraints_of, subtree_text
from authorities.forms import AuthorityForm, DeleteForm, RenewForm, SettingsForm
from authorities.models import Authority
from authorities.services.changing import valid_count
from authorities.services.renewing import usual_days
from certificates.usage import usages_of
from console.form_pages import Crumb, FormPage, attempt, show_form
from console.returning import return_address, with_query
from console.tables import keyset_page

METHODS = ["GET", "HEAD", "POST"]
ORDER = ("created_at", "id")
ENDS_SOON = dt.timedelta(days=30)


@require_safe
def authority_list(request: HttpRequest) -> HttpResponse:
    """List the private authorities."""
    page = keyset_page(selectors.authorities(), ORDER, request.GET.get("cursor", ""))
    return render(request, "authorities/list.html", {"page": page})


@require_safe
def authority_detail(request: HttpRequest, authority_id: str) -> HttpResponse:
    """Show what an authority issued, newest first."""
    authority = selectors.authority_by_id(authority_id)
    state = request.GET.get("state", "")
    found = selectors.issued_by(authority_id, query=request.GET.get("q", ""), state=state)
    context = {
        **frame(authority, "issued"),
        "page": keyset_page(found, selectors.ISSUED_ORDER, request.GET.get("cursor", "")),
        "states": {"valid": _("Not revoked"), "revoked": _("Revoked")},
        "is_filtered": bool(request.GET.get("q") or state),
    }
    return render(request, "authorities/issued.html", context)


@require_safe
def authority_lists(request: HttpRequest, authority_id: str) -> HttpResponse:
    """Show the revocation list that is published, and where."""
    authority = selectors.authority_by_id(authority_id)
    context = {
        **frame(authority, "list"),
        "published": getattr(authority, "published", None),
        "addresses": addresses_of(authority.pk),
        "are_addresses_plain": are_plain(),
        "usages": usages_of([authority.certificate_id])[authority.certificate_id],
    }
    return render(request, "authorities/lists.html", context)


@require_POST
def authority_publish(request: HttpRequest, authority_id: str) -> HttpResponse:
    """Publish a new list now."""
    published = services.publish_list(actor_of(request), authority_id)
    messages.success(request, _("Revocation list %(number)s is published.") % {"number": published.number})
    return redirect("authority-lists", authority_id)


@never_cache
@require_http_methods(METHODS)
def authority_settings(request: HttpRequest, authority_id: str) -> HttpResponse:
    """Show what an authority is, and change how it publishes."""
    authority = selectors.authority_by_id(authority_id)
    initial = {"crl_hours": authority.crl_hours, "revision": authority.revision}
    form = SettingsForm(request.POST or None, initial=initial)
    if request.method == "POST" and attempt(form, lambda: _change(request, authority_id, form)) is not None:
        messages.success(request, _("Saved; a list that is good for as long is published."))
        return redirect("authority-settings", authority_id)
    page = FormPage(_("Settings"), _("Save"), reverse("authority-detail", args=[authority_id]), template=SETTINGS)
    return show_form(request, form, page, **frame(authority, "settings"), **_facts(authority))


SETTINGS = "authorities/settings.html"


def _change(request: HttpRequest, authority_id: str, form: SettingsForm) -> Authority:
    given = form.cleaned_data
    return services.change_authority(
        actor_of(request), authority_id, crl_hours=given["crl_hours"], expected_revision=given["revision"]
    )


@never_cache
@require_http_methods(METHODS)
def authority_create(request: HttpRequest) -> HttpResponse:
    """Create a root, or a subordinate of the authority that the address names; ``next`` leads back to a wizard."""
    given = request.POST or request.GET
    parent = selectors.authority_by_id(given["parent_id"]) if given.get("parent_id") else None
    form = AuthorityForm(request.POST or None, initial=_initial(parent))
    if request.method == "POST":
        made = attempt(form, lambda: services.create_authority(actor_of(request), form.new()))
        if made:
            messages.success(request, _("The authority “%(name)s” is created.") % {"name": made.certificate.name})
            back = return_address(request)
            return redirect(
                with_query(back, imported=made.certificate_id) if back else reverse("authority-detail", args=[made.pk])
            )
    title = _("Create subordinate authority") if parent else _("Create root authority")
    page = FormPage(title, _("Create authority"), reverse("authority-list"), (list_crumb(),), template=CREATE)
    return show_form(request, form, page, parent=parent, next=return_address(request))


CREATE = "authorities/create.html"


def _initial(parent: Authority | None) -> dict[str, Any]:
    return {"parent_id": parent.pk, "days": 1825} if parent else {"path_length": "1"}


@never_cache
@require_http_methods(METHODS)
def authority_renew(request: HttpRequest, authority_id: str) -> HttpResponse:
    """Confirm for how long, then renew an authority's own certificate."""
    authority = selectors.authority_by_id(authority_id)
    form = RenewForm(request.POST or None, initial={"days": usual_days(authority), "revision": authority.revision})
    if request.method == "POST" and (renewed := attempt(form, lambda: _renew(request, authority_id, form))):
        words = {"name": authority.certificate.name, "end": f"{renewed.version.not_after:%Y-%m-%d}"}
        messages.success(request, _("“%(name)s” is renewed and ends on %(end)s.") % words)
        for warning in renewed.warnings:
            messages.warning(request, warning.message)
        return redirect("authority-settings", authority_id)
    page = FormPage(
        _("Renew authority"),
        _("Renew"),
        reverse("authority-detail", args=[authority_id]),
        (list_crumb(), crumb_of(authority)),
        template="authorities/renew.html",
    )
    return show_form(request, form, page, authority=authority, version=selectors.current_version(authority))


def _renew(request: HttpRequest, authority_id: str, form: RenewForm) -> services.RenewedAuthority:
    given = form.cleaned_data
    return services.renew_authority(
        actor_of(request), authority_id, days=given["days"], expected_revision=given["revision"]
    )


@never_cache
@require_http_methods(METHODS)
def authority_delete(request: HttpRequest, authority_id: str) -> HttpResponse:
    """Confirm, then delete an authority and its key."""
    authority = selectors.authority_by_id(authority_id)
    form = DeleteForm(request.POST or None, initial={"revision": authority.revision})
    count = valid_count(authority)
    if count:
        words = ngettext(
            "Delete although %(count)d certificate of it is valid and can never be revoked",
            "Delete although %(count)d certificates of it are valid and can never be revoked",
            count,
        )
        form.fields["abandon"].label = words % {"count": count}
    else:
        form.fields.pop("abandon")
    if request.method == "POST" and attempt(form, lambda: _delete(request, authority_id, form)) is not None:
        messages.success(request, _("The authority “%(name)s” is deleted.") % {"name": authority.certificate.name})
        return redirect("authority-list")
    page = FormPage(
        _("Delete authority"),
        _("Delete authority"),
        reverse("authority-settings", args=[authority_id]),
        (list_crumb(), crumb_of(authority)),
        note=_(
            "Its key is destroyed: nothing can be issued or revoked any more, and its list and OCSP answers end. "
            "Its certificate stays in the repository. This cannot be undone."
        ),
        is_dangerous=True,
    )
    return show_form(request, form, page)


def _delete(request: HttpRequest, authority_id: str, form: DeleteForm) -> bool:
    given = form.cleaned_data
    services.delete_authority(
        actor_of(request),
        authority_id,
        abandon=given.get("abandon", False),
        expected_revision=given["revision"],
    )
    return True


def list_crumb() -> Crumb:
    """Return the way back to the list."""
    return Crumb(_("Authorities"), reverse("authority-list"))


def crumb_of(authority: Authority) -> Crumb:
    """Return the way back to an authority."""
    return Crumb(authority.certificate.name, reverse("authority-detail", args=[authority.pk]))


def frame(authority: Authority, tab: str) -> dict[str, Any]:
    """Return what the frame around every tab of an authority shows."""
    version = selectors.current_version(authority)
    return {
        "authority": authority,
        "version": version,
        "is_ending": version.not_after <= timezone.now() + ENDS_SOON,
        "is_revoked": selectors.is_revoked(authority),
        "tab": tab,
        "issued_count": authority.issued.count(),
        "subordinates": authority.subordinates.select_related("certificate"),
    }


def _facts(authority: Authority) -> dict[str, Any]:
    constraints = constraints_of(selectors.x509_of(authority))
    return {
        "path_length": selectors.path_length_of(authority),
        "permitted": [subtree_text(name) for name in (constraints and constraints.permitted_subtrees) or ()],
        "excluded": [subtree_text(name) for name in (constraints and constraints.excluded_subtrees) or ()],
    }
