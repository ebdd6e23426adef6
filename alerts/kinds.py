"""The one table of what alerts are about: each kind of subject, its noun, its messages, and what decides when. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from alerts.models import Delivery

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

CERTIFICATE, CHAIN, AUTHORITY = "certificate", "chain", "authority"
LIST, LIST_FETCH = "crl", "crl-fetch"
RENEWAL = "renewal"
OUTSIDE, OUTSIDE_FAILING = "outside", "outside-failing"
RECEIPT, CONFIGURATION, NODE, SERVER_GROUP, HANDSHAKES = (
    "receipt",
    "configuration",
    "node",
    "server-group",
    "handshakes",
)
CHANNEL = "channel"

# What the scope of a rule may ask of the subjects of a kind, beside the kind itself: the names of its fields.
SCOPE_KEYS = ("certificate_kinds", "tag_key", "owner", "product", "listener_id", "only_unused")
OF_CERTIFICATES = frozenset(SCOPE_KEYS)
OF_LISTENERS = frozenset({"tag_key", "product", "listener_id"})
OF_ADDRESSES = frozenset({"owner"})


@dataclass(frozen=True, slots=True)
class SubjectKind:
    """A kind of subject: what people call it, which message tells it, and the address of a subject's page.

    ``has_thresholds``: a rule's thresholds say when it is told. What has none is told when it is found, or by times
    of its own. ``scope_keys``: what a rule may ask of such a subject; what asks for anything else never holds one.
    """

    name: str
    noun: "_StrPromise"
    delivery_kind: Delivery.Kind
    page: str
    scope_keys: frozenset[str] = frozenset()
    has_thresholds: bool = False


KINDS: Mapping[str, SubjectKind] = {
    kind.name: kind
    for kind in (
        SubjectKind(
            CERTIFICATE,
            _("Certificate"),
            Delivery.Kind.EXPIRY,
            "certificate-detail",
            OF_CERTIFICATES,
            has_thresholds=True,
        ),
        SubjectKind(
            CHAIN, _("Chain member"), Delivery.Kind.EXPIRY, "certificate-detail", OF_CERTIFICATES, has_thresholds=True
        ),
        SubjectKind(
            AUTHORITY,
            _("Private authority"),
            Delivery.Kind.EXPIRY,
            "certificate-detail",
            OF_CERTIFICATES,
            has_thresholds=True,
        ),
        SubjectKind(LIST, _("Revocation list"), Delivery.Kind.LIST, "revocation-list-detail", OF_CERTIFICATES),
        SubjectKind(
            LIST_FETCH,
            _("Fetching of a revocation list"),
            Delivery.Kind.LIST,
            "revocation-list-detail",
            OF_CERTIFICATES,
        ),
        SubjectKind(RENEWAL, _("Renewal"), Delivery.Kind.RENEWAL, "renewal-detail", OF_CERTIFICATES),
        SubjectKind(
            OUTSIDE,
            _("Certificate outside"),
            Delivery.Kind.OUTSIDE,
            "watched-detail",
            OF_ADDRESSES,
            has_thresholds=True,
        ),
        SubjectKind(OUTSIDE_FAILING, _("Watched address"), Delivery.Kind.OUTSIDE, "watched-detail", OF_ADDRESSES),
        SubjectKind(RECEIPT, _("Served certificate"), Delivery.Kind.SERVING, "listener-detail", OF_LISTENERS),
        SubjectKind(CONFIGURATION, _("Configuration"), Delivery.Kind.SERVING, "listener-detail", OF_LISTENERS),
        SubjectKind(NODE, _("Node"), Delivery.Kind.SERVING, ""),
        SubjectKind(SERVER_GROUP, _("Server group"), Delivery.Kind.SERVING, "server-group-detail", OF_LISTENERS),
        SubjectKind(HANDSHAKES, _("Handshakes"), Delivery.Kind.SERVING, "listener-detail", OF_LISTENERS),
        SubjectKind(CHANNEL, _("Channel"), Delivery.Kind.CHANNEL, "channel-detail"),
    )
}
# What is found among the certificates of the repository.
CERTIFICATE_KINDS = (CERTIFICATE, CHAIN, AUTHORITY)


def kinds_told_by(delivery_kind: str) -> tuple[str, ...]:
    """Return the kinds of subject that one kind of message tells."""
    return tuple(kind.name for kind in KINDS.values() if kind.delivery_kind == delivery_kind)
