"""The Create listener wizard: one address a step; what was typed is kept in a draft on the server."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from access.actors import actor_of
from console.errors import DomainError
from console.returning import with_query
from listeners import limits, selectors, services
from listeners.listener_forms import ScopedForm
from listeners.models import Listener
from listeners.pages import pickers
from listeners.pages.confirmation import confirmation_of
from listeners.pages.offers import protocol_offers
from listeners.wizards import create_listener as wizard
from listeners.wizards.create_listener import Walk
from listeners.wizards.drafts import Draft, discard_draft, draft_of, save_draft, start_draft

METHODS = ["GET", "HEAD", "POST"]
# What the pages that make an object append to the address they return to.
POLICY = "security_policy"
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
    if step_id not in wizard.STEP_IDS:
        raise Http404
    draft = draft_of(request.session, draft_id, balancer.pk)
    if draft is None:
        messages.warning(request, _("That draft is finished or too old; this is a new one."))
        return redirect("listener-create", load_balancer_id=balancer.pk)
    walk = Walk(balancer, draft)
    step = walk.step(step_id)
    if step is None:  # the protocol that was chosen has no such step
        return redirect(step_url(draft, wizard.LISTENER))
    if request.method == "POST":
        return _take(request, walk, step)
    if POLICY in request.GET:
        _choose_policy(request, walk, step)
        return redirect(step_url(walk.draft, step))
    field = made_for(step, request.GET)
    if field:
        if not preselect(draft, step, field, request.GET):
            messages.warning(request, _("Nothing of what was made can be chosen here; what was chosen before is kept."))
        save_draft(request.session, draft)
        return redirect(step_url(draft, step))
    return _show(request, walk, step)


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


def _choose_policy(request: HttpRequest, walk: Walk, step: wizard.Step) -> None:
    """Choose the TLS security policy that was just made, if a listener of this load balancer can have it."""
    made = request.GET[POLICY]
    if POLICY in step.fields and made in {policy.id for policy in selectors.policies_for(walk.balancer)}:
        walk.draft.put(step.id, POLICY, made)
        save_draft(request.session, walk.draft)
    else:
        messages.warning(request, _("Nothing of what was made can be chosen here; what was chosen before is kept."))


def _take(request: HttpRequest, walk: Walk, step: wizard.Step) -> HttpResponse:
    """Keep what was typed, then go where the pressed button leads."""
    go, _colon, argument = request.POST.get("go", "next").partition(":")
    draft = walk.draft
    if step.form is not None:
        draft.keep(step.id, (*step.fields, wizard.PROTOCOL), request.POST)
        if go == "protocol":
            _switch(request, walk, argument)
        save_draft(request.session, draft)
    if go == "cancel":
        discard_draft(request.session, draft.id)
        return redirect("load-balancer-detail", load_balancer_id=walk.balancer.pk)
    elsewhere = _elsewhere(request, walk, step, go, argument)
    if elsewhere:
        return redirect(elsewhere)
    if step.form is None:
        return _submit(request, walk, step)
    form = walk.checked_form(step)
    if form.errors:
        return _show(request, walk, step, form=form)
    return redirect(step_url(draft, walk.neighbour(step, 1)))


def _switch(request: HttpRequest, walk: Walk, protocol: str) -> None:
    try:
        walk.switch(protocol)
    except DomainError as error:
        messages.error(request, str(error))


def _elsewhere(request: HttpRequest, walk: Walk, step: wizard.Step, go: str, argument: str) -> str:
    """Return where a button leads that asks for no valid answer: back, a step, a search, making something."""
    there = walk.step(argument)
    if go == "back":
        return step_url(walk.draft, walk.neighbour(step, -1))
    if go == "protocol":
        return step_url(walk.draft, step)
    if go == "step" and there is not None:
        return step_url(walk.draft, there)
    if go == "search":
        return step_url(walk.draft, step, **_searches(request.POST, step))
    if go == "create":
        return _making_url(walk, step, argument, request.POST)
    return ""


def _searches(data: QueryDict, step: wizard.Step) -> dict[str, str]:
    names = (pickers.search_name(field) for field in step.fields if field in pickers.SOURCES)
    return {name: str(data[name]) for name in names if data.get(name)}


def _making_url(walk: Walk, step: wizard.Step, field: str, given: QueryDict) -> str:
    """Return the page that makes what ``field`` chooses, told to come back to this step."""
    if field == POLICY and field in step.fields:
        back = step_url(walk.draft, step)
        return with_query(reverse("policy-create"), next=back, region=walk.balancer.region)
    if field not in pickers.SOURCES:
        raise Http404
    return pickers.making_url(field, step_url(walk.draft, step, **{"as": field}), given, scope=walk.scope)


def _show(request: HttpRequest, walk: Walk, step: wizard.Step, form: ScopedForm | None = None) -> HttpResponse:
    unfinished = walk.first_unfinished(step)
    if unfinished:
        return redirect(step_url(walk.draft, unfinished, check="1"))
    if form is None and step.form is not None:
        form = walk.checked_form(step) if "check" in request.GET else walk.shown_form(step)
    context = _context(request, walk, step, form)
    status = 422 if form is not None and form.errors else 200
    return render(request, f"listeners/wizard/{step.id}.html", context, status=status)


def _context(request: HttpRequest, walk: Walk, step: wizard.Step, form: ScopedForm | None) -> dict[str, Any]:
    steps = walk.steps
    context: dict[str, Any] = {
        "load_balancer": walk.balancer,
        "features": walk.scope.features,
        "protocol": walk.protocol,
        "steps": steps,
        "step": step,
        "position": steps.index(step) + 1,
        "action": step_url(walk.draft, step),
        "form": form,
    }
    if form is None:
        return context | {"confirmation": confirmation_of(walk.balancer, walk.answers())}
    context["pickers"] = _pickers(request, form)
    return context | {"policies": form.policies} | _of_step(walk, step)


def _of_step(walk: Walk, step: wizard.Step) -> dict[str, Any]:
    """Return what one step shows beside its form."""
    if step.id == wizard.LISTENER.id:
        return {"protocols": protocol_offers(walk.balancer)}
    if step.id != wizard.CERTIFICATE.id:
        return {}
    used = walk.balancer.additional_count  # type: ignore[attr-defined]  # load_balancer_by_id counts it
    return dict(limits.certificate_room(used, walk.balancer))


def _pickers(request: HttpRequest, form: ScopedForm) -> dict[str, pickers.Picker]:
    made: dict[str, pickers.Picker] = {}
    fields = [field for field in pickers.SOURCES if field in form.offered]
    chosen = {field: _as_list(form[field].value()) for field in fields}
    ids = [pk for field in fields if pickers.SOURCES[field].kind for pk in chosen[field]]
    known = pickers.chosen_certificates(ids)
    for field in fields:
        made[field] = pickers.bare_picker(
            field,
            chosen[field],
            request.GET.get(pickers.search_name(field), ""),
            errors=[str(error) for error in form[field].errors],
            beside=_chosen_beside(form, pickers.SOURCES[field].beside),
            ca_source=_chosen_beside(form, "ca_source"),
            ca_repository_id=_chosen_beside(form, "ca_repository_id"),
            balancer=form.scope.balancer,
            protocol=form.scope.protocol,
            known=known,
        )
    pickers.load_names(made.values())
    return made


def _as_list(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value or ())


def _chosen_beside(form: ScopedForm, field: str) -> str:
    return str(form[field].value() or "") if field in form.fields else ""


def _submit(request: HttpRequest, walk: Walk, step: wizard.Step) -> HttpResponse:
    """Create the listener, or show the refusal in the step that can put it right."""
    unfinished = walk.first_unfinished(step)
    if unfinished:
        return redirect(step_url(walk.draft, unfinished, check="1"))
    try:
        listener = services.create_listener(actor_of(request), load_balancer_id=walk.balancer.pk, **walk.answers())
    except DomainError as error:
        return _refused(request, walk, step, error)
    discard_draft(request.session, walk.draft.id)
    messages.success(request, _created(listener))
    return redirect("listener-detail", listener_id=listener.pk)


def _created(listener: Listener) -> str:
    told = {"name": listener}
    if listener.desired == Listener.Desired.STOPPED:
        return _("Listener “%(name)s” is created. It is stopped, as new ones of this product are: start it.") % told
    return _("Listener “%(name)s” is created.") % told


def _refused(request: HttpRequest, walk: Walk, step: wizard.Step, error: DomainError) -> HttpResponse:
    there = walk.step_of_field(error.field)
    if there is None:
        messages.error(request, str(error))
        return _show(request, walk, step)
    form = walk.judged_form(there)
    form.is_valid()
    form.refuse(error)
    return _show(request, walk, there, form=form)
