"""Domain extensions of a Classic Load Balancer's HTTPS listener: add one, change its certificate, delete some."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from access.actors import actor_of
from console.errors import DomainError
from console.returning import with_query
from listeners import selectors, services
from listeners.impact import impact_of
from listeners.listener_forms import scope_of
from listeners.models import Listener
from listeners.pages.bindings import METHODS, room_of
from listeners.pages.editing import Opened, opened_from
from listeners.pages.frames import frame
from listeners.pages.pickers import choosable, making_url, picker, search_name

FIELD = "certificate_id"


@require_http_methods(METHODS)
def domain_extension_add(request: HttpRequest, listener_id: str) -> HttpResponse:
    """Ask for a domain and the certificate for clients that ask for it."""
    return _ask(request, selectors.listener_by_id(listener_id), is_new=True)


@require_http_methods(METHODS)
def domain_extension_change(request: HttpRequest, listener_id: str) -> HttpResponse:
    """Ask for another certificate for a domain that is there."""
    return _ask(request, selectors.listener_by_id(listener_id), is_new=False)


def _ask(request: HttpRequest, listener: Listener, *, is_new: bool) -> HttpResponse:
    data = request.POST if request.method == "POST" else request.GET
    domain = data.get("domain", "").strip()
    chosen = [*data.getlist(FIELD), *choosable(FIELD, request.GET.getlist("imported"))][-1:]
    go = request.POST.get("go")
    if go == f"create:{FIELD}":
        back = with_query(request.path, domain=domain)
        return redirect(making_url(FIELD, back, request.POST, scope=scope_of(listener)))
    error: DomainError | None = None
    if request.method == "POST" and go != "search":
        try:
            _save(request, listener, domain, "".join(chosen), is_new=is_new)
        except DomainError as refused:
            error = refused
            listener = selectors.listener_by_id(listener.pk)
        else:
            messages.success(request, _("Clients that ask for %(domain)s get that certificate.") % {"domain": domain})
            return redirect("listener-certificates", listener_id=listener.pk)
    context = frame(listener, "server") | {
        "is_new": is_new,
        "domain": domain,
        "error": error,
        "impact": impact_of("certificates-added" if is_new else "default-certificate"),
        "picker": _picker(listener, chosen, data.get(search_name(FIELD), "")),
        **room_of(listener),
    }
    return render(request, "listeners/certificates/domain.html", context, status=error.status if error else 200)


def _save(request: HttpRequest, listener: Listener, domain: str, certificate_id: str, *, is_new: bool) -> None:
    revision = (opened_from(request) or Opened(listener.revision, {})).revision
    if is_new:
        extension = services.DomainExtension(domain, certificate_id)
        services.add_domain_extensions(
            actor_of(request), listener.pk, extensions=[extension], expected_revision=revision
        )
    else:
        services.change_domain_extension(
            actor_of(request), listener.pk, domain=domain, certificate_id=certificate_id, expected_revision=revision
        )


def _picker(listener: Listener, chosen: list[str], query: str) -> Any:
    return picker(FIELD, chosen, query, balancer=listener.load_balancer)


@require_http_methods(METHODS)
def domain_extensions_remove(request: HttpRequest, listener_id: str) -> HttpResponse:
    """Delete domain extensions, after saying what that does."""
    listener = selectors.listener_by_id(listener_id)
    data = request.POST if request.method == "POST" else request.GET
    domains = data.getlist("domains")
    error: DomainError | None = None
    if request.method == "POST":
        revision = (opened_from(request) or Opened(listener.revision, {})).revision
        try:
            services.remove_domain_extensions(
                actor_of(request), listener.pk, domains=domains, expected_revision=revision
            )
        except DomainError as refused:
            error = refused
            listener = selectors.listener_by_id(listener_id)
        else:
            messages.success(request, _("The domain extensions are deleted; the repository keeps the certificates."))
            return redirect("listener-certificates", listener_id=listener.pk)
    context = frame(listener, "server") | {
        "bindings": [each for each in selectors.bindings_of(listener) if each.domain and each.domain in domains],
        "error": error,
        "impact": impact_of("certificates-removed"),
    }
    return render(request, "listeners/certificates/remove.html", context, status=error.status if error else 200)
