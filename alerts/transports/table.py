"""One transport for each kind of channel."""

from collections.abc import Mapping

from alerts.models import Channel
from alerts.transports.callback import alarm
from alerts.transports.chat.transport import chat_message
from alerts.transports.contract import Transport
from alerts.transports.email import mailed
from alerts.transports.webhook import event

TRANSPORTS: Mapping[str, Transport] = {
    Channel.Kind.EMAIL: mailed,
    Channel.Kind.WEBHOOK: event,
    Channel.Kind.CALLBACK: alarm,
    Channel.Kind.APPRISE: chat_message,
}
