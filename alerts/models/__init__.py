"""Alerts: rules, whom they tell over which channels, and the deliveries that carry notices."""

from alerts.models.channel import AllowedRange, Channel
from alerts.models.contact import CalendarFeed, Contact, ContactGroup
from alerts.models.delivery import Delivery, DeliveryAttempt, DeliveryNotice, Scan
from alerts.models.handshakes import HandshakeWatch
from alerts.models.rule import Acknowledgement, AlertRule, AlertStep, Heartbeat

__all__ = (
    "Acknowledgement",
    "AlertRule",
    "AlertStep",
    "AllowedRange",
    "CalendarFeed",
    "Channel",
    "Contact",
    "ContactGroup",
    "Delivery",
    "DeliveryAttempt",
    "DeliveryNotice",
    "HandshakeWatch",
    "Heartbeat",
    "Scan",
)
