"""The one answer of every resource that changes a listener."""

from collections.abc import Callable, Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse

from access.actors import actor_of
from access.rest import WarningOut, expected_revision, with_etag
from listeners import selectors
from listeners.schemas.listeners import ListenerDetail
from listeners.selectors.policies import policy_of
from listeners.warnings import ListenerWarning, listener_warnings, policy_warnings


def listener_answer(
    response: HttpResponse,
    listener_id: str,
    *,
    before: Sequence[ListenerWarning] = (),
    policy_by_default: bool = False,
) -> ListenerDetail:
    """Return the stored listener with its warnings, ``before`` first, and put its ETag."""
    listener, bindings = selectors.listener_in_full(listener_id)
    selectors.load_tags("listener", [listener])
    with_etag(response, listener)
    warnings = listener_warnings(listener, bindings)
    if policy_by_default:
        said = policy_warnings(policy_of(listener), by_default=True)
        warnings = said + [warning for warning in warnings if warning.code not in {w.code for w in said}]
    listener.warnings = [  # type: ignore[attr-defined]  # read by the schema, as the columns are
        WarningOut(code=warning.code, message=warning.message) for warning in (*before, *warnings)
    ]
    return ListenerDetail.from_orm(listener)


def changed_listener(
    request: HttpRequest, response: HttpResponse, listener_id: str, change: Callable[..., object], **values: Any
) -> ListenerDetail:
    """Do one change, a service of listeners, at the revision that the client saw; return what the listener is then."""
    change(actor_of(request), listener_id, expected_revision=expected_revision(request), **values)
    return listener_answer(response, listener_id)
