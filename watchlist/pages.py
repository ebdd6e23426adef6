"""Pages of the watch list."""

import datetime as dt

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from access.actors import actor_of
from console.form_pages import Crumb, FormPage, attempt, show_form
from console.revisions import revision_of
from console.tables import keyset_page
from watchlist import selectors, services
from watchlist.forms import AddForm, EditForm, initial_of, period_words
from watchlist.models import WatchedAddress
from watchlist.problems import words_of
from watchlist.targets import targets_in

METHODS = ["GET", "HEAD", "POST"]
LIST = "watched-list"
ADD_NOTE = gettext_lazy(
    "One a line: a host, host:port, or a URL with smtp, submission, imap, ldap or postgresql for what begins in plain"
    " text. Behind it, where it differs, the name to ask for. The worker of this installation connects to what you"
    " write, private networks included."
)


@require_safe
def watched_list(request: HttpRequest) -> HttpResponse:
    """List the watched addresses by name."""
    state, query = request.GET.get("state", ""), request.GET.get("q", "").strip()
    rows = selectors.addresses(state=state, query=query)
    context = {
        "page": keyset_page(rows, selectors.ORDER, request.GET.get("cursor", "")),
        "states": WatchedAddress.State.choices,
        "state": state,
        "is_filtered": bool(state or query),
    }
    return render(request, "watchlist/list.html", context)


@require_http_methods(METHODS)
def watched_add(request: HttpRequest) -> HttpResponse:
    """Watch one address or several; those that are watched already stay as they are."""
    form = AddForm(request.POST or None, initial={"addresses": request.GET.get("address", "")})
    if request.method == "POST" and (done := attempt(form, lambda: _add(request, form))) is not None:
        return _added(request, *done)
    page = FormPage(
        title=_("Watch addresses"),
        button=_("Watch"),
        cancel_url=reverse(LIST),
        crumbs=(Crumb(_("Watch list"), reverse(LIST)),),
        note=ADD_NOTE,
    )
    return show_form(request, form, page)


def _add(request: HttpRequest, form: AddForm) -> tuple[list[WatchedAddress], int]:
    fields = dict(form.cleaned_data)
    targets = targets_in(fields.pop("addresses"))
    new = services.new_targets(targets)
    rows = services.watch_addresses(actor_of(request), new, **fields) if new else []
    return rows, len(targets) - len(new)


def _added(request: HttpRequest, rows: list[WatchedAddress], known: int) -> HttpResponse:
    if rows:
        words = ngettext("%(n)d address is watched from now on.", "%(n)d addresses are watched from now on.", len(rows))
        messages.success(request, words % {"n": len(rows)})
    if known:
        words = ngettext("%(n)d is watched already.", "%(n)d are watched already.", known)
        messages.info(request, words % {"n": known})
    return redirect("watched-detail", rows[0].pk) if len(rows) == 1 else redirect(LIST)


@require_safe
def watched_detail(request: HttpRequest, address_id: str) -> HttpResponse:
    """Show what an address showed, and what is wrong with it."""
    row = selectors.address_by_id(address_id)
    context = {
        "row": row,
        "problem": words_of(row.problem),
        "trust_problems": [words_of(each) for each in row.trust_problems],
        "chain": [{**each, "not_after": dt.datetime.fromisoformat(each["not_after"])} for each in row.chain],
        "period": period_words(row.period_minutes),
        "is_due": row.enabled and row.next_check_at <= timezone.now(),
    }
    return render(request, "watchlist/detail.html", context)


@require_http_methods(METHODS)
def watched_edit(request: HttpRequest, address_id: str) -> HttpResponse:
    """Change a watched address."""
    row = selectors.address_by_id(address_id)
    form = EditForm(request.POST or None, initial=initial_of(row))
    if request.method == "POST" and attempt(form, lambda: _save(request, form, row)) is not None:
        messages.success(request, _("“%(name)s” is saved, and checked at once.") % {"name": row.name})
        return redirect("watched-detail", row.pk)
    detail = reverse("watched-detail", args=[row.pk])
    page = FormPage(
        title=_("Edit watched address"),
        button=_("Save"),
        cancel_url=detail,
        crumbs=(Crumb(_("Watch list"), reverse(LIST)), Crumb(row.name, detail)),
    )
    return show_form(request, form, page)


def _save(request: HttpRequest, form: EditForm, row: WatchedAddress) -> WatchedAddress:
    fields = dict(form.cleaned_data)
    revision = fields.pop("revision")
    return services.update_address(actor_of(request), row.pk, expected_revision=revision, **fields)


@require_POST
def watched_check(request: HttpRequest, address_id: str) -> HttpResponse:
    """Check an address now."""
    row = services.check_now(actor_of(request), address_id, expected_revision=revision_of(request))
    messages.success(request, _("“%(name)s” is checked as soon as a worker is free.") % {"name": row.name})
    return redirect("watched-detail", row.pk)


@require_http_methods(METHODS)
def watched_delete(request: HttpRequest, address_id: str) -> HttpResponse:
    """Ask, then watch an address no more."""
    row = selectors.address_by_id(address_id)
    if request.method != "POST":
        return render(request, "watchlist/delete.html", {"row": row})
    services.stop_watching(actor_of(request), address_id, expected_revision=revision_of(request))
    messages.success(request, _("“%(name)s” is watched no more.") % {"name": row.name})
    return redirect(LIST)
