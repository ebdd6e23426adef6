"""Where the listeners are that answer an ACME server's challenges: what ``renewals.serving`` asks."""

from listeners.models import Listener, ListenerStatus, NodeStatus
from renewals.serving import Place

State = ListenerStatus.State


def running_places(change_id: int) -> list[Place]:
    """Return the listeners that run, and whether every node that runs them has acknowledged the given change.

    A listener that the engine rejects, or whose port another process holds, answers nobody and is left out.
    """
    rows = ListenerStatus.objects.live().filter(
        state__in=(State.RUNNING, State.PENDING), listener__desired=Listener.Desired.RUNNING
    )
    cursors = dict(NodeStatus.objects.values_list("node", "change_cursor"))
    return [
        Place(
            status.listener.load_balancer.bind_address,
            status.listener.port,
            status.state == State.RUNNING and cursors.get(status.node, 0) >= change_id,
        )
        for status in rows.select_related("listener__load_balancer")
    ]
