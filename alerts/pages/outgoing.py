"""Pages of what bounds and watches outgoing messages: allowed ranges, and the heartbeat."""

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from access.actors import actor_of
from alerts.forms.channels import HeartbeatForm, RangeForm
from alerts.heartbeat import heartbeat, set_heartbeat
from alerts.models import Heartbeat
from alerts.services.ranges import allow_range, forbid_range, may_allow, range_by_id
from alerts.transports.reach import allowed_ranges
from console.form_pages import Crumb, FormPage, attempt, show_form
from console.revisions import revision_of

METHODS = ["GET", "HEAD", "POST"]


@require_safe
def range_list(request: HttpRequest) -> HttpResponse:
    """List the allowed ranges."""
    context = {"ranges": allowed_ranges(), "may_allow": may_allow(actor_of(request))}
    return render(request, "alerts/range_list.html", context)


@require_http_methods(METHODS)
def range_create(request: HttpRequest) -> HttpResponse:
    """Allow a range."""
    form = RangeForm(request.POST or None)
    if request.method == "POST":
        row = attempt(form, lambda: allow_range(actor_of(request), **form.cleaned_data))
        if row is not None:
            messages.success(request, _("Messages may go to %(range)s.") % {"range": row.network})
            return redirect("range-list")
    note = _("Whoever can create channels can then have requests sent to these addresses from this machine.")
    return show_form(request, form, FormPage(_("Allow a range"), _("Allow"), *_ranges_above(), note))


@require_http_methods(METHODS)
def range_delete(request: HttpRequest, range_id: int) -> HttpResponse:
    """Ask before a range is taken back."""
    row = range_by_id(range_id)
    if request.method == "POST":
        forbid_range(actor_of(request), range_id)
        messages.success(request, _("Messages may not go to %(range)s any more.") % {"range": row.network})
        return redirect("range-list")
    note = _("Channels that send to %(range)s fail from now on. It was allowed for: %(reason)s")
    words = {"range": row.network, "reason": row.reason}
    page = FormPage(_("Take back %(range)s") % words, _("Take back"), *_ranges_above(), note % words, is_dangerous=True)
    return show_form(request, forms.Form(), page)


def _ranges_above() -> tuple[str, tuple[Crumb, ...]]:
    url = reverse("range-list")
    return url, (Crumb(_("Allowed ranges"), url),)


@never_cache
@require_http_methods(METHODS)
def heartbeat_edit(request: HttpRequest) -> HttpResponse:
    """Show where the heartbeat goes and whether it arrives, and change it."""
    row = heartbeat()
    if request.method == "POST" and "off" in request.POST:
        set_heartbeat(actor_of(request), url="", expected_revision=revision_of(request))
        messages.success(request, _("The heartbeat is off."))
        return redirect("heartbeat")
    form = HeartbeatForm(request.POST or None, initial={"revision": row.revision})
    if request.method == "POST":
        saved = attempt(form, lambda: _saved(request, form))
        if saved is not None:
            messages.success(request, _("The heartbeat goes to %(host)s.") % {"host": saved.host})
            return redirect("heartbeat")
    page = FormPage(_("Heartbeat"), _("Save"), reverse("notice-list"), template="alerts/heartbeat.html")
    return show_form(request, form, page, heartbeat=row)


def _saved(request: HttpRequest, form: HeartbeatForm) -> Heartbeat:
    url, revision = form.cleaned_data["url"], form.cleaned_data["revision"]
    return set_heartbeat(actor_of(request), url=url, expected_revision=revision)
