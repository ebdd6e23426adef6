"""Read notices, and who was told of them."""

from collections.abc import Mapping

from django.db.models import QuerySet

from alerts.kinds import KINDS
from alerts.models import Delivery, DeliveryNotice
from alerts.selectors.states import check_state
from console.ids import is_id
from events.models import Notice


def notices(*, state: str = "", subject_id: str = "") -> "QuerySet[Notice]":
    """Return notices, newest first, filtered as asked."""
    rows = Notice.objects.order_by("-id")
    if subject_id:
        rows = rows.filter(subject_kind__in=tuple(KINDS), subject_id=subject_id if is_id(subject_id) else "")
    if state:
        check_state(state, Notice.State.values)
        rows = rows.filter(state=state)
    return rows


def channels_told(notice_ids: list[int]) -> Mapping[int, list[str]]:
    """Return the names of the channels that have taken each notice."""
    told: dict[int, list[str]] = {pk: [] for pk in notice_ids}
    # By two queries from the notices on, which are few: joined, the database may begin with every message ever sent.
    items = DeliveryNotice.objects.filter(notice__in=notice_ids).order_by("-delivery_id")
    rows = list(items.values_list("notice_id", "delivery_id", "channel__name"))
    taken = Delivery.objects.filter(
        pk__in={delivery_id for _notice, delivery_id, _name in rows}, state=Delivery.State.SENT
    )
    sent = set(taken.order_by().values_list("pk", flat=True))
    for notice_id, delivery_id, name in rows:
        if delivery_id in sent:
            told[notice_id].append(name)
    return told
