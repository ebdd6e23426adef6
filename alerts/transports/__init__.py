"""One transport for each kind of channel."""

from collections.abc import Mapping

from alerts.models import Channel
from alerts.transports.contract import Message, Receipt, Transport, TransportError
from alerts.transports.email import send_mail
from alerts.transports.webhook import post_event

TRANSPORTS: Mapping[str, Transport] = {
    Channel.Kind.EMAIL: send_mail,
    Channel.Kind.WEBHOOK: post_event,
}

__all__ = ("TRANSPORTS", "Message", "Receipt", "Transport", "TransportError")
