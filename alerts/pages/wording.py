"""The page of a channel's own words, with a preview of the real message."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from access.actors import actor_of
from alerts.forms.channels import WordingForm
from alerts.messages.wording import FIELDS, NAMES, OF_TEXTS
from alerts.models import Channel
from alerts.selectors.channels import channel_by_id
from alerts.services.channels import preview_message, update_channel
from alerts.transports.contract import Message
from console.errors import DomainError
from console.form_pages import attempt
from console.forms import add_domain_error


@require_http_methods(["GET", "HEAD", "POST"])
def channel_wording(request: HttpRequest, channel_id: str) -> HttpResponse:
    """Show what a channel says in its own words, try others, or save them."""
    channel = channel_by_id(channel_id)
    if request.method != "POST":
        form = WordingForm(initial={name: getattr(channel, name) for name in (*FIELDS, "revision")})
        return _page(request, form, channel, preview_message(channel_id, {}))
    form = WordingForm(request.POST)
    if "preview" in request.POST or not form.is_valid():
        return _page(request, form, channel, _tried(form, channel_id))
    if attempt(form, lambda: _saved(request, channel_id, form)) is None:
        return _page(request, form, channel, None)
    messages.success(request, _("The words of “%(name)s” are saved. Send a test.") % {"name": channel.name})
    return redirect("channel-detail", channel_id=channel_id)


def _saved(request: HttpRequest, channel_id: str, form: WordingForm) -> Channel:
    subject, text = (form.templates[field] for field in FIELDS)
    revision = form.cleaned_data["revision"]
    return update_channel(
        actor_of(request), channel_id, expected_revision=revision, subject_template=subject, text_template=text
    )


def _tried(form: WordingForm, channel_id: str) -> Message | None:
    """Return the message in the words of a form, None where they cannot be right."""
    if not form.is_valid():
        return None
    try:
        return preview_message(channel_id, form.templates)
    except DomainError as error:
        add_domain_error(form, error)
        return None


def _page(request: HttpRequest, form: WordingForm, channel: Channel, message: Message | None) -> HttpResponse:
    names = [(f"${name}", meaning, name in OF_TEXTS) for name, meaning in NAMES.items()]
    context = {"form": form, "channel": channel, "message": message, "names": names}
    is_refused = bool(form.errors) and "preview" not in request.POST
    return render(request, "alerts/channel_wording.html", context, status=422 if is_refused else 200)
