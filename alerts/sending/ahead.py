"""Look ahead: do once for many messages what each of them needs, when ten thousand wait."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from django.utils import timezone

from alerts.kinds import CERTIFICATE_KINDS
from alerts.ledger.settling import settle
from alerts.messages.endings import remembered_endings
from alerts.models import DeliveryNotice
from events.models import Notice

# Beyond, the message is a digest, and the work of several at once would be no less.
MOST_NOTICES = 500


@contextmanager
def looked_ahead(delivery_ids: Sequence[int]) -> Iterator[None]:
    """Settle what these deliveries tell, and know about their certificates for as long as the block."""
    items = DeliveryNotice.objects.filter(delivery__in=delivery_ids, is_void=False)
    notices = Notice.objects.filter(pk__in=items.values("notice"))
    settle(notices, timezone.now())
    told = notices.filter(is_open=True, subject_kind__in=CERTIFICATE_KINDS).order_by()
    subjects = list(told.values_list("subject_id", flat=True)[:MOST_NOTICES])
    with remembered_endings(subjects):
        yield
