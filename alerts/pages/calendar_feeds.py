"""Pages of calendar feeds: list, make, revoke."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from access.actors import actor_of, user_of
from alerts.calendar.feeds import NewFeed, create_feed, feed_by_id, feeds_of, revoke_feed
from alerts.forms.calendar import FeedForm
from alerts.messages.endings import public_url
from console.form_pages import Crumb, FormPage, attempt, show_form

METHODS = ["GET", "HEAD", "POST"]
LIST = "calendar-feed-list"
NOTE = gettext_lazy("Whoever knows the address reads the calendar, without signing in. It is shown once.")


@require_safe
def feed_list(request: HttpRequest) -> HttpResponse:
    """List the feeds of the user who asks."""
    return render(request, "alerts/calendar/feeds.html", {"feeds": feeds_of(user_of(request)), "view": "feeds"})


@require_http_methods(METHODS)
def feed_create(request: HttpRequest) -> HttpResponse:
    """Make a feed and show its address, once."""
    form = FeedForm(request.POST or None)
    if request.method == "POST" and (new := attempt(form, lambda: _create(request, form))) is not None:
        return _shown(request, new)
    page = FormPage(
        title=_("Add a calendar feed"),
        button=_("Make the address"),
        cancel_url=reverse(LIST),
        crumbs=(Crumb(_("Calendar"), reverse("calendar")), Crumb(_("Feeds"), reverse(LIST))),
        note=NOTE,
    )
    return show_form(request, form, page)


def _create(request: HttpRequest, form: FeedForm) -> NewFeed:
    return create_feed(actor_of(request), **form.cleaned_data)


def _shown(request: HttpRequest, new: NewFeed) -> HttpResponse:
    url = public_url("calendar-feed", new.token)
    context = {"feed": new.feed, "url": url, "subscribe_url": f"webcal://{url.partition('://')[2]}"}
    response = render(request, "alerts/calendar/feed_made.html", context)
    response["Cache-Control"] = "no-store"
    return response


@require_http_methods(METHODS)
def feed_revoke(request: HttpRequest, feed_id: int) -> HttpResponse:
    """Ask, then have the address answer nobody any more."""
    feed = feed_by_id(user_of(request), feed_id)
    if request.method != "POST":
        return render(request, "alerts/calendar/feed_revoke.html", {"feed": feed})
    revoke_feed(actor_of(request), user_of(request), feed_id)
    messages.success(request, _("The calendar feed “%(name)s” is revoked.") % {"name": feed.name})
    return redirect(LIST)
