"""Pages of TLS security policies."""

from collections.abc import Mapping
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
from console.returning import return_address, with_query
from listeners import selectors, services
from listeners.impact import impact_of
from listeners.models import SecurityPolicy
from listeners.pages.curl import curl
from listeners.pages.editing import Difference, Opened, merged, opened_from
from listeners.pages.frames import frame
from listeners.policy_checks import checked_policy
from listeners.policy_forms import NewPolicyForm, PolicyForm, ordered, suite_groups, version_boxes
from listeners.tls_policies import WIZARD_POLICY, Variant, system_policy_ids, variants
from listeners.warnings import weaknesses

METHODS = ["GET", "HEAD", "POST"]


@require_safe
def policy_list(request: HttpRequest) -> HttpResponse:
    """List the system policies, locked, and the custom ones."""
    query = request.GET.get("q", "").strip()
    context = {
        "page": selectors.security_policies(query, cursor=request.GET.get("cursor", "")),
        "query": query,
        "system": [variants(policy_id) for policy_id in system_policy_ids() if query in policy_id],
    }
    return render(request, "listeners/policy_list.html", context)


@require_safe
def policy_detail(request: HttpRequest, policy_id: str) -> HttpResponse:
    """Show what a policy asks for, what the engine offers of it, who uses it, and whom it would refuse."""
    system = variants(policy_id)
    row = None if system else selectors.security_policy_by_id(policy_id)
    lists = [_listed(each) for each in system] if row is None else [_listed(_own(row))]
    context: dict[str, Any] = {"policy_id": policy_id, "row": row, "lists": lists}
    if row is not None:
        context["changes"] = selectors.changes_of_policy(row, size=10)
    return render(request, "listeners/policy_detail.html", context)


def _own(row: SecurityPolicy) -> Variant:
    return Variant((), selectors.policy_of_row(row))


def _listed(variant: Variant) -> dict[str, Any]:
    """Return one list of suites with its users: a system policy has several under one id."""
    users = selectors.users_of_policy(variant.policy.id, variant.products)
    return {
        "products": variant.products,
        "policy": variant.policy,
        "weaknesses": weaknesses(variant.policy),
        "users": users,
        "week": selectors.clients_of_week(variant.policy, users.shown),
    }


@require_http_methods(METHODS)
def policy_create(request: HttpRequest) -> HttpResponse:
    """Create a policy; ``from`` names one to start with, ``next`` leads back to the wizard that asked for it."""
    back = return_address(request)
    if request.method != "POST":
        return _form_page(request, {"form": NewPolicyForm(initial=_start(request)), "next": back})
    form = NewPolicyForm(request.POST)
    context = {"form": form, "next": back}
    if not form.is_valid():
        return _form_page(request, context)
    values = form.cleaned_data | {"ciphers": ordered(form.cleaned_data["ciphers"], ())}
    try:
        row = services.create_security_policy(actor_of(request), **values)
    except DomainError as error:
        add_domain_error(form, error)
        return _form_page(request, context)
    messages.success(request, _("TLS security policy “%(name)s” is created.") % {"name": row})
    return redirect(with_query(back, security_policy=row.pk) if back else reverse("policy-detail", args=[row.pk]))


def _start(request: HttpRequest) -> dict[str, Any]:
    """Return what the empty form has ticked: the policy that is copied, or the safest of the system's."""
    copied = request.GET.get("from", "") or WIZARD_POLICY
    policy = selectors.policy_named("NLB", copied) or next((each.policy for each in variants(copied)), None)
    chosen = {"versions": policy.offered_versions, "ciphers": policy.offered_ciphers} if policy else {}
    return {"region": request.GET.get("region", ""), **chosen}


@require_http_methods(METHODS)
def policy_edit(request: HttpRequest, policy_id: str) -> HttpResponse:
    """Change a policy: the form, then whom the change would refuse and what it does, then the change."""
    row = selectors.security_policy_by_id(policy_id)
    now = _opened(row)
    if request.method != "POST":
        return _form_page(request, {"form": PolicyForm(initial=now.values), "row": row, "opened": now})
    opened = opened_from(request) or now
    form = PolicyForm(request.POST)
    context = {"form": form, "row": row, "opened": opened}
    if request.POST.get("go") == "back":
        typed = {name: form[name].value() for name in form.fields}
        return _form_page(request, context | {"form": PolicyForm(initial=typed)})
    if not form.is_valid():
        return _form_page(request, context)
    form.cleaned_data["versions"] = sorted(form.cleaned_data["versions"])
    form.cleaned_data["ciphers"] = ordered(form.cleaned_data["ciphers"], opened.values["ciphers"])
    values = {name: value for name, value in form.cleaned_data.items() if opened.values[name] != value}
    if not values:
        messages.info(request, _("Nothing was changed."))
        return redirect("policy-detail", policy_id=row.pk)
    return _save(request, context, values) if request.POST.get("go") == "confirm" else _review(request, context, values)


def _opened(row: SecurityPolicy) -> Opened:
    return Opened(row.revision, {"name": row.name, "versions": row.versions, "ciphers": row.ciphers})


def _review(request: HttpRequest, context: dict[str, Any], values: Mapping[str, Any]) -> HttpResponse:
    form, row, opened = context["form"], context["row"], context["opened"]
    try:
        cleaned = form.cleaned_data
        policy = checked_policy(cleaned["versions"], cleaned["ciphers"], policy_id=row.pk, name=cleaned["name"])
    except DomainError as error:
        add_domain_error(form, error)
        return _form_page(request, context)
    users = selectors.users_of_policy(row.pk)
    moves_engine = bool(users.total) and not values.keys() <= {"name"}
    impact = impact_of("security-policy" if moves_engine else "name")
    changed = _differences(form, opened.values, form.cleaned_data)
    context |= {
        "changed": changed,
        "impacts": [impact],
        "labels": {impact.change: ", ".join(each.label for each in changed)},
        "policy": policy,
        "weaknesses": weaknesses(policy),
        "users": users,
        "week": selectors.clients_of_week(policy, users.shown),
        "command": curl("PATCH", f"/security-policies/{row.pk}", dict(values), revision=opened.revision),
    }
    return render(request, "listeners/policy_review.html", context)


def _differences(form: PolicyForm, before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Difference]:
    """Return what differs in words; of lists, what came and what went."""
    found = []
    for name, field in form.fields.items():
        old, new = before[name], after[name]
        if old == new:
            continue
        if not isinstance(old, str):
            gone, fresh = [each for each in old if each not in new], [each for each in new if each not in old]
            old, new = (gone or [_("as before")], fresh or [_("nothing new")])
            old, new = ", ".join(old), ", ".join(new)
        found.append(Difference(str(field.label), old, new, name))
    return found


def _save(request: HttpRequest, context: dict[str, Any], values: Mapping[str, Any]) -> HttpResponse:
    form, row, opened = context["form"], context["row"], context["opened"]
    try:
        services.update_security_policy(actor_of(request), row.pk, expected_revision=opened.revision, **values)
    except StaleError as error:
        row = selectors.security_policy_by_id(row.pk)
        now = _opened(row)
        stale = {"error": error, "theirs": _differences(form, opened.values, now.values)}
        form = PolicyForm(initial=merged(form, opened, now.values))
        return _form_page(request, {"form": form, "row": row, "opened": now, "stale": stale})
    except DomainError as error:
        add_domain_error(form, error)
        return _form_page(request, context)
    messages.success(request, _("TLS security policy “%(name)s” is saved.") % {"name": form.cleaned_data["name"]})
    return redirect("policy-detail", policy_id=row.pk)


def _form_page(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    form, row = context["form"], context.get("row")
    words = {
        "title": _("Edit TLS security policy") if row else _("Create TLS security policy"),
        "cancel_url": reverse("policy-detail", args=[row.pk]) if row else context["next"] or reverse("policy-list"),
        "versions": version_boxes(form),
        "groups": suite_groups(form),
    }
    status = 409 if "stale" in context else 422 if form.errors else 200
    return render(request, "listeners/policy_form.html", context | words, status=status)


@require_http_methods(METHODS)
def policy_delete(request: HttpRequest, policy_id: str) -> HttpResponse:
    """Delete a policy that no listener uses; say who does otherwise."""
    row = selectors.security_policy_by_id(policy_id)
    context: dict[str, Any] = {
        "row": row,
        "object": row,
        "deletion": selectors.policy_deletion(row),
        "opened": Opened(row.revision, {}),
        "back_url": reverse("policy-detail", args=[row.pk]),
    }
    if request.method == "POST":
        opened = opened_from(request) or context["opened"]
        try:
            services.delete_security_policy(actor_of(request), row.pk, expected_revision=opened.revision)
        except DomainError as error:
            return render(request, "listeners/policy_delete.html", context | {"error": error}, status=error.status)
        messages.success(request, _("TLS security policy “%(name)s” is deleted.") % {"name": row})
        return redirect("policy-list")
    return render(request, "listeners/policy_delete.html", context)


@require_safe
def listener_clients(request: HttpRequest, listener_id: str) -> HttpResponse:
    """Show what a listener's clients negotiated in the last week, and whom another policy would have refused."""
    listener = selectors.listener_by_id(listener_id)
    policies = selectors.policies_for(listener.load_balancer)
    wanted = request.GET.get("policy", "")
    policy = selectors.judging_policy(listener, wanted)
    context = frame(listener, "details") | {
        "policies": policies,
        "policy": policy,
        "is_own": policy.id == listener.security_policy,
        "week": selectors.clients_of_week(policy, [listener]),
    }
    return render(request, "listeners/listener_clients.html", context)
