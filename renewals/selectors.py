"""Every read of accounts and renewals."""

import datetime as dt

from django.db.models import Count, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from authorities.models import Authority
from console.errors import InvalidInputError, NotFoundError
from console.ids import is_id
from renewals.models import AcmeAccount, PendingChallenge, Renewal

# Keyset of every list of renewals: newest first.
ORDER = ("-created_at", "id")
# A due renewal that nobody began by then has no worker.
OVERDUE_AFTER = dt.timedelta(hours=1)
LONGEST_TOKEN = 255


def account_by_id(account_id: str) -> AcmeAccount:
    """Return an account; raise NotFoundError when there is none."""
    found = AcmeAccount.objects.filter(pk=account_id).first() if is_id(account_id) else None
    if found is None:
        message = _("There is no ACME account “%(id)s”.") % {"id": account_id[:64]}
        raise NotFoundError(message, "account.unknown", way_out=_("See the list of ACME accounts."))
    return found


def accounts() -> "QuerySet[AcmeAccount]":
    """Return all accounts by name, with the number of their renewals as ``uses``."""
    return AcmeAccount.objects.annotate(uses=Count("renewals")).order_by("name", "id")


def authorities() -> "QuerySet[Authority]":
    """Return the private authorities that can issue, by name."""
    return Authority.objects.select_related("certificate").order_by("certificate__name")


def renewal_by_id(renewal_id: str) -> Renewal:
    """Return a renewal with what its page shows; raise NotFoundError when there is none."""
    rows = Renewal.objects.select_related("account", "authority__certificate", "certificate__current_version")
    found = rows.filter(pk=renewal_id).first() if is_id(renewal_id) else None
    if found is None:
        message = _("There is no renewal “%(id)s”.") % {"id": renewal_id[:64]}
        raise NotFoundError(message, "renewal.unknown", way_out=_("See the list of renewals."))
    return found


def renewals(*, state: str = "", query: str = "") -> "QuerySet[Renewal]":
    """Return renewals with their certificates, filtered as asked."""
    rows = Renewal.objects.select_related("account", "authority__certificate", "certificate")
    if state:
        if state not in Renewal.State.values:
            message = _("“%(value)s” is no state.") % {"value": state[:50]}
            way_out = _("Use one of: %(choices)s.") % {"choices": ", ".join(Renewal.State.values)}
            raise InvalidInputError(message, "request.unknown-state", field="state", way_out=way_out)
        rows = rows.filter(state=state)
    return rows.filter(name__icontains=query[:200]) if query else rows


def troubled(now: dt.datetime | None = None) -> "QuerySet[Renewal]":
    """Return the renewals that fail, or that nobody has begun an hour after they were due."""
    limit = (now or timezone.now()) - OVERDUE_AFTER
    overdue = Q(state=Renewal.State.WAITING, next_attempt_at__lt=limit)
    return Renewal.objects.filter(Q(failures__gt=0) & ~Q(state=Renewal.State.PAUSED) | overdue)


def answer_of(token: str) -> str | None:
    """Return what HTTP-01 answers for a token that is pending, None for any other."""
    if not token.isascii() or not token.isprintable() or len(token) > LONGEST_TOKEN:
        return None
    pending = PendingChallenge.objects.filter(kind=Renewal.Challenge.HTTP_01, token=token)
    return pending.values_list("key_authorization", flat=True).first()
