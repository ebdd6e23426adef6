"""Pages of the delivery log."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from access.actors import actor_of
from alerts.models import Channel, Delivery
from alerts.selectors.deliveries import deliveries, delivery_by_key, notices_in
from alerts.sending.attempts import attempts_of
from alerts.services import resending
from console.errors import ConflictError
from console.tables import keyset_page

NOTICES_SHOWN = 100


@require_safe
def delivery_list(request: HttpRequest) -> HttpResponse:
    """List the deliveries, newest first, filtered by state and channel."""
    state, channel_id = request.GET.get("state", ""), request.GET.get("channel", "")
    rows = deliveries(state=state, channel_id=channel_id)
    context = {
        "page": keyset_page(rows, ("-id",), request.GET.get("cursor", "")),
        "state": state,
        "states": Delivery.State.choices,
        "channel_id": channel_id,
        "channels": Channel.objects.all(),
        "is_filtered": bool(state or channel_id),
    }
    return render(request, "alerts/delivery_list.html", context)


@require_safe
def delivery_detail(request: HttpRequest, key: UUID) -> HttpResponse:
    """Show one delivery: its state, attempts, answers and what it tells."""
    delivery = delivery_by_key(key)
    notices = notices_in(delivery, NOTICES_SHOWN)
    total = delivery.items.count()
    context = {
        "delivery": delivery,
        "notices": notices,
        "left_out": total - len(notices),
        "attempts": attempts_of(delivery),
        "can_resend": resending.can_resend(delivery),
    }
    return render(request, "alerts/delivery_detail.html", context)


@require_POST
def delivery_resend(request: HttpRequest, key: UUID) -> HttpResponse:
    """Queue a delivery again."""
    try:
        resending.resend_delivery(actor_of(request), key)
    except ConflictError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("The message is queued and goes out within seconds."))
    return redirect("delivery-detail", key=key)
