"""States of listeners and servers as pills, each with its word."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from django import template
from django.conf import settings
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from certificates.models import Certificate
from certificates.revocation.standing import overview_of
from console.templatetags.console import pill
from listeners.client_words import refusal_words
from listeners.models import Listener, ListenerStatus, ObservedClient, Server, ServerHealth
from listeners.pages.failures import WORDS

register = template.Library()

STATE_COLOURS: Mapping[str, str] = MappingProxyType(
    {
        ListenerStatus.State.PENDING: "blue",
        ListenerStatus.State.RUNNING: "green",
        ListenerStatus.State.STOPPED: "grey",
        ListenerStatus.State.REJECTED: "red",
        ListenerStatus.State.BLOCKED: "red",
    }
)
HEALTH_COLOURS: Mapping[str, str] = MappingProxyType(
    {
        ServerHealth.State.HEALTHY: "green",
        ServerHealth.State.UNHEALTHY: "red",
        ServerHealth.State.UNKNOWN: "grey",
    }
)
# The health to show of several nodes': the one that needs a person first.
WORST_HEALTH = tuple(ServerHealth.State(state) for state in ("unhealthy", "healthy", "unknown"))


@register.filter
def state_pill(status: ListenerStatus) -> SafeString:
    """Show what one node observes of a listener."""
    return pill(STATE_COLOURS[status.state], status.get_state_display())


@register.filter
def listener_pill(listener: Listener) -> SafeString:
    """Show how a listener is over all nodes."""
    return pill(listener.state.colour, listener.state.label)


@register.filter
def health_pill(server: Server) -> SafeString:
    """Show a server's health over all nodes and listeners, the worst first, with the reason."""
    rows = list(server.health.all())
    worst = next((row for state in WORST_HEALTH for row in rows if row.state == state), None)
    if worst is None:
        return pill("grey", _("Not checked"), _("No node checks this server yet."))
    reason = worst.told_reason
    shown = pill(HEALTH_COLOURS[worst.state], worst.get_state_display(), reason)
    if worst.state == ServerHealth.State.UNHEALTHY and reason:
        return format_html('<span class="slot-head">{}<span class="pick-sub">{}</span></span>', shown, reason)
    return shown


@register.filter
def health_row_pill(row: ServerHealth) -> SafeString:
    """Show what one node says of one server."""
    return pill(HEALTH_COLOURS[row.state], row.get_state_display(), row.told_reason)


@register.filter
def health_summary(servers: Iterable[Server]) -> SafeString:
    """Show in one pill how many servers are healthy."""
    states = [{row.state for row in server.health.all()} for server in servers]
    if not states:
        return pill("orange", _("No servers"))
    unhealthy = sum(ServerHealth.State.UNHEALTHY in found for found in states)
    if unhealthy:
        colour = "red" if unhealthy == len(states) else "orange"
        return pill(colour, _("%(count)s of %(all)s unhealthy") % {"count": unhealthy, "all": len(states)})
    checked = sum(ServerHealth.State.HEALTHY in found for found in states)
    return pill("green", _("Healthy")) if checked else pill("grey", _("Not checked"))


@register.filter
def client_pill(client: ObservedClient, listener: Listener) -> SafeString:
    """Show whether a client of ``listener`` is valid, and in two words why not; one that soon ends is still valid."""
    if not client.refusal:
        return pill("green", _("Valid"))
    observes = listener.mutual_authentication_mode == Listener.MutualMode.OBSERVE
    sentences = WORDS.get(client.refusal, ("", ""))
    return pill("orange" if observes else "red", refusal_words(client.refusal), str(sentences[0]))


@register.simple_tag
def drain_seconds() -> int:
    """Return how long open connections are given to end."""
    return int(settings.DRAIN_SECONDS)


@register.inclusion_tag("listeners/revocation.html")
def revocation_note(certificate: Certificate) -> dict[str, Any]:
    """Say whether the clients of a CA certificate are checked for revocation."""
    return {"certificate": certificate, "revocation": overview_of(certificate.pk)}
