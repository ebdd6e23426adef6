"""Forget nodes that are gone for good."""

from django.utils.translation import gettext as _

from console.errors import ConflictError, NotFoundError
from events.actor import Actor
from events.feed import recording
from listeners.models import ListenerStatus, NodeStatus, ServerHealth


def forget_node(actor: Actor, name: str) -> None:
    """Take a node off the list with what it last said of listeners and servers; what was observed there stays.

    Raises NotFoundError, and ConflictError while the node reports. One that reports again is on the list again.
    """
    with recording(actor) as changes:
        node = node_by_name(name)
        if node.is_live and not node.was_stopped:
            message = _("The node “%(node)s” still reports.") % {"node": name}
            raise ConflictError(message, "node.reporting", way_out=_("Stop it first; then forget it."))
        for rows in (ListenerStatus.objects.all(), ServerHealth.objects.all()):
            rows.filter(node=name).delete()
        changes.record("node.forgotten", NodeStatus(node=node.key), name)
        node.delete()


def node_by_name(name: str) -> NodeStatus:
    """Return a node; raise NotFoundError when there is none."""
    node = NodeStatus.objects.filter(node=name).first() if "\0" not in name else None
    if node is None:
        message = _("There is no node “%(node)s”.") % {"node": name[:64]}
        raise NotFoundError(message, "node.unknown", way_out=_("See the list of nodes."))
    return node
