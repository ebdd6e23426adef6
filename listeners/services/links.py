"""What a listener points at beside certificates: its server group, and the QUIC listener that it announces."""

from collections.abc import Mapping
from copy import copy
from typing import Any

from django.utils.translation import gettext as _

from console.errors import ConflictError
from listeners.legality import refuse_group, refuse_target
from listeners.models import Listener, ServerGroup
from listeners.services import rows

_Protocol = Listener.Protocol
# The fields whose change can make the whole wrong.
LINKS = frozenset({"server_group_id", "redirect_port", "quic_listener_id", "http2_enabled"})
_NAMED = ("server_group", "quic_listener")


def refuse_bad_links(listener: Listener) -> None:
    """Refuse a listener, stored or to be, whose server group, redirect or QUIC listener do not fit."""
    refuse_target(listener.protocol, listener.server_group_id, listener.redirect_port)
    if listener.server_group_id:
        refuse_group(listener.load_balancer, listener, required_group(listener.server_group_id))
    if listener.quic_listener_id:
        _refuse_quic_listener(listener, listener.quic_listener_id)


def refuse_unfit_rules(listener: Listener) -> None:
    """Refuse a listener as it is stored now when a rule sends requests to a server group that does not fit it."""
    for group in ServerGroup.objects.filter(rules__rule__listener=listener).distinct():
        refuse_group(listener.load_balancer, listener, group, "http2_enabled")


def moved_links(listener: Listener, values: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Return what ``values`` links to anew, by name before and after; refuse what does not fit together then."""
    moved = {name for name in LINKS & values.keys() if getattr(listener, name) != values[name]}
    if not moved:
        return {}
    after = copy(listener)
    for name in moved:
        setattr(after, name, values[name])
    refuse_bad_links(after)
    return {f"{link}_id": [getattr(listener, link), getattr(after, link)] for link in _NAMED if f"{link}_id" in moved}


def required_group(server_group_id: str) -> ServerGroup:
    """Return a server group. Raises NotFoundError."""
    return rows.take(ServerGroup.objects.all(), server_group_id, "server_group", field="server_group_id")


def _refuse_quic_listener(listener: Listener, quic_listener_id: str) -> None:
    field = "quic_listener_id"
    rivals = Listener.objects.select_related("load_balancer")
    quic = rows.take(rivals, quic_listener_id, "listener", field=field)
    told = {"quic": quic, "id": quic.pk, "balancer": quic.load_balancer, "protocol": quic.protocol}
    if quic.protocol != _Protocol.QUIC:
        raise ConflictError(
            _("“%(quic)s” is a %(protocol)s listener; an HTTPS listener announces HTTP/3 on a QUIC listener.") % told,
            "listener.not-quic",
            field=field,
            way_out=_("Choose a QUIC listener of the same load balancer, or create one."),
        )
    if quic.load_balancer_id != listener.load_balancer_id:
        raise ConflictError(
            _("QUIC listener “%(quic)s” is of load balancer “%(balancer)s”, and clients would look for it here.")
            % told,
            "listener.quic-of-another-load-balancer",
            field=field,
            way_out=_("Choose a QUIC listener of the same load balancer, or create one."),
        )
    announcing = announcer_of(quic)
    if announcing and announcing.pk != listener.pk:
        raise ConflictError(
            _("QUIC listener “%(quic)s” is announced by listener “%(other)s” already; one can announce it.")
            % {**told, "other": announcing},
            "listener.quic-linked",
            field=field,
            way_out=_("Unlink it there first, or choose another QUIC listener."),
        )


def announcer_of(quic: Listener) -> Listener | None:
    """Return the HTTPS listener that announces a QUIC listener."""
    return Listener.objects.filter(quic_listener=quic).first() if quic.pk else None


def refuse_linked(listener: Listener) -> None:
    """Raise ConflictError when an HTTPS listener announces ``listener``, which is to be deleted."""
    announcing = announcer_of(listener)
    if announcing:
        raise ConflictError(
            _("QUIC listener “%(quic)s” is announced by HTTPS listener “%(https)s”, whose clients would not reach it.")
            % {"quic": listener, "https": announcing},
            "listener.quic-linked",
            way_out=_("Unlink it from that listener first (quic_listener_id: null), or delete that listener."),
        )
