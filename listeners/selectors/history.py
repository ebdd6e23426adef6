"""Read which states of a listener are kept."""

from collections.abc import Iterable

from django.utils.translation import gettext as _

from console.errors import NotFoundError
from console.tables import PAGE_SIZE, Page, keyset_page
from events.models import Change
from listeners.history import STATES_KEPT, State
from listeners.models import Listener, ListenerState


def kept_states(listener: Listener, cursor: str = "", size: int = PAGE_SIZE) -> Page[Change]:
    """Return a page of the changes of a listener whose states are kept, newest first."""
    kept = ListenerState.objects.filter(listener=listener).order_by().values("change_id")
    return keyset_page(Change.objects.filter(pk__in=kept), ("-id",), cursor, size)


def earlier_states(listener: Listener, changes: Iterable[Change]) -> frozenset[int]:
    """Return the ids of those of ``changes`` that the listener can go back to; the newest state is the present."""
    states = ListenerState.objects.filter(listener=listener).values_list("change_id", flat=True)
    kept = states.filter(change_id__in=[change.pk for change in changes])
    return frozenset(kept.order_by()) - frozenset(states[:1])


def kept_state(listener: Listener, change_id: int) -> State:
    """Return what ``listener`` was after a change. Raises NotFoundError."""
    found = ListenerState.objects.filter(listener=listener, change_id=change_id).first()
    if found is None:
        raise NotFoundError(
            _("Nothing is kept of listener “%(listener)s” after change %(change)s.")
            % {"listener": listener, "change": change_id},
            "listener.state-not-found",
            way_out=_("Choose one of its changes; the last %(count)s states are kept.") % {"count": STATES_KEPT},
        )
    state: State = found.state
    return state


def change_of_state(listener: Listener, change_id: int) -> Change:
    """Return the change that left a listener in a state that is kept. Raises NotFoundError."""
    kept_state(listener, change_id)
    return Change.objects.get(pk=change_id)
