"""Pages that take anything: several files at once, then what they hold, then what was chosen of it."""

from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods

from access.actors import actor_of
from certificates.forms.drops import DropForm, PassphraseForm
from certificates.parsing.drops import MOST_PASSPHRASES, Drop
from certificates.planning import Plan, plan_drop
from certificates.services import Imported
from certificates.services.drops import discard_drop, import_plan, keep_drop, open_drop
from console.errors import DomainError
from console.forms import add_domain_error
from console.returning import return_address, with_query

MOST_WARNINGS_SAID = 10
# What an address may name; no page that chooses takes so many at once.
MOST_RETURNED = 50
# What was done for the operator, and is no reason to worry.
NOTES = frozenset({"chain.root-dropped", "chain.completed", "drop.key-stored"})


@sensitive_post_parameters("text", "passphrase")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def certificate_drop(request: HttpRequest) -> HttpResponse:
    """Take files and text; go on to what they hold, or say why they hold nothing."""
    form = DropForm(request.POST, request.FILES) if request.method == "POST" else DropForm()
    omissions = Plan().left_out
    if form.is_bound and form.is_valid():
        try:
            drop = form.drop()
            plan = plan_drop(drop)
            if plan.items or plan.needs_passphrase:
                return redirect(_address_of(request, "certificate-drop-plan", keep_drop(actor_of(request), drop)))
            omissions = plan.left_out
            form.add_error(None, _("There is nothing to import in what was given."))
        except DomainError as error:
            add_domain_error(form, error)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    context = {"form": form, "omissions": omissions, "next": return_address(request)}
    return render(request, "certificates/drop.html", context, status=status)


@sensitive_post_parameters("passphrase")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def certificate_drop_plan(request: HttpRequest, drop_id: str) -> HttpResponse:
    """Show what a drop holds; import what is chosen, take a passphrase, or forget the drop."""
    actor = actor_of(request)
    drop = open_drop(actor, drop_id)
    action = request.POST.get("action", "import")
    if request.method == "POST" and action == "discard":
        discard_drop(actor, drop_id)
        messages.success(request, _("The files are deleted; nothing was stored."))
        return redirect(_address_of(request, "certificate-drop"))
    if request.method == "POST" and action == "passphrase":
        return _with_passphrases(request, drop_id, drop)
    plan = plan_drop(drop)
    if request.method == "POST":
        return _imported(request, drop_id, plan)
    return _plan_page(request, drop_id, plan)


@sensitive_variables()
def _with_passphrases(request: HttpRequest, drop_id: str, drop: Drop) -> HttpResponse:
    """Keep the drop with a further passphrase in the place of the one without; the newest is tried first."""
    form = PassphraseForm(request.POST)
    if not form.is_valid() or not form.cleaned_data["passphrase"]:
        return redirect(_address_of(request, "certificate-drop-plan", drop_id))
    given: str = form.cleaned_data["passphrase"]
    passphrases = tuple(dict.fromkeys((given, *drop.passphrases)))
    kept = keep_drop(actor_of(request), Drop(drop.files, passphrases[:MOST_PASSPHRASES]))
    discard_drop(actor_of(request), drop_id)
    return redirect(_address_of(request, "certificate-drop-plan", kept))


def _address_of(request: HttpRequest, url_name: str, *arguments: str) -> str:
    """Return a page of this flow, told where the flow returns to in the end."""
    address, back = reverse(url_name, args=arguments), return_address(request)
    return with_query(address, next=back) if back else address


def _imported(request: HttpRequest, drop_id: str, plan: Plan) -> HttpResponse:
    chosen = {item: request.POST.get(f"name-{item}", "") for item in request.POST.getlist("take")}
    try:
        imported = import_plan(actor_of(request), plan, chosen)
    except DomainError as error:
        return _plan_page(request, drop_id, plan, error, chosen)
    discard_drop(actor_of(request), drop_id)
    _say(request, imported)
    if back := return_address(request):
        return redirect(with_query(back, imported=[each.certificate.pk for each in imported[:MOST_RETURNED]]))
    if len(imported) == 1:
        return redirect("certificate-detail", imported[0].certificate.pk)
    return redirect("certificate-list")


def _plan_page(
    request: HttpRequest,
    drop_id: str,
    plan: Plan,
    error: DomainError | None = None,
    chosen: dict[str, str] | None = None,
) -> HttpResponse:
    back = return_address(request)
    rows = [
        {
            "planned": item,
            "use_url": with_query(back, imported=item.stored.pk) if back and item.stored else "",
            "leaf": item.item.bundle.leaf.description,
            "chain": [link.description for link in item.item.bundle.chain],
            "warnings": [warning for warning in item.warnings if warning.code not in NOTES],
            "notes": [warning for warning in item.warnings if warning.code in NOTES],
            "is_chosen": item.is_chosen if chosen is None else item.id in chosen,
            "name": item.name if chosen is None else chosen.get(item.id, ""),
        }
        for item in plan.items
    ]
    context: dict[str, Any] = {
        "next": back,
        "action": _address_of(request, "certificate-drop-plan", drop_id),
        "plan": plan,
        "rows": rows,
        "error": error,
        "form": PassphraseForm() if plan.needs_passphrase else None,
        "can_import": any(item.stored is None for item in plan.items),
    }
    return render(request, "certificates/drop_plan.html", context, status=error.status if error else HTTPStatus.OK)


def _say(request: HttpRequest, imported: list[Imported]) -> None:
    count = len(imported)
    said = ngettext("%(count)s certificate is imported.", "%(count)s certificates are imported.", count)
    messages.success(request, said % {"count": count})
    warnings = [warning.message for each in imported for warning in each.warnings if warning.code not in NOTES]
    for warning in dict.fromkeys(warnings[:MOST_WARNINGS_SAID]):
        messages.warning(request, warning)
