"""Pages of contacts."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from access.actors import actor_of
from alerts.forms.people import ContactForm
from alerts.models import Contact
from alerts.people.audiences import folded
from alerts.selectors.deliveries import WAITING, deliveries
from alerts.services import contacts
from certificates.models import Certificate
from console.form_pages import Crumb, FormPage, attempt, show_form
from console.revisions import revision_of

METHODS = ["GET", "HEAD", "POST"]
SHOWN = 10


@require_safe
def contact_list(request: HttpRequest) -> HttpResponse:
    """List the contacts with their groups."""
    rows = contacts.contacts().prefetch_related("groups")
    return render(request, "alerts/contact_list.html", {"contacts": rows})


@require_safe
def contact_detail(request: HttpRequest, contact_id: str) -> HttpResponse:
    """Show a contact, what it is told of and its newest messages."""
    contact = contacts.contact_by_id(contact_id)
    context = {
        "contact": contact,
        "channel": contact.channel,
        "groups": contact.groups.order_by("name"),
        "owners": _owners_known_as(contact),
        "deliveries": deliveries(channel_id=contact.channel.pk)[:SHOWN],
    }
    return render(request, "alerts/contact_detail.html", context)


def _owners_known_as(contact: Contact) -> list[str]:
    """Return the owners of certificates that are this contact, as they are written."""
    owners = Certificate.objects.exclude(owner="").order_by("owner").values_list("owner", flat=True).distinct()
    return [owner for owner in owners if folded(owner) == folded(contact.name)]


@require_http_methods(METHODS)
def contact_create(request: HttpRequest) -> HttpResponse:
    """Create a contact."""
    form = ContactForm(request.POST) if request.method == "POST" else ContactForm()
    made = attempt(form, lambda: contacts.create_contact(actor_of(request), **_values(form)))
    if made is None:
        return show_form(request, form, _page(None))
    messages.success(request, _("The contact “%(name)s” is created.") % {"name": made.name})
    return redirect("contact-detail", contact_id=made.pk)


@require_http_methods(METHODS)
def contact_edit(request: HttpRequest, contact_id: str) -> HttpResponse:
    """Change a contact."""
    contact = contacts.contact_by_id(contact_id)
    form = ContactForm(request.POST) if request.method == "POST" else ContactForm.of(contact)
    saved = attempt(form, lambda: _save(request, contact_id, form))
    if saved is None:
        return show_form(request, form, _page(contact))
    messages.success(request, _("The contact “%(name)s” is saved.") % {"name": saved.name})
    return redirect("contact-detail", contact_id=contact_id)


def _save(request: HttpRequest, contact_id: str, form: ContactForm) -> Contact:
    revision = form.cleaned_data["revision"]
    return contacts.update_contact(actor_of(request), contact_id, expected_revision=revision, **_values(form))


def _values(form: ContactForm) -> dict[str, Any]:
    return {name: form.cleaned_data[name] for name in ("name", "email", "language", "group_ids")}


def _page(contact: Contact | None) -> FormPage:
    crumbs = (Crumb(_("Contacts"), reverse("contact-list")),)
    if contact is None:
        return FormPage(_("Add contact"), _("Add contact"), reverse("contact-list"), crumbs)
    url = reverse("contact-detail", args=[contact.pk])
    return FormPage(_("Edit contact"), _("Save"), url, (*crumbs, Crumb(contact.name, url)))


@require_http_methods(METHODS)
def contact_delete(request: HttpRequest, contact_id: str) -> HttpResponse:
    """Say what goes with the contact, then delete it."""
    contact = contacts.contact_by_id(contact_id)
    if request.method != "POST":
        log = deliveries(channel_id=contact.channel.pk)
        context = {
            "contact": contact,
            "groups": contact.groups.order_by("name"),
            "deliveries": log.count(),
            "waiting": log.filter(state__in=WAITING).count(),
        }
        return render(request, "alerts/contact_delete.html", context)
    contacts.delete_contact(actor_of(request), contact_id, expected_revision=revision_of(request))
    messages.success(request, _("The contact “%(name)s” is deleted.") % {"name": contact.name})
    return redirect("contact-list")
