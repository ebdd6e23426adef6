"""What each kind of message says: a module each, which turns notices into what templates and events are made of."""

from collections.abc import Mapping

from alerts.contents.channels import failing_channels
from alerts.contents.content import Content, Writer
from alerts.contents.expiry import expiring
from alerts.contents.lists import troubled
from alerts.contents.outside import outside
from alerts.contents.renewals import failing_renewals
from alerts.contents.resolved import resolved
from alerts.contents.serving import failing_data_plane
from alerts.contents.testing import test
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
