"""The link in a message that lets its readers answer it: signed, and good for some weeks.

Whoever holds it may acknowledge or snooze what that one message tells, and nothing else. Opening it changes nothing:
mail scanners open every link.
"""

import datetime as dt
from uuid import UUID

from django.core import signing
from django.utils.translation import gettext as _

from alerts.messages.endings import public_url
from alerts.models import Delivery
from console.errors import NotFoundError

SALT = "alerts.answer"
# Longer than from one warning to the next.
GOOD_FOR = dt.timedelta(days=30)
ANSWERABLE = frozenset(Delivery.Kind.values) - {Delivery.Kind.RESOLVED, Delivery.Kind.TEST}


def answer_url(delivery: Delivery) -> str:
    """Return the address under which a message is answered; empty for one that asks nothing."""
    if delivery.kind not in ANSWERABLE:
        return ""
    return public_url("notice-answer", signing.dumps(delivery.key.hex, salt=SALT))


def answered_delivery(token: str) -> Delivery:
    """Return the delivery whose message holds the link; raise NotFoundError for a link that is not or no more good."""
    try:
        key = UUID(signing.loads(token, salt=SALT, max_age=GOOD_FOR))
    except signing.SignatureExpired as error:
        raise _refusal(_("This link has expired: it was good for 30 days.")) from error
    except (signing.BadSignature, ValueError) as error:
        raise _refusal(_("This link is not whole, or not ours.")) from error
    found = Delivery.objects.select_related("channel", "channel__contact").filter(key=key).first()
    if found is None:
        raise _refusal(_("The message that this link belongs to is not in the delivery log any more."))
    return found


def _refusal(message: str) -> NotFoundError:
    return NotFoundError(message, "answer.unknown", way_out=_("Sign in and answer on the page of notices."))
