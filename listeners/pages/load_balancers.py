"""Pages of load balancers."""

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
from listeners.impact import impacts_of_fields
from listeners.load_balancer_forms import CreateLoadBalancerForm, LoadBalancerForm, editions_of
from listeners.models import LoadBalancer
from listeners.models.load_balancer import Product
from listeners.pages.editing import Opened, differences, labels_of_changes, merged, opened_from
from listeners.pages.frames import table
from listeners.pages.offers import edition_offers, feature_columns, feature_rows, product_offers

METHODS = ["GET", "HEAD", "POST"]


@require_safe
def load_balancer_list(request: HttpRequest) -> HttpResponse:
    """List the load balancers, searched by name, id or address, of one product, or with a tag."""
    query, product, tag = (request.GET.get(name, "").strip() for name in ("q", "product", "tag"))
    page = selectors.load_balancers(query=query, cursor=request.GET.get("cursor", ""), product=product, tag=tag)
    context = {
        "page": page,
        "query": query,
        "product": product,
        "tag": tag,
        "is_narrowed": bool(query or product or tag),
        "products": Product.choices,
        "tags": selectors.tags_of("load_balancer", [balancer.pk for balancer in page.items]),
    }
    return render(request, "listeners/load_balancer_list.html", context)


@require_http_methods(METHODS)
def load_balancer_create(request: HttpRequest) -> HttpResponse:
    """Create a load balancer of a product that is chosen by what each can do."""
    form = CreateLoadBalancerForm(request.POST or None, initial={"product": request.GET.get("product", Product.NLB)})
    if request.method == "POST" and form.is_valid():
        try:
            balancer = services.create_load_balancer(actor_of(request), **form.cleaned_data)
        except DomainError as error:
            add_domain_error(form, error)
        else:
            messages.success(request, _("Load balancer “%(name)s” is created.") % {"name": balancer})
            return redirect("load-balancer-detail", load_balancer_id=balancer.pk)
    context = {
        "form": form,
        "title": _("Create load balancer"),
        "cancel_url": reverse("load-balancer-list"),
        "products": product_offers(),
        "editions": edition_offers(),
        "feature_columns": feature_columns(),
        "feature_rows": feature_rows(),
    }
    return render(request, "listeners/load_balancer_create.html", context, status=422 if form.errors else 200)


@require_safe
def load_balancer_detail(request: HttpRequest, load_balancer_id: str) -> HttpResponse:
    """Show a load balancer's listeners."""
    balancer = selectors.load_balancer_by_id(load_balancer_id)
    page = selectors.listeners(selectors.ListenerFilter(balancer.pk), cursor=request.GET.get("cursor", ""))
    context = {"load_balancer": balancer, "tab": "listeners", "page": page, **table(page.items)}
    return render(request, "listeners/load_balancer_detail.html", context)


@require_safe
def load_balancer_info(request: HttpRequest, load_balancer_id: str) -> HttpResponse:
    """Show a load balancer's own settings and how much of its limits is used."""
    balancer = selectors.load_balancer_by_id(load_balancer_id)
    context = {"load_balancer": balancer, "tab": "details", "usage": selectors.quota_usage(balancer)}
    context["tags"] = selectors.tags_of("load_balancer", [balancer.pk]).get(balancer.pk, {})
    return render(request, "listeners/load_balancer_info.html", context)


@require_safe
def load_balancer_changes(request: HttpRequest, load_balancer_id: str) -> HttpResponse:
    """Show what was changed of a load balancer and its listeners, newest first."""
    balancer = selectors.load_balancer_by_id(load_balancer_id)
    page = selectors.changes_of_load_balancer(balancer, cursor=request.GET.get("cursor", ""))
    context = {"load_balancer": balancer, "tab": "changes", "page": page}
    return render(request, "listeners/load_balancer_changes.html", context)


@require_http_methods(METHODS)
def load_balancer_edit(request: HttpRequest, load_balancer_id: str) -> HttpResponse:
    """Change a load balancer; a new address is confirmed first, since it ends connections."""
    balancer = selectors.load_balancer_by_id(load_balancer_id)
    editions = editions_of(balancer)
    stored = stored_values(balancer)
    now = Opened(balancer.revision, stored)
    context: dict[str, Any] = {"load_balancer": balancer, "opened": now, "editions": edition_offers(editions)}
    if request.method != "POST":
        return _edit_page(request, context | {"form": LoadBalancerForm(initial=stored, editions=editions)})
    form = LoadBalancerForm(request.POST, editions=editions)
    opened = opened_from(request) or now
    context |= {"form": form, "opened": opened}
    if not form.is_valid() or request.POST.get("go") == "back":
        return _edit_page(request, context)
    changed = differences(form, opened.values, form.cleaned_data)
    impacts = impacts_of_fields(difference.field for difference in changed)
    if any(impact.severity for impact in impacts) and request.POST.get("go") != "confirm":
        context |= {"changed": changed, "impacts": impacts, "labels": labels_of_changes(changed)}
        return render(request, "listeners/load_balancer_review.html", context)
    return _save(request, balancer, context)


def _save(request: HttpRequest, balancer: LoadBalancer, context: dict[str, Any]) -> HttpResponse:
    """Save only what this operator changed, so that nobody's other change is undone."""
    form, opened = context["form"], context["opened"]
    changed = {
        each.field: form.cleaned_data[each.field] for each in differences(form, opened.values, form.cleaned_data)
    }
    try:
        services.update_load_balancer(actor_of(request), balancer.pk, expected_revision=opened.revision, **changed)
    except StaleError as error:
        balancer = selectors.load_balancer_by_id(balancer.pk)
        stored = stored_values(balancer)
        stale = {"error": error, "theirs": differences(form, opened.values, stored)}
        form = LoadBalancerForm(initial=merged(form, opened, stored), editions=editions_of(balancer))
        now = Opened(balancer.revision, stored)
        return _edit_page(request, context | {"form": form, "stale": stale, "opened": now})
    except DomainError as error:
        add_domain_error(form, error)
        return _edit_page(request, context)
    messages.success(request, _("Load balancer “%(name)s” is saved.") % {"name": form.cleaned_data["name"]})
    return redirect("load-balancer-detail", load_balancer_id=balancer.pk)


def stored_values(balancer: LoadBalancer) -> dict[str, Any]:
    """Return what a form of the load balancer shows at first."""
    names = LoadBalancerForm(editions=editions_of(balancer)).fields
    stored = {name: getattr(balancer, name) for name in names if name != "tags"}
    return stored | {"tags": selectors.tags_of("load_balancer", [balancer.pk]).get(balancer.pk, {})}


def _edit_page(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    context |= {
        "title": _("Edit load balancer"),
        "cancel_url": reverse("load-balancer-detail", args=[context["load_balancer"].pk]),
    }
    status = 409 if "stale" in context else 422 if context["form"].errors else 200
    return render(request, "listeners/load_balancer_form.html", context, status=status)


@require_http_methods(METHODS)
def load_balancer_delete(request: HttpRequest, load_balancer_id: str) -> HttpResponse:
    """Delete a load balancer, after showing which listeners go with it."""
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
        messages.success(request, _("Load balancer “%(name)s” is deleted.") % {"name": balancer})
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
