"""Pages of contact groups."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from access.actors import actor_of
from alerts.forms.people import GroupForm
from alerts.models import AlertRule, ContactGroup
from alerts.people.audiences import timing_of
from alerts.people.groups import group_by_id, groups
from alerts.people.schedules import time_zones
from alerts.people.timing import departure
from alerts.services.groups import create_group, delete_group, update_group
from console.form_pages import Crumb, FormPage, attempt, show_form
from console.revisions import revision_of

METHODS = ["GET", "HEAD", "POST"]


@require_safe
def group_list(request: HttpRequest) -> HttpResponse:
    """List the groups with who belongs to them and when they are told."""
    return render(request, "alerts/group_list.html", {"groups": groups()})


@require_safe
def group_detail(request: HttpRequest, group_id: str) -> HttpResponse:
    """Show a group: its members, its times, and the rules that tell it."""
    group = group_by_id(group_id)
    context = {
        "group": group,
        "contacts": group.contacts.order_by("name"),
        "channels": group.channels.order_by("name"),
        "rules": AlertRule.objects.filter(steps__group=group).distinct(),
        "departs_at": departure(timing_of(group), timezone.now()),
    }
    return render(request, "alerts/group_detail.html", context)


@require_http_methods(METHODS)
def group_create(request: HttpRequest) -> HttpResponse:
    """Create a group."""
    form = GroupForm(request.POST) if request.method == "POST" else GroupForm()
    made = attempt(form, lambda: create_group(actor_of(request), **form.values))
    if made is None:
        return show_form(request, form, _page(None), time_zones=time_zones())
    messages.success(request, _("The contact group “%(name)s” is created.") % {"name": made.name})
    return redirect("contact-group-detail", group_id=made.pk)


@require_http_methods(METHODS)
def group_edit(request: HttpRequest, group_id: str) -> HttpResponse:
    """Change a group."""
    group = group_by_id(group_id)
    form = GroupForm(request.POST) if request.method == "POST" else GroupForm.of(group)
    saved = attempt(form, lambda: _save(request, group_id, form))
    if saved is None:
        return show_form(request, form, _page(group), time_zones=time_zones())
    messages.success(request, _("The contact group “%(name)s” is saved.") % {"name": saved.name})
    return redirect("contact-group-detail", group_id=group_id)


def _save(request: HttpRequest, group_id: str, form: GroupForm) -> ContactGroup:
    revision = form.cleaned_data["revision"]
    return update_group(actor_of(request), group_id, expected_revision=revision, **form.values)


def _page(group: ContactGroup | None) -> FormPage:
    crumbs = (Crumb(_("Contact groups"), reverse("contact-group-list")),)
    template = "alerts/group_form.html"
    if group is None:
        title = _("Add contact group")
        return FormPage(title, title, reverse("contact-group-list"), crumbs, template=template)
    url = reverse("contact-group-detail", args=[group.pk])
    return FormPage(_("Edit contact group"), _("Save"), url, (*crumbs, Crumb(group.name, url)), template=template)


@require_http_methods(METHODS)
def group_delete(request: HttpRequest, group_id: str) -> HttpResponse:
    """Ask, then delete a group."""
    group = group_by_id(group_id)
    if request.method != "POST":
        return render(request, "alerts/group_delete.html", {"group": group})
    delete_group(actor_of(request), group_id, expected_revision=revision_of(request))
    messages.success(request, _("The contact group “%(name)s” is deleted.") % {"name": group.name})
    return redirect("contact-group-list")
