"""Pages of channels."""

from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from access.actors import actor_of
from alerts.forms.channels import FORMS, ChannelForm, RotationForm, initial_of
from alerts.models import Channel, Delivery
from alerts.selectors.channels import channel_by_id, channels, mail_directory
from alerts.selectors.deliveries import WAITING, deliveries
from alerts.services.channels import WithSecret, create_channel, delete_channel, rotate_secret, update_channel
from alerts.services.resending import send_test
from alerts.transports.signing import SIGNED_KINDS, has_previous_secret
from console.errors import DomainError
from console.form_pages import attempt
from console.forms import add_domain_error
from console.revisions import revision_of

METHODS = ["GET", "HEAD", "POST"]
DELIVERIES_SHOWN = 10


@require_safe
def channel_list(request: HttpRequest) -> HttpResponse:
    """List the channels with how they are."""
    context = {"channels": channels(), "mail_directory": mail_directory()}
    return render(request, "alerts/channel_list.html", context)


@require_safe
def channel_detail(request: HttpRequest, channel_id: str) -> HttpResponse:
    """Show a channel, how it is and its newest deliveries."""
    return render(request, "alerts/channel_detail.html", _detail(channel_by_id(channel_id)))


def _detail(channel: Channel) -> dict[str, Any]:
    return {
        "channel": channel,
        "deliveries": deliveries(channel_id=channel.pk)[:DELIVERIES_SHOWN],
        "mail_directory": mail_directory(),
        "is_signed": channel.kind in SIGNED_KINDS,
        "has_previous_secret": has_previous_secret(channel, timezone.now()),
    }


@never_cache
@require_http_methods(METHODS)
def channel_create(request: HttpRequest, kind: str) -> HttpResponse:
    """Create a channel; its signing secret is shown in the answer and nowhere else."""
    if kind not in FORMS:
        raise Http404
    form = FORMS[kind](request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return _form_page(request, form, Channel(kind=kind), is_new=True)
    try:
        made = create_channel(actor_of(request), kind=kind, **_given(form))
    except DomainError as error:
        add_domain_error(form, error)
        return _form_page(request, form, Channel(kind=kind), is_new=True)
    if made.secret:
        return _secret_page(request, made, is_new=True)
    messages.success(request, _("The channel “%(name)s” is created. Send a test.") % {"name": made.channel.name})
    return redirect("channel-detail", channel_id=made.channel.pk)


def _given(form: ChannelForm) -> dict[str, Any]:
    return {name: form.cleaned_data[name] for name in ("name", "target", "language")}


def _secret_page(request: HttpRequest, made: WithSecret, *, is_new: bool) -> HttpResponse:
    """Show a secret in the answer itself: it goes through no session, cookie or log."""
    context = {"channel": made.channel, "secret": made.secret, "is_new": is_new}
    return render(request, "alerts/channel_secret.html", context)


def _form_page(request: HttpRequest, form: ChannelForm, channel: Channel, *, is_new: bool) -> HttpResponse:
    context = {
        "form": form,
        "channel": channel,
        "is_new": is_new,
        "kinds": Channel.Kind.choices,
        "mail_directory": mail_directory() if channel.kind == Channel.Kind.EMAIL else "",
    }
    return render(request, "alerts/channel_form.html", context, status=422 if form.errors else 200)


@require_http_methods(METHODS)
def channel_edit(request: HttpRequest, channel_id: str) -> HttpResponse:
    """Change a channel's name, target and language."""
    channel = channel_by_id(channel_id)
    form_class = FORMS[channel.kind]
    if request.method != "POST":
        return _form_page(request, form_class(initial=initial_of(channel)), channel, is_new=False)
    form = form_class(request.POST)
    if not form.is_valid():
        return _form_page(request, form, channel, is_new=False)
    revision = form.cleaned_data["revision"]
    try:
        update_channel(actor_of(request), channel_id, expected_revision=revision, **_given(form))
    except DomainError as error:
        add_domain_error(form, error)
        return _form_page(request, form, channel, is_new=False)
    messages.success(request, _("The channel “%(name)s” is saved.") % {"name": form.cleaned_data["name"]})
    return redirect("channel-detail", channel_id=channel_id)


@require_POST
def channel_switch(request: HttpRequest, channel_id: str) -> HttpResponse:
    """Switch a channel on or off."""
    channel = update_channel(actor_of(request), channel_id, enabled=request.POST.get("enabled") == "1")
    words = _("“%(name)s” is switched on.") if channel.enabled else _("“%(name)s” is switched off.")
    messages.success(request, words % {"name": channel.name})
    return redirect("channel-detail", channel_id=channel_id)


@require_POST
def channel_test(request: HttpRequest, channel_id: str) -> HttpResponse:
    """Send a test and show what came of it."""
    delivery = send_test(actor_of(request), channel_id)
    if delivery.state == Delivery.State.SENT:
        messages.success(request, _("The test was sent. %(answer)s") % {"answer": delivery.last_answer})
    elif delivery.state == Delivery.State.FAILED:
        messages.error(request, _("The test did not arrive. %(error)s") % {"error": delivery.last_error})
    else:
        messages.info(request, _("The test is being sent; this page shows its result when it is loaded again."))
    return redirect("delivery-detail", key=delivery.key)


@never_cache
@require_http_methods(METHODS)
def channel_rotate_secret(request: HttpRequest, channel_id: str) -> HttpResponse:
    """Ask how the secret is to be replaced, then show the new one."""
    channel = channel_by_id(channel_id)
    form = RotationForm(request.POST or None, initial={"revision": channel.revision})
    made = None
    if request.method == "POST":
        made = attempt(form, lambda: _rotated(request, channel_id, form))
    if made is not None:
        return _secret_page(request, made, is_new=False)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    context = {"channel": channel, "form": form}
    return render(request, "alerts/channel_rotate_secret.html", context, status=status)


def _rotated(request: HttpRequest, channel_id: str, form: RotationForm) -> WithSecret:
    hours, revision = form.cleaned_data["overlap_hours"], form.cleaned_data["revision"]
    return rotate_secret(actor_of(request), channel_id, overlap_hours=hours, expected_revision=revision)


@require_http_methods(METHODS)
def channel_delete(request: HttpRequest, channel_id: str) -> HttpResponse:
    """Say what goes with the channel, then delete it."""
    channel = channel_by_id(channel_id)
    if request.method != "POST":
        log = deliveries(channel_id=channel.pk)
        waiting = log.filter(state__in=WAITING).count()
        context = {"channel": channel, "deliveries": log.count(), "waiting": waiting}
        return render(request, "alerts/channel_delete.html", context)
    delete_channel(actor_of(request), channel_id, expected_revision=revision_of(request))
    messages.success(request, _("The channel “%(name)s” is deleted.") % {"name": channel.name})
    return redirect("channel-list")
