"""Who holds a port: another listener of ours, or another program of this machine.

TCP and UDP have ports of their own: a listener of each can share the number.
"""

import errno
import ipaddress
import socket
from collections.abc import Iterable

from django.utils.translation import gettext as _

from console.errors import ConflictError
from listeners.models import Listener
from listeners.rules import PORTS
from listeners.warnings import ListenerWarning


def overlap(one: str, other: str) -> bool:
    """Tell whether listening on both addresses with one port collides: 0.0.0.0 and :: cover their family."""
    first, second = ipaddress.ip_address(one), ipaddress.ip_address(other)
    if first.version != second.version:
        return False
    return first == second or first.is_unspecified or second.is_unspecified


def refuse_taken_ports(
    address: str, ports: Iterable[int], *, transport: str = Listener.Transport.TCP, apart_from: str = ""
) -> None:
    """Raise ConflictError when a listener of another load balancer than ``apart_from`` holds one of ``ports``."""
    rivals = (
        Listener.objects.filter(port__in=ports, transport=transport)
        .exclude(load_balancer_id=apart_from)
        .select_related("load_balancer")
        .order_by("port", "id")
    )
    for rival in rivals:
        if overlap(address, rival.load_balancer.bind_address):
            raise port_taken(address, rival)


def port_taken(address: str, rival: Listener) -> ConflictError:
    """Return the error that names the listener which holds the port."""
    return ConflictError(
        _(
            "%(transport)s port %(port)s on %(address)s is taken by listener “%(listener)s” "
            "of load balancer “%(balancer)s” on %(held)s."
        )
        % {
            "transport": Listener.Transport(rival.transport).label,
            "port": rival.port,
            "address": address,
            "listener": rival,
            "balancer": rival.load_balancer,
            "held": rival.load_balancer.bind_address,
        },
        "listener.port-taken",
        field="port",
        way_out=_("Choose another port or another address, or delete that listener."),
    )


def port_warnings(address: str, port: int, transport: str = Listener.Transport.TCP) -> list[ListenerWarning]:
    """Warn, before a listener is made, when this machine could not open its port. Other nodes may differ.

    It is no refusal: the node that serves may be another machine, and the program there may be about to stop.
    """
    if port not in PORTS:
        return []  # it is refused elsewhere
    family = socket.AF_INET6 if ipaddress.ip_address(address).version == 6 else socket.AF_INET  # noqa: PLR2004
    is_udp = transport == Listener.Transport.UDP
    try:
        with socket.socket(family, socket.SOCK_DGRAM if is_udp else socket.SOCK_STREAM) as probe:
            if not is_udp:
                # Without it the remains of closed connections would count as a holder; with it a listener still does.
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            probe.bind((address, port))
    except OSError as error:
        return [_warning_of(error, address, port)]
    return []


def _warning_of(error: OSError, address: str, port: int) -> ListenerWarning:
    at = {"port": port, "address": address, "error": error.strerror}
    if error.errno == errno.EADDRINUSE:
        text = _(
            "Another program of this machine holds port %(port)s on %(address)s; "
            "stop it, or the listener stays blocked."
        )
        return ListenerWarning("listener.port-held", text % at)
    if error.errno == errno.EADDRNOTAVAIL:
        text = _("This machine has no address %(address)s; the listener serves only on a node that has it.")
        return ListenerWarning("listener.address-elsewhere", text % at)
    if error.errno == errno.EACCES:
        text = _("Ports under 1024, such as %(port)s, need a privilege that this process lacks; the node must have it.")
        return ListenerWarning("listener.port-privileged", text % at)
    return ListenerWarning(
        "listener.port-unclear", _("Port %(port)s on %(address)s could not be tried: %(error)s.") % at
    )
