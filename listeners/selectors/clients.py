"""Read which clients listeners with mutual authentication have seen."""

import datetime as dt
from dataclasses import dataclass

from django.db.models import Count, Max, Q, QuerySet, Sum, TextChoices
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from certificates.expiry import SOON
from console.tables import PAGE_SIZE, Page, keyset_page
from listeners.models import Listener, ObservedClient

RECENTLY = dt.timedelta(days=7)


class Narrowing(TextChoices):
    """Which clients are wanted."""

    ALL = "", _("All")
    REFUSED = "refused", _("Refused by enforce")
    VALID = "valid", _("Valid")
    EXPIRING = "expiring", _("Expiring soon")


@dataclass(frozen=True, slots=True)
class ClientSummary:
    """The clients of the last seven days; a client is a certificate, and ``anonymous`` are connections without one."""

    certificates: int
    refused: int  # of these certificates
    expiring: int  # valid ones that soon are not
    anonymous: int
    last_seen_at: dt.datetime | None

    @property
    def is_clean(self) -> bool:
        """Whether clients came, and enforcing would refuse none of them."""
        return self.certificates > 0 and not self.refused and not self.anonymous


def clients_of(listener: Listener, query: str = "", only: str = "") -> "QuerySet[ObservedClient]":
    """Return the clients of a listener; ``query`` is part of a subject, an issuer, a serial number or a fingerprint."""
    found = ObservedClient.objects.filter(listener=listener)
    if query := query.replace("\0", ""):
        text = query.replace(":", "").lower() if set(query) <= set("0123456789abcdefABCDEF:") else query
        found = found.filter(
            Q(subject__icontains=query)
            | Q(issuer__icontains=query)
            | Q(serial__startswith=text)
            | Q(sha256__startswith=text)
        )
    return found.filter(_condition(only, timezone.now()))


def clients_page(
    listener: Listener, query: str = "", only: str = "", cursor: str = "", size: int = PAGE_SIZE
) -> Page[ObservedClient]:
    """Return a page of the clients of a listener, the last one first."""
    return keyset_page(clients_of(listener, query, only), ("-last_seen_at", "-id"), cursor, size)


def client_summary(listener: Listener) -> ClientSummary:
    """Return what the last seven days say of enforcing mutual authentication."""
    now = timezone.now()
    shown = ~Q(sha256="")
    totals = ObservedClient.objects.filter(listener=listener, last_seen_at__gte=now - RECENTLY).aggregate(
        certificates=Count("pk", filter=shown),
        refused=Count("pk", filter=shown & _condition(Narrowing.REFUSED, now)),
        expiring=Count("pk", filter=_condition(Narrowing.EXPIRING, now)),
        anonymous=Sum("connections", filter=~shown, default=0),
        last_seen_at=Max("last_seen_at"),
    )
    return ClientSummary(**totals)


def _condition(only: str, now: dt.datetime) -> Q:
    """Return the narrowing as a condition; a certificate that has ended since it was seen is refused, too."""
    valid = Q(reason="", not_after__gt=now)
    if only == Narrowing.REFUSED:
        return ~Q(reason="") | Q(not_after__lte=now)
    if only == Narrowing.VALID:
        return valid
    if only == Narrowing.EXPIRING:
        return valid & Q(not_after__lte=now + SOON)
    return Q()
