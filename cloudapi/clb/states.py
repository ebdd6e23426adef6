"""The words of this product for how something is."""

from collections.abc import Mapping
from types import MappingProxyType

from listeners.models import Listener
from listeners.states import State

_STATUS: Mapping[State, str] = MappingProxyType(
    {
        State.RUNNING: "running",
        State.PENDING: "starting",
        State.BLOCKED: "starting",
        State.STOPPING: "stopping",
        State.STOPPED: "stopped",
        State.REJECTED: "configuring",
    }
)


def status_of(listener: Listener) -> str:
    """Return how a listener is, over all nodes."""
    return _STATUS[listener.state]
