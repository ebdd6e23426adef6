"""Set what a listener tells servers of its clients in request headers."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from events.actor import Actor
from events.feed import recording
from listeners import forwarded_headers
from listeners.forwarded_rules import SETTINGS, refuse_inapplicable
from listeners.legality import refuse_settings
from listeners.models import Listener, LoadBalancer
from listeners.services import rows
from listeners.services.bindings import take_listener


def set_forwarded_headers(
    actor: Actor, listener_id: str, *, expected_revision: int | None = None, **settings: Any
) -> Listener:
    """Change the settings given (fields of ``ForwardedHeaders``); the others stay as they are."""
    with recording(actor) as changes:
        listener = take_listener(actor, listener_id, expected_revision)
        before = forwarded_headers.read(listener.forwarded_headers)
        stored = check_forwarded_headers(listener.load_balancer, listener.protocol, settings, before)
        listener.updated_by = actor.name
        if rows.apply(listener, {"forwarded_headers": stored}):
            differing = _differing(before, forwarded_headers.read(stored))
            changes.record("listener.updated", listener, _told(differing), fields=differing)
    return listener


def check_forwarded_headers(
    balancer: LoadBalancer,
    protocol: str,
    settings: Mapping[str, Any],
    before: forwarded_headers.ForwardedHeaders = forwarded_headers.DEFAULTS,
) -> dict[str, Any]:
    """Return the settings as a listener keeps them; refuse what such a listener cannot have."""
    wanted = forwarded_headers.checked(settings, before)
    refuse_settings(balancer, protocol, {"forwarded_headers": wanted.stored})
    refuse_inapplicable(balancer, protocol, wanted)
    return wanted.stored


def _differing(
    before: forwarded_headers.ForwardedHeaders, after: forwarded_headers.ForwardedHeaders
) -> dict[str, list[Any]]:
    old, new = asdict(before), asdict(after)
    return {name: [_plain(old[name]), _plain(new[name])] for name in old if old[name] != new[name]}


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _told(differing: Mapping[str, list[Any]]) -> str:
    """Return the changes in one line, in the feed's one language."""
    words = {
        name: f"{SETTINGS[name].header or name.replace('_', ' ')}: {_shown(before)} → {_shown(after)}"
        for name, (before, after) in differing.items()
    }
    return "Request headers: " + ", ".join(words.values())


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, list):
        return " ".join(value) or "none"
    return str(value) or "none"
