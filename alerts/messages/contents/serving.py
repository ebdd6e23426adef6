"""What a message says of each failure of the data plane: what is wrong, what that means and where to mend it."""

import datetime as dt
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import NoReverseMatch
from django.utils.translation import gettext as _

from alerts.kinds import CONFIGURATION, HANDSHAKES, KINDS, NODE, RECEIPT, SERVER_GROUP
from alerts.messages.contents.content import Content, listed, of_troubles
from alerts.messages.endings import public_url
from alerts.models import Delivery, HandshakeWatch
from alerts.sources.serving import gone_nodes, refused_statuses, wrong_receipts
from console.durations import words
from events.models import Notice
from listeners.models import NodeStatus, ServerGroup

MOST_NAMED = 5
Words = tuple[str, str]  # what is wrong; what that means, or what to do


@dataclass(frozen=True, slots=True)
class ServingTrouble:
    """One failure of the data plane."""

    kind: str
    subject_id: str
    name: str
    noun: str
    what: str
    advice: str
    since: dt.datetime
    url: str

    @property
    def data(self) -> dict[str, Any]:
        """The failure as a webhook's event has it."""
        return {
            "kind": self.kind,
            "id": self.subject_id,
            "name": self.name,
            "what": self.what,
            "advice": self.advice,
            "since": self.since.isoformat(),
            "url": self.url,
        }


def failing_data_plane(delivery: Delivery, notice_ids: Sequence[int], now: dt.datetime) -> Content:
    """Say what the load balancer does not do as it should."""
    troubles = serving_troubles(listed(notice_ids), now)
    return of_troubles("data_plane.failing", "failures", troubles, len(notice_ids), public_url("notice-list"))


def serving_troubles(notices: Sequence[Notice], now: dt.datetime) -> list[ServingTrouble]:
    """Return what to say of each notice, in the order given; what is over meanwhile is left out."""
    by_kind: dict[str, set[str]] = {}
    for notice in notices:
        by_kind.setdefault(notice.subject_kind, set()).add(notice.subject_id)
    said = {kind: _SAID[kind](ids, now) for kind, ids in by_kind.items()}
    return [
        _trouble(notice, said[notice.subject_kind][notice.subject_id])
        for notice in notices
        if notice.subject_id in said[notice.subject_kind]
    ]


def _trouble(notice: Notice, said: Words) -> ServingTrouble:
    kind = KINDS[notice.subject_kind]
    return ServingTrouble(
        kind=kind.name,
        subject_id=notice.subject_id,
        name=notice.subject_name,
        noun=str(kind.noun),
        what=said[0],
        advice=said[1],
        since=notice.expires_at,
        url=_url(kind.page, notice.subject_id),
    )


def _url(page: str, subject_id: str) -> str:
    """Return the page of a subject; nodes have one for all."""
    if not page:
        return public_url("node-list")
    try:
        return public_url(page, subject_id)
    except NoReverseMatch:
        return public_url("notice-list")


def _of_receipts(ids: Collection[str], now: dt.datetime) -> Mapping[str, Words]:
    names: dict[str, list[str]] = {}
    errors: dict[str, str] = {}
    for receipt in wrong_receipts().filter(listener__in=ids):
        names.setdefault(receipt.listener_id, []).append(receipt.server_name or _("clients without SNI"))
        errors[receipt.listener_id] = receipt.error
    advice = _("Clients may get an old certificate. See what its page says of nodes, and stop and start the listener.")
    return {
        pk: (
            _("does not serve what is stored, for %(names)s: %(error)s")
            % {"names": _list(found), "error": _end(errors[pk])},
            advice,
        )
        for pk, found in names.items()
    }


def _of_configurations(ids: Collection[str], now: dt.datetime) -> Mapping[str, Words]:
    said: dict[str, Words] = {}
    for status in refused_statuses(now).filter(listener__in=ids):
        reasons = " ".join(problem["message"] for problem in status.told_problems[:MOST_NAMED])
        what = _("its configuration is not served by node “%(node)s” (%(state)s): %(reasons)s")
        parameters = {"node": status.node, "state": status.get_state_display().lower(), "reasons": _end(reasons)}
        said.setdefault(status.listener_id, (what % parameters, _("What was served before goes on.")))
    return said


def _of_nodes(ids: Collection[str], now: dt.datetime) -> Mapping[str, Words]:
    advice = _("Nobody serves its listeners if no other node does. Start it again, and see its log; or forget it.")
    return {node.key: (_gone(node, now), advice) for node in gone_nodes(now) if node.key in ids}


def _gone(node: NodeStatus, now: dt.datetime) -> str:
    return _("has not reported for %(span)s") % {"span": words(now - node.seen_at)}


def _of_server_groups(ids: Collection[str], now: dt.datetime) -> Mapping[str, Words]:
    what = _("all of its servers are down")
    advice = _("Clients of the listeners that forward to it are not served. Its page says why each server fails.")
    return dict.fromkeys(ServerGroup.objects.filter(pk__in=ids).values_list("pk", flat=True), (what, advice))


def _of_handshakes(ids: Collection[str], now: dt.datetime) -> Mapping[str, Words]:
    advice = _("Its page counts the failures by reason, and says what mends each.")
    return {row.pk: (_jump(row), advice) for row in HandshakeWatch.objects.filter(pk__in=ids)}


def _jump(row: HandshakeWatch) -> str:
    usual = row.usual_completed + row.usual_failed
    return _("%(failed)d of the last %(total)d handshakes failed; usually it is %(usual)d %%") % {
        "failed": row.recent_failed,
        "total": row.recent_failed + row.recent_completed,
        "usual": round(100 * row.usual_failed / usual) if usual else 0,
    }


def _list(names: Sequence[str]) -> str:
    more = len(names) - MOST_NAMED
    shown = ", ".join(names[:MOST_NAMED])
    return _("%(names)s and %(more)d more") % {"names": shown, "more": more} if more > 0 else shown


def _end(text: str) -> str:
    """Return words of the engine as one line, to which a full stop is added."""
    return " ".join(text.split()).rstrip(".")


_SAID: Mapping[str, Callable[[Collection[str], dt.datetime], Mapping[str, Words]]] = {
    RECEIPT: _of_receipts,
    CONFIGURATION: _of_configurations,
    NODE: _of_nodes,
    SERVER_GROUP: _of_server_groups,
    HANDSHAKES: _of_handshakes,
}
