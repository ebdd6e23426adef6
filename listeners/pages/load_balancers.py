"""Pages of load balancers, which the console calls instances."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from access.actors import actor_of
from console.errors import DomainError, StaleError
from console.forms import add_domain_error
from listeners import selectors, services
from listeners.forms import LoadBalancerForm, initial_of
from listeners.impact import impacts_of_fields
from listeners.models import LoadBalancer
from listeners.pages.editing import Opened, differences, labels_of_changes, merged, opened_from

METHODS = ["GET", "HEAD", "POST"]


@require_safe
def load_balancer_list(request: HttpRequest) -> HttpResponse:
    """List the instances, searched by name, id or address."""
    query = request.GET.get("q", "").strip()
    page = selectors.load_balancers(query=query, cursor=request.GET.get("cursor", ""))
    return render(request, "listeners/load_balancer_list.html", {"page": page, "query": query})


@require_http_methods(METHODS)
def load_balancer_create(request: HttpRequest) -> HttpResponse:
    """Create an instance."""
    form = LoadBalancerForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            balancer = services.create_load_balancer(actor_of(request), **form.cleaned_data)
        except DomainError as error:
            add_domain_error(form, error)
        else:
            messages.success(request, _("Instance “%(name)s” is created.") % {"name": balancer})
            return redirect("load-balancer-detail", load_balancer_id=balancer.pk)
    return _form_page(request, {"form": form})


@require_safe
def load_balancer_detail(request: HttpRequest, load_balancer_id: str) -> HttpResponse:
    """Show an instance's listeners."""
    balancer = selectors.load_balancer_by_id(load_balancer_id)
    page = selectors.listeners(selectors.ListenerFilter(balancer.pk), cursor=request.GET.get("cursor", ""))
    context = {"load_balancer": balancer, "tab": "listeners", "page": page}
    return render(request, "listeners/load_balancer_detail.html", context)


@require_safe
def load_balancer_info(request: HttpRequest, load_balancer_id: str) -> HttpResponse:
    """Show an instance's own settings and how much of its limits is used."""
    balancer = selectors.load_balancer_by_id(load_balancer_id)
    context = {"load_balancer": balancer, "tab": "details", "usage": selectors.quota_usage(balancer)}
    return render(request, "listeners/load_balancer_info.html", context)


@require_safe
def load_balancer_changes(request: HttpRequest, load_balancer_id: str) -> HttpResponse:
    """Show what was changed of an instance and its listeners, newest first."""
    balancer = selectors.load_balancer_by_id(load_balancer_id)
    page = selectors.changes_of_load_balancer(balancer, cursor=request.GET.get("cursor", ""))
    context = {"load_balancer": balancer, "tab": "changes", "page": page}
    return render(request, "listeners/load_balancer_changes.html", context)


@require_http_methods(METHODS)
def load_balancer_edit(request: HttpRequest, load_balancer_id: str) -> HttpResponse:
    """Change an instance; a new address is confirmed first, since it ends connections."""
    balancer = selectors.load_balancer_by_id(load_balancer_id)
    stored = initial_of(balancer, LoadBalancerForm)
    now = Opened(balancer.revision, stored)
    if request.method != "POST":
        return _form_page(request, {"form": LoadBalancerForm(initial=stored), "load_balancer": balancer, "opened": now})
    form = LoadBalancerForm(request.POST)
    opened = opened_from(request) or now
    context: dict[str, Any] = {"form": form, "load_balancer": balancer, "opened": opened}
    if not form.is_valid() or request.POST.get("go") == "back":
        return _form_page(request, context)
    changed = differences(form, opened.values, form.cleaned_data)
    impacts = impacts_of_fields(difference.field for difference in changed)
    if any(impact.severity for impact in impacts) and request.POST.get("go") != "confirm":
        context |= {"changed": changed, "impacts": impacts, "labels": labels_of_changes(changed)}
        return render(request, "listeners/load_balancer_review.html", context)
    return _save(request, balancer, context)


def _save(request: HttpRequest, balancer: LoadBalancer, context: dict[str, Any]) -> HttpResponse:
    form, opened = context["form"], context["opened"]
    try:
        services.update_load_balancer(
            actor_of(request), balancer.pk, expected_revision=opened.revision, **form.cleaned_data
        )
    except StaleError as error:
        balancer = selectors.load_balancer_by_id(balancer.pk)
        stored = initial_of(balancer, LoadBalancerForm)
        stale = {"error": error, "theirs": differences(form, opened.values, stored)}
        form = LoadBalancerForm(initial=merged(form, opened, stored))
        return _form_page(
            request, context | {"form": form, "stale": stale, "opened": Opened(balancer.revision, stored)}
        )
    except DomainError as error:
        add_domain_error(form, error)
        return _form_page(request, context)
    messages.success(request, _("Instance “%(name)s” is saved.") % {"name": form.cleaned_data["name"]})
    return redirect("load-balancer-detail", load_balancer_id=balancer.pk)


def _form_page(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    balancer = context.get("load_balancer")
    context |= {
        "title": _("Edit instance") if balancer else _("Create instance"),
        "cancel_url": reverse("load-balancer-detail", args=[balancer.pk])
        if balancer
        else reverse("load-balancer-list"),
    }
    status = 409 if "stale" in context else 422 if context["form"].errors else 200
    return render(request, "listeners/load_balancer_form.html", context, status=status)


@require_http_methods(METHODS)
def load_balancer_delete(request: HttpRequest, load_balancer_id: str) -> HttpResponse:
    """Delete an instance, after showing which listeners go with it."""
    balancer = selectors.load_balancer_by_id(load_balancer_id)
    context: dict[str, Any] = {"load_balancer": balancer, "deletion": selectors.load_balancer_deletion(balancer)}
    if request.method == "POST":
        opened = opened_from(request)
        try:
            services.delete_load_balancer(
                actor_of(request),
                balancer.pk,
                cascade="cascade" in request.POST,
                expected_revision=opened.revision if opened else balancer.revision,
            )
        except DomainError as error:
            return _delete_page(request, context | {"error": error}, status=error.status)
        messages.success(request, _("Instance “%(name)s” is deleted.") % {"name": balancer})
        return redirect("load-balancer-list")
    return _delete_page(request, context)


def _delete_page(request: HttpRequest, context: dict[str, Any], status: int = 200) -> HttpResponse:
    balancer = context["load_balancer"]
    context |= {
        "object": balancer,
        "opened": Opened(balancer.revision, {}),
        "back_url": reverse("load-balancer-detail", args=[balancer.pk]),
    }
    return render(request, "listeners/load_balancer_delete.html", context, status=status)
