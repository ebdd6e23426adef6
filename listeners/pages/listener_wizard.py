"""The Create Listener wizard: one address a step; what was typed is kept in a draft on the server."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from access.actors import actor_of
from console.errors import DomainError
from console.forms import add_domain_error
from console.returning import with_query
from listeners import limits, selectors, services
from listeners.models import LoadBalancer
from listeners.pages import pickers
from listeners.pages.confirmation import confirmation_of
from listeners.tls_policies import POLICIES
from listeners.wizards import create_listener as wizard
from listeners.wizards.drafts import Draft, discard_draft, draft_of, save_draft, start_draft

METHODS = ["GET", "HEAD", "POST"]
# What the pages that make an object append to the address they return to.
MADE = {"imported": "certificate_id", "server_group": "server_group_id"}


@require_safe
def listener_create(request: HttpRequest, load_balancer_id: str) -> HttpResponse:
    """Open the wizard with an empty draft."""
    balancer = selectors.load_balancer_by_id(load_balancer_id)
    draft = start_draft(request.session, balancer.pk)
    return redirect(step_url(draft, wizard.LISTENER))


@require_http_methods(METHODS)
def listener_create_step(request: HttpRequest, load_balancer_id: str, draft_id: str, step_id: str) -> HttpResponse:
    """Show a step, or take what was typed in it and go where the pressed button leads."""
    balancer = selectors.load_balancer_by_id(load_balancer_id)
    step = wizard.STEP_BY_ID.get(step_id)
    if step is None:
        raise Http404
    draft = draft_of(request.session, draft_id, balancer.pk)
    if draft is None:
        messages.warning(request, _("That draft is finished or too old; this is a new one."))
        return redirect("listener-create", load_balancer_id=balancer.pk)
    if request.method == "POST":
        return _take(request, balancer, draft, step)
    field = made_for(step, request.GET)
    if field:
        if not preselect(draft, step, field, request.GET):
            messages.warning(request, _("Nothing of what was made can be chosen here; what was chosen before is kept."))
        save_draft(request.session, draft)
        return redirect(step_url(draft, step))
    return _show(request, balancer, draft, step)


def step_url(draft: Draft, step: wizard.Step, **query: str) -> str:
    """Return the address of a step of a draft."""
    return with_query(reverse("listener-create-step", args=[draft.subject, draft.id, step.id]), **query)


def made_for(step: wizard.Step, query: QueryDict) -> str:
    """Return the field that another page made something for, or nothing; ``as`` names it if it is not the usual one."""
    for parameter, usual_field in MADE.items():
        field = str(query.get("as", usual_field))
        if query.get(parameter) and field in step.fields and field in pickers.SOURCES:
            return field
    return ""


def preselect(draft: Draft, step: wizard.Step, field: str, query: QueryDict) -> bool:
    """Choose what was just made, and return whether there was anything that the field may choose."""
    made = [value for parameter in MADE for value in query.getlist(parameter)]
    chosen = pickers.choosable(field, made)
    for pk in chosen:
        draft.put(step.id, field, pk, several=pickers.SOURCES[field].several)
    return bool(chosen)


def _take(request: HttpRequest, balancer: LoadBalancer, draft: Draft, step: wizard.Step) -> HttpResponse:
    """Keep what was typed, then go where the pressed button leads."""
    go, _colon, argument = request.POST.get("go", "next").partition(":")
    if step.form is not None:
        draft.keep(step.id, step.fields, request.POST)
        save_draft(request.session, draft)
    if go == "cancel":
        discard_draft(request.session, draft.id)
        return redirect("load-balancer-detail", load_balancer_id=balancer.pk)
    elsewhere = _elsewhere(request, draft, step, go, argument)
    if elsewhere:
        return redirect(elsewhere)
    if step is wizard.CONFIRM:
        return _submit(request, balancer, draft)
    form = wizard.checked_form(balancer, draft, step)
    if form.errors:
        return _show(request, balancer, draft, step, form=form)
    return redirect(step_url(draft, wizard.neighbour(step, 1)))


def _elsewhere(request: HttpRequest, draft: Draft, step: wizard.Step, go: str, argument: str) -> str:
    """Return where a button leads that asks for no valid answer: back, a step, a search, making something."""
    if go == "back":
        return step_url(draft, wizard.neighbour(step, -1))
    if go == "step" and argument in wizard.STEP_BY_ID:
        return step_url(draft, wizard.STEP_BY_ID[argument])
    if go == "search":
        return step_url(draft, step, **_searches(request.POST, step))
    if go == "create":
        return _making_url(draft, step, argument, request.POST)
    return ""


def _searches(data: QueryDict, step: wizard.Step) -> dict[str, str]:
    names = (pickers.search_name(field) for field in step.fields if field in pickers.SOURCES)
    return {name: str(data[name]) for name in names if data.get(name)}


def _making_url(draft: Draft, step: wizard.Step, field: str, given: QueryDict) -> str:
    """Return the page that makes what ``field`` chooses, told to come back to this step."""
    if field not in pickers.SOURCES:
        raise Http404
    return pickers.making_url(field, step_url(draft, step, **{"as": field}), given)


def _show(
    request: HttpRequest,
    balancer: LoadBalancer,
    draft: Draft,
    step: wizard.Step,
    form: forms.Form | None = None,
) -> HttpResponse:
    unfinished = wizard.first_unfinished(draft, step)
    if unfinished:
        return redirect(step_url(draft, unfinished, check="1"))
    if form is None and step.form is not None:
        is_judged = "check" in request.GET
        form = wizard.checked_form(balancer, draft, step) if is_judged else wizard.shown_form(draft, step)
    context = _context(request, balancer, draft, step, form)
    status = 422 if form is not None and form.errors else 200
    return render(request, f"listeners/wizard/{step.id}.html", context, status=status)


def _context(
    request: HttpRequest, balancer: LoadBalancer, draft: Draft, step: wizard.Step, form: forms.Form | None
) -> dict[str, Any]:
    context: dict[str, Any] = {
        "load_balancer": balancer,
        "steps": wizard.STEPS,
        "step": step,
        "position": wizard.STEPS.index(step) + 1,
        "action": step_url(draft, step),
        "form": form,
        "policies": POLICIES.values(),
    }
    if form is not None:
        context["pickers"] = _pickers(request, form)
        used = balancer.additional_count  # type: ignore[attr-defined]  # load_balancer_by_id counts it
        context |= limits.certificate_room(used) if step is wizard.CERTIFICATE else {}
    else:
        context["confirmation"] = confirmation_of(balancer, wizard.answers(draft))
    return context


def _pickers(request: HttpRequest, form: forms.Form) -> dict[str, pickers.Picker]:
    made = {}
    for field in pickers.SOURCES:
        if field in form.fields:
            value = form[field].value() or []
            chosen = [value] if isinstance(value, str) else value
            made[field] = pickers.bare_picker(
                field,
                chosen,
                request.GET.get(pickers.search_name(field), ""),
                errors=[str(error) for error in form[field].errors],
                beside=_chosen_beside(form, pickers.SOURCES[field].beside),
                ca_source=_chosen_beside(form, "ca_source"),
                ca_repository_id=_chosen_beside(form, "ca_repository_id"),
            )
    pickers.load_names(made.values())
    return made


def _chosen_beside(form: forms.Form, field: str) -> str:
    return str(form[field].value() or "") if field in form.fields else ""


def _submit(request: HttpRequest, balancer: LoadBalancer, draft: Draft) -> HttpResponse:
    """Create the listener, or show the refusal in the step that can put it right."""
    unfinished = wizard.first_unfinished(draft, wizard.CONFIRM)
    if unfinished:
        return redirect(step_url(draft, unfinished, check="1"))
    try:
        listener = services.create_listener(actor_of(request), load_balancer_id=balancer.pk, **wizard.answers(draft))
    except DomainError as error:
        return _refused(request, balancer, draft, error)
    discard_draft(request.session, draft.id)
    messages.success(request, _("Listener “%(name)s” is created.") % {"name": listener})
    return redirect("listener-detail", listener_id=listener.pk)


def _refused(request: HttpRequest, balancer: LoadBalancer, draft: Draft, error: DomainError) -> HttpResponse:
    step = wizard.step_of_field(error.field)
    if step is None:
        messages.error(request, str(error))
        return _show(request, balancer, draft, wizard.CONFIRM)
    form = wizard.judged_form(draft, step)
    add_domain_error(form, error)
    return _show(request, balancer, draft, step, form=form)
