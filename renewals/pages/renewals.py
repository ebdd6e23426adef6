"""Pages of renewals."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from access.actors import actor_of
from certificates.models import Certificate
from certificates.selectors import certificate_by_id
from console.errors import DomainError
from console.forms import add_domain_error
from console.revisions import revision_of
from console.tables import keyset_page
from renewals import selectors, services
from renewals.challenges.dns_hooks import hook_folder
from renewals.forms import ACCOUNT, IssuedRenewalForm, NewRenewalForm, initial_of_renewal
from renewals.models import Renewal

METHODS = ["GET", "HEAD", "POST"]
ATTEMPTS_SHOWN = 20
ISSUER_FIELDS = {"account_id": "issuer", "authority_id": "issuer"}


@require_safe
def renewal_list(request: HttpRequest) -> HttpResponse:
    """List the renewals, newest first."""
    state, query = request.GET.get("state", ""), request.GET.get("q", "").strip()
    rows = selectors.renewals(state=state, query=query)
    context = {
        "page": keyset_page(rows, selectors.ORDER, request.GET.get("cursor", "")),
        "states": Renewal.State.choices,
        "state": state,
        "is_filtered": bool(state or query),
        "has_issuers": selectors.accounts().exists() or selectors.authorities().exists(),
        "now": timezone.now(),
    }
    return render(request, "renewals/list.html", context)


@require_http_methods(METHODS)
def renewal_create(request: HttpRequest) -> HttpResponse:
    """Request a certificate: a new one, or with ``?certificate=`` further versions of one that is there.

    ``?account=`` chooses the account that issues it, until another one is chosen.
    """
    certificate = certificate_by_id(request.GET["certificate"]) if request.GET.get("certificate") else None
    form = NewRenewalForm(request.POST or None, initial=_suggested(certificate) | _issuer(request))
    if request.method != "POST" or not form.is_valid():
        return _create_page(request, form, certificate)
    try:
        renewal = services.create_renewal(
            actor_of(request),
            name=form.cleaned_data["name"],
            certificate_id=certificate.pk if certificate else "",
            **form.asked(),
        )
    except DomainError as error:
        add_domain_error(form, error, ISSUER_FIELDS)
        return _create_page(request, form, certificate)
    messages.success(request, _("The certificate “%(name)s” is requested.") % {"name": renewal.name})
    return redirect("renewal-detail", renewal_id=renewal.pk)


def _suggested(certificate: Certificate | None) -> dict[str, str]:
    version = certificate.current_version if certificate else None
    if certificate is None or version is None:
        return {}
    names = version.names.filter(kind__in=("dns", "ip")).values_list("value", flat=True)
    return {"name": certificate.name, "names": "\n".join(names)}


def _issuer(request: HttpRequest) -> dict[str, str]:
    account_id = request.GET.get("account", "")
    return {"issuer": f"{ACCOUNT}:{account_id}"} if account_id else {}


def _create_page(request: HttpRequest, form: IssuedRenewalForm, certificate: Certificate | None) -> HttpResponse:
    context = {
        "form": form,
        "certificate": certificate,
        "has_issuers": selectors.accounts().exists() or selectors.authorities().exists(),
        "hook_folder": hook_folder(),
    }
    return render(request, "renewals/create.html", context, status=422 if form.errors else 200)


@require_safe
def renewal_detail(request: HttpRequest, renewal_id: str) -> HttpResponse:
    """Show a renewal: how it stands, when it goes on, and its attempts."""
    renewal = selectors.renewal_by_id(renewal_id)
    now = timezone.now()
    context = {
        "renewal": renewal,
        "attempts": renewal.attempts.all()[:ATTEMPTS_SHOWN],
        "challenges": renewal.challenges.all(),
        "is_due": renewal.next_attempt_at is not None and renewal.next_attempt_at <= now,
        "is_overdue": selectors.troubled(now).filter(pk=renewal.pk, failures=0).exists(),
    }
    return render(request, "renewals/detail.html", context)


@require_http_methods(METHODS)
def renewal_edit(request: HttpRequest, renewal_id: str) -> HttpResponse:
    """Change how a certificate is renewed."""
    renewal = selectors.renewal_by_id(renewal_id)
    if request.method != "POST":
        return _edit_page(request, IssuedRenewalForm(initial=initial_of_renewal(renewal)), renewal)
    form = IssuedRenewalForm(request.POST)
    if not form.is_valid():
        return _edit_page(request, form, renewal)
    revision = form.cleaned_data["revision"]
    try:
        services.update_renewal(actor_of(request), renewal_id, expected_revision=revision, **form.asked())
    except DomainError as error:
        add_domain_error(form, error, ISSUER_FIELDS)
        return _edit_page(request, form, renewal)
    messages.success(request, _("The renewal of “%(name)s” is saved.") % {"name": renewal.name})
    return redirect("renewal-detail", renewal_id=renewal_id)


def _edit_page(request: HttpRequest, form: IssuedRenewalForm, renewal: Renewal) -> HttpResponse:
    context = {"form": form, "renewal": renewal, "hook_folder": hook_folder()}
    return render(request, "renewals/edit.html", context, status=422 if form.errors else 200)


@require_POST
def renewal_run(request: HttpRequest, renewal_id: str) -> HttpResponse:
    """Renew now."""
    return _acted(request, renewal_id, services.renew_now, _("“%(name)s” is renewed as soon as a worker is free."))


@require_POST
def renewal_pause(request: HttpRequest, renewal_id: str) -> HttpResponse:
    """Pause a renewal."""
    return _acted(request, renewal_id, services.pause_renewal, _("“%(name)s” is not renewed until you resume it."))


@require_POST
def renewal_resume(request: HttpRequest, renewal_id: str) -> HttpResponse:
    """Resume a renewal."""
    return _acted(request, renewal_id, services.resume_renewal, _("“%(name)s” is renewed again when it is due."))


def _acted(request: HttpRequest, renewal_id: str, act: Callable[..., Renewal], words: str) -> HttpResponse:
    renewal = act(actor_of(request), renewal_id, expected_revision=revision_of(request))
    messages.success(request, words % {"name": renewal.name})
    return redirect("renewal-detail", renewal_id=renewal_id)


@require_http_methods(METHODS)
def renewal_delete(request: HttpRequest, renewal_id: str) -> HttpResponse:
    """Ask, then stop renewing for good."""
    renewal = selectors.renewal_by_id(renewal_id)
    if request.method != "POST":
        return render(request, "renewals/delete.html", {"renewal": renewal})
    services.delete_renewal(actor_of(request), renewal_id, expected_revision=revision_of(request))
    messages.success(request, _("The renewal of “%(name)s” is deleted.") % {"name": renewal.name})
    return redirect("renewal-list")
