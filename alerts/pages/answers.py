"""Pages on which notices are acknowledged or snoozed: signed in, or by the link of a message."""

from collections.abc import Sequence

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from access.actors import actor_of
from alerts.forms.people import AnswerForm
from alerts.messages.answering import answered_delivery
from alerts.models import Delivery
from alerts.services.acknowledgements import acknowledge, acknowledgement_of, notice_by_id, withdraw_acknowledgement
from console.form_pages import attempt
from events.actor import Actor
from events.models import Notice

METHODS = ["GET", "HEAD", "POST"]
SHOWN = 100


@require_http_methods(METHODS)
def notice_acknowledge(request: HttpRequest, notice_id: int) -> HttpResponse:
    """Acknowledge or snooze one notice."""
    notice = notice_by_id(notice_id)
    form = AnswerForm(request.POST) if request.method == "POST" else AnswerForm()
    done = attempt(form, lambda: _answer(form, actor_of(request), [notice_id]))
    if done is None:
        context = {"form": form, "notices": [notice], "layout": "base.html", "made": acknowledgement_of(notice)}
        return render(request, "alerts/answer.html", context, status=422 if form.errors else 200)
    messages.success(request, _words(done))
    return redirect("notice-list")


@require_POST
def notice_take_back(request: HttpRequest, notice_id: int) -> HttpResponse:
    """Take an acknowledgement or a snooze back."""
    notice = withdraw_acknowledgement(actor_of(request), notice_id)
    messages.success(request, _("“%(name)s” is told again from now on.") % {"name": notice.subject_name})
    return redirect("notice-list")


@login_not_required
@never_cache
@require_http_methods(METHODS)
def notice_answer(request: HttpRequest, token: str) -> HttpResponse:
    """Answer what a message tells by the link in it. Only the button changes anything: scanners open links."""
    delivery = answered_delivery(token)
    opened = Notice.objects.filter(is_open=True, deliveries__in=delivery.items.filter(is_void=False))
    notices = list(opened.order_by("expires_at", "pk"))
    form = AnswerForm(request.POST) if request.method == "POST" else AnswerForm()
    chosen = _chosen(request, notices)
    done = attempt(form, lambda: _answer(form, _actor(request, delivery), chosen))
    context = {
        "form": form,
        "notices": notices[:SHOWN],
        "left_out": len(notices[SHOWN:]),
        "chosen": set(chosen),
        "layout": "console/plain.html",
        "is_link": True,
        "done": _words(done) if done else "",
    }
    return render(request, "alerts/answer.html", context, status=422 if form.errors else 200)


def _chosen(request: HttpRequest, notices: Sequence[Notice]) -> list[int]:
    """Return the notices that the answer is for: those that are ticked, and those that the page has no room for."""
    if request.method != "POST":
        return [notice.pk for notice in notices]
    ticked = set(request.POST.getlist("notice"))
    return [notice.pk for place, notice in enumerate(notices) if str(notice.pk) in ticked or place >= SHOWN]


def _actor(request: HttpRequest, delivery: Delivery) -> Actor:
    """Return who is signed in, else whom the message went to."""
    if request.user.is_authenticated:
        return actor_of(request)
    return Actor(name=_("%(name)s, by the link in a message") % {"name": delivery.channel.name}, via="page")


def _answer(form: AnswerForm, actor: Actor, notice_ids: Sequence[int]) -> list[Notice]:
    return acknowledge(actor, notice_ids, reason=form.cleaned_data["reason"], until=form.snoozed_until)


def _words(done: Sequence[Notice]) -> str:
    if len(done) == 1:
        return _("“%(name)s” is answered.") % {"name": done[0].subject_name}
    return ngettext("%(count)d notice is answered.", "%(count)d notices are answered.", len(done)) % {
        "count": len(done)
    }
