"""What pages say of a server group: its settings in words, and what its protocol means. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _

from listeners.backends import BACKENDS, REQUESTING, STREAMS
from listeners.models import ServerGroup

_Protocol = ServerGroup.Protocol


@dataclass(frozen=True, slots=True)
class Fact:
    """A setting under its label."""

    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Offer:
    """A protocol that a new group can have, and what for."""

    value: str
    label: str
    meaning: str


def protocol_offers() -> list[Offer]:
    """Return the protocols with the listeners that forward to each."""
    meanings = {
        _Protocol.TCP: _("Behind TCP and TCPSSL listeners"),
        _Protocol.UDP: _("Behind UDP listeners"),
        _Protocol.TCP_UDP: _("Behind TCP and UDP listeners on the same port"),
        _Protocol.HTTP: _("Behind HTTP, HTTPS and QUIC listeners"),
        _Protocol.HTTPS: _("Behind HTTPS listeners; the servers speak TLS"),
        _Protocol.GRPC: _("Behind HTTPS and QUIC listeners; the servers speak HTTP/2"),
    }
    return [Offer(each.value, str(each.label), meaning) for each, meaning in meanings.items()]


def client_address_note(protocol: str) -> str:
    """Say what the servers see of a client's address; the engine makes connections of its own."""
    if protocol == _Protocol.UDP:
        return _("Servers see the address of the node, not the client's: datagrams have no place for it.")
    if protocol in STREAMS:
        return _(
            "Servers see the address of the node, not the client's. Proxy Protocol v2, an option of TCP and TCPSSL "
            "listeners, tells them the client's."
        )
    return _("Servers see the address of the node; the client's is in the header X-Forwarded-For.")


def facts_of(group: ServerGroup) -> list[Fact]:
    """Return the settings of ``group`` that its protocol has, in words."""
    return [*_choosing(group), *_connecting(group), *_checking(group), *_belonging(group)]


def _belonging(group: ServerGroup) -> Iterator[Fact]:
    if group.load_balancer is None:
        return
    yield Fact(_("Goes with load balancer"), str(group.load_balancer))
    if group.backend_port is not None:
        yield Fact(_("Servers"), _("its default servers, on port %(port)s") % {"port": group.backend_port})
    if group.variant_of is not None:
        yield Fact(_("Servers"), _("those of “%(group)s”, used in another way") % {"group": group.variant_of})


def _choosing(group: ServerGroup) -> Iterator[Fact]:
    yield Fact(_("Protocol"), group.get_protocol_display())
    yield Fact(_("Scheduling"), group.get_scheduler_display())
    if group.hash_parameter:
        yield Fact(_("URL parameter"), group.hash_parameter)
    if not BACKENDS[group.protocol].keeps_sessions:
        return
    yield Fact(_("Session stickiness"), _session(group))
    slow = _("over %(seconds)s s") % {"seconds": group.slow_start_seconds}
    yield Fact(_("Slow start"), slow if group.slow_start_seconds else _("Off"))


def _session(group: ServerGroup) -> str:
    if group.stickiness == ServerGroup.Stickiness.INSERT:
        return _("Cookie SERVERID for %(seconds)s s") % {"seconds": group.cookie_timeout_seconds}
    if group.stickiness == ServerGroup.Stickiness.SERVER:
        return _("Cookie %(cookie)s of the servers") % {"cookie": group.cookie}
    return _("Off")


def _connecting(group: ServerGroup) -> Iterator[Fact]:
    backends = BACKENDS[group.protocol]
    if backends.closes_connections:
        ends = _("are ended at once") if group.connection_drain_seconds == 0 else _("end by themselves")
        yield Fact(_("Connections of a failing server"), ends)
    if backends.speaks_tls:
        yield Fact(_("Certificates of the servers"), _verification(group))
        yield Fact(_("Name asked of the servers"), group.server_name or _("each server's host name"))


def _verification(group: ServerGroup) -> str:
    if not group.verify_servers:
        return _("not verified")
    if group.ca_certificate is None:
        return _("verified by the public authorities")
    return _("verified by “%(name)s”") % {"name": group.ca_certificate}


def _checking(group: ServerGroup) -> Iterator[Fact]:
    if not group.health_check_enabled:
        yield Fact(_("Health check"), _("Off"))
        return
    figures = {"interval": group.health_check_interval_seconds, "timeout": group.health_check_timeout_seconds}
    every = _("every %(interval)s s, timeout %(timeout)s s") % figures
    yield Fact(_("Health check"), f"{group.get_health_check_protocol_display()}, {every}")
    if group.health_check_protocol in REQUESTING:
        yield Fact(_("Request"), f"{group.health_check_method} {group.health_check_path}")
        yield Fact(_("Host"), group.health_check_host or _("each server's own address"))
        codes = [code.removeprefix("http_") for code in group.health_check_codes] or ["2xx"]
        yield Fact(_("Healthy codes"), ", ".join(codes))
    yield Fact(_("Check port"), str(group.health_check_port or _("each server's own")))
    told = {"good": group.healthy_threshold, "bad": group.unhealthy_threshold}
    yield Fact(_("Thresholds"), _("healthy after %(good)s, unhealthy after %(bad)s") % told)
