"""Read deliveries, and what they tell."""

from uuid import UUID

from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from alerts.models import Delivery, DeliveryNotice
from alerts.selectors.states import check_state
from console.errors import NotFoundError
from console.ids import is_id
from events.models import Notice

WAITING = (Delivery.State.PENDING, Delivery.State.SENDING)


def delivery_by_key(key: UUID) -> Delivery:
    """Return a delivery with its channel; raise NotFoundError when there is none."""
    found = Delivery.objects.select_related("channel").filter(key=key).first()
    if found is None:
        message = _("There is no delivery “%(id)s”.") % {"id": key}
        raise NotFoundError(message, "delivery.unknown", way_out=_("See the list of deliveries."))
    return found


def deliveries(*, state: str = "", channel_id: str = "") -> "QuerySet[Delivery]":
    """Return deliveries with their channel and the number of their ``notices``, newest first, filtered as asked."""
    # Counted row by row, so that a page costs its own rows only.
    items = DeliveryNotice.objects.filter(delivery=OuterRef("pk")).order_by().values("delivery")
    count = Coalesce(Subquery(items.annotate(number=Count("pk")).values("number")), 0)
    rows = Delivery.objects.select_related("channel").annotate(notices=count).order_by("-id")
    if state:
        check_state(state, Delivery.State.values)
        rows = rows.filter(state=state)
    return rows.filter(channel=channel_id if is_id(channel_id) else "") if channel_id else rows


def notices_in(delivery: Delivery, most: int) -> list[Notice]:
    """Return the first notices of a delivery, soonest end first."""
    rows = Notice.objects.filter(deliveries__delivery=delivery)
    return list(rows.order_by("expires_at", "pk")[:most])
