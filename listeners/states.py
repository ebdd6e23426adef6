"""The one word for how a listener is, out of what is wanted and what the nodes observed. Pure."""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from django.db import models
from django.utils.translation import gettext_lazy as _

from listeners.models import Listener, ListenerStatus

# A node writes its row every few seconds; one that was not seen for this long is gone.
NODE_LIFETIME = timedelta(seconds=30)

Observed = ListenerStatus.State


class State(models.TextChoices):
    """How a listener is, over all nodes."""

    RUNNING = "running", _("Running")
    PENDING = "pending", _("Pending")
    STOPPING = "stopping", _("Stopping")
    STOPPED = "stopped", _("Stopped")
    REJECTED = "rejected", _("Rejected")
    BLOCKED = "blocked", _("Blocked")

    @property
    def colour(self) -> str:
        """The colour of the pill that shows the word."""
        return _COLOURS[self]


_COLOURS = {
    State.RUNNING: "green",
    State.PENDING: "azure",
    State.STOPPING: "yellow",
    State.STOPPED: "secondary",
    State.REJECTED: "red",
    State.BLOCKED: "orange",
}


def state_of(desired: str, observed: Collection[str]) -> State:
    """Return the state of a listener that is ``desired`` so and that the nodes observed so.

    A rejected configuration is said even while the last good one serves; one node that serves outweighs others that
    are blocked, since a listener has one owner.
    """
    if desired == Listener.Desired.STOPPED:
        return State.STOPPING if Observed.RUNNING in observed else State.STOPPED
    for seen, state in (
        (Observed.REJECTED, State.REJECTED),
        (Observed.RUNNING, State.RUNNING),
        (Observed.BLOCKED, State.BLOCKED),
    ):
        if seen in observed:
            return state
    return State.PENDING


def live_statuses(statuses: Iterable[ListenerStatus], live_nodes: Collection[str]) -> list[ListenerStatus]:
    """Return what nodes that are still there say."""
    return [status for status in statuses if status.node in live_nodes]


def is_live(seen_at: datetime, now: datetime) -> bool:
    """Tell whether a node that was last seen then is still there."""
    return now - seen_at <= NODE_LIFETIME
