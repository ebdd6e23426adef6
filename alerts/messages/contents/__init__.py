"""What each kind of message says: a module each, which turns notices into what templates and events are made of."""

from collections.abc import Mapping

from alerts.messages.contents.channels import failing_channels
from alerts.messages.contents.content import Content, Writer
from alerts.messages.contents.expiry import expiring
from alerts.messages.contents.lists import troubled
from alerts.messages.contents.outside import outside
from alerts.messages.contents.renewals import failing_renewals
from alerts.messages.contents.resolved import resolved
from alerts.messages.contents.serving import failing_data_plane
from alerts.messages.contents.testing import test
from alerts.models import Delivery

CONTENTS: Mapping[str, Writer] = {
    Delivery.Kind.EXPIRY: expiring,
    Delivery.Kind.RENEWAL: failing_renewals,
    Delivery.Kind.LIST: troubled,
    Delivery.Kind.OUTSIDE: outside,
    Delivery.Kind.SERVING: failing_data_plane,
    Delivery.Kind.RESOLVED: resolved,
    Delivery.Kind.CHANNEL: failing_channels,
    Delivery.Kind.TEST: test,
}

__all__ = ("CONTENTS", "Content", "Writer")
