"""Chat and paging services, through Apprise in a process of its own."""

import functools
from typing import Any

from django.utils.translation import gettext as _

from alerts.models import Channel, Delivery
from alerts.transports.chat.conversation import ChatProcessError, converse
from alerts.transports.contract import LONGEST_ANSWER, LONGEST_REQUEST, Message, Prepared, Receipt, TransportError
from alerts.transports.reach import alerts_reach
from console.outbound import refusal
from console.sealing import unseal

# The service's colour or icon of a message; what is not named is a warning.
TYPES = {Delivery.Kind.TEST.value: "info", Delivery.Kind.RESOLVED.value: "success"}


def chat_message(channel: Channel, message: Message) -> Prepared:
    """Return the message's subject and text for a service."""
    question = {
        "verb": "send",
        "url": unseal(bytes(channel.sealed_target or b"")).decode(),
        "title": message.subject,
        "body": message.text,
        "type": TYPES.get(message.kind, "warning"),
    }
    shown = f"{channel.target}\n\n{message.subject}\n\n{message.text}"
    return Prepared(shown[:LONGEST_REQUEST], functools.partial(_send, channel.target, question))


def _send(shown: str, question: dict[str, Any]) -> Receipt:
    reach = alerts_reach()
    try:
        found = converse({**question, "allowed": [str(network) for network in reach.allowed]})
    except ChatProcessError as error:
        raise TransportError(str(error), permanent=False) from error
    said = str(found.get("said", ""))[:LONGEST_ANSWER]
    if found["ok"]:
        return Receipt(said or _("Accepted by %(service)s.") % {"service": found["service"]})
    if found.get("refused"):
        raise TransportError(str(refusal(shown, found["refused"][0], reach)), permanent=False, answer=said)
    reason = _("The service did not take the message: %(answer)s") % {"answer": said or _("it gave no reason")}
    raise TransportError(reason, permanent=False, answer=said)
