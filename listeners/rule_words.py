"""Forwarding rules in words, for pages."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

from listeners.forwarding.actions import (
    Action,
    Cors,
    FixedResponse,
    ForwardGroup,
    InsertHeader,
    Redirect,
    RemoveHeader,
    Rewrite,
    TrafficLimit,
    TrafficMirror,
)
from listeners.forwarding.condition import Condition
from listeners.forwarding.conditions import Header
from listeners.forwarding.rule import Rule
from listeners.forwarding.targets import SAME_PORT, SAME_PROTOCOL
from listeners.rule_forms.conditions import CONDITION_BLOCKS


@dataclass(frozen=True, slots=True)
class ToldCondition:
    """A condition: what it looks at, and what that may be."""

    label: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ToldGroup:
    """A server group, and its share of the requests in percent; empty where it gets all."""

    id: str
    name: str
    share: str


@dataclass(frozen=True, slots=True)
class ToldAction:
    """An action: what it does, to what, and with which server groups."""

    label: str
    text: str = ""
    groups: tuple[ToldGroup, ...] = ()


@dataclass(frozen=True, slots=True)
class ToldRule:
    """A rule in words."""

    rule: Rule
    conditions: tuple[ToldCondition, ...]
    actions: tuple[ToldAction, ...]


def told_rule(rule: Rule, names: Mapping[str, str]) -> ToldRule:
    """Return a rule in words; ``names`` are those of its server groups."""
    return ToldRule(
        rule,
        tuple(_condition(each) for each in rule.conditions),
        tuple(_action(each, names) for each in rule.actions),
    )


def told_groups(forward: ForwardGroup, names: Mapping[str, str]) -> tuple[ToldGroup, ...]:
    """Return the server groups that requests go to, with their shares."""
    taking = [group for group in forward.groups if group.weight]
    total = sum(group.weight for group in taking)
    return tuple(
        ToldGroup(
            group.server_group_id,
            names.get(group.server_group_id, group.server_group_id),
            "" if len(taking) == 1 else f"{100 * group.weight / total:.3g} %",
        )
        for group in taking
    )


def _condition(condition: Condition) -> ToldCondition:
    label = str(CONDITION_BLOCKS[condition.type].title)
    return ToldCondition(f"{label} {condition.key}" if isinstance(condition, Header) else label, condition.shown)


def _action(action: Action, names: Mapping[str, str]) -> ToldAction:
    match action:
        case ForwardGroup():
            stays = _("stays for %(seconds)s s") % {"seconds": action.sticky_seconds} if action.sticky else ""
            return ToldAction(_("Forward to"), stays, told_groups(action, names))
        case TrafficMirror():
            name = names.get(action.server_group_id, action.server_group_id)
            return ToldAction(_("Mirror to"), groups=(ToldGroup(action.server_group_id, name, ""),))
        case _:
            return ToldAction(*_plain(action))


def _plain(action: Action) -> tuple[str, str]:
    told: dict[type[Action], tuple[str, str]] = {}
    if isinstance(action, Redirect):
        told[Redirect] = (_("Redirect %(code)s to") % {"code": action.code}, _address(action))
    elif isinstance(action, FixedResponse):
        told[FixedResponse] = (_("Answer"), f"{action.code} {action.content_type}")
    elif isinstance(action, Rewrite):
        told[Rewrite] = (_("Rewrite to"), f"{action.host}{action.path}{_query(action.query)}")
    elif isinstance(action, InsertHeader):
        value = f"${{{action.value}}}" if action.value_type != "UserDefined" else action.value
        told[InsertHeader] = (_("Set header"), f"{action.key}: {value}")
    elif isinstance(action, RemoveHeader):
        told[RemoveHeader] = (_("Remove header"), action.key)
    elif isinstance(action, TrafficLimit):
        told[TrafficLimit] = (_("Limit to"), limit_words(action))
    elif isinstance(action, Cors):
        told[Cors] = (_("Allow origins"), ", ".join(action.allow_origin))
    return told[type(action)]


def limit_words(limit: TrafficLimit) -> str:
    """Return a traffic limit in words."""
    parts = []
    if limit.qps:
        parts.append(_("%(rate)s requests per second") % {"rate": f"{limit.qps:,}"})
    if limit.per_ip_qps:
        parts.append(_("%(rate)s per second of one address") % {"rate": f"{limit.per_ip_qps:,}"})
    return ", ".join(parts)


def _address(redirect: Redirect) -> str:
    scheme = redirect.protocol if redirect.protocol == SAME_PROTOCOL else redirect.protocol.lower()
    port = "" if redirect.port == SAME_PORT else f":{redirect.port}"
    return f"{scheme}://{redirect.host}{port}{redirect.path}{_query(redirect.query)}"


def _query(query: str) -> str:
    return f"?{query}" if query else ""
