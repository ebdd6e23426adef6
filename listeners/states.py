"""The one word for how a listener is, out of what is wanted and what the nodes observed. Pure."""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import models
from django.utils.translation import gettext_lazy as _

# A node writes its row every few seconds; one that was not seen for this long is gone.
NODE_LIFETIME = timedelta(seconds=30)


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
    State.PENDING: "blue",
    State.STOPPING: "yellow",
    State.STOPPED: "grey",
    State.REJECTED: "red",
    State.BLOCKED: "orange",
}
# A rejected configuration is said even while the last good one serves; a node that serves outweighs others that are
# blocked, since a listener has one owner.
_TELLING = (State.REJECTED, State.RUNNING, State.BLOCKED)


def state_of(desired: str, observed: Collection[str]) -> State:
    """Return the state of a listener that is ``desired`` so (running, stopped) and that the nodes observed so."""
    if desired == State.STOPPED:
        return State.STOPPING if State.RUNNING in observed else State.STOPPED
    return next((state for state in _TELLING if state in observed), State.PENDING)


def is_live(seen_at: datetime, now: datetime) -> bool:
    """Tell whether a node that was last seen then is still there."""
    return now - seen_at <= NODE_LIFETIME
