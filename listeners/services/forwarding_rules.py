"""Create, change, order and delete the forwarding rules of a listener, several at once: all or none."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypedDict

from django.utils.translation import gettext as _

from console.errors import ConflictError, DomainError, InvalidInputError
from events.actor import Actor
from events.feed import Recorder, recording
from listeners.forwarding.classic import classic_rule, in_order
from listeners.forwarding.rule import REQUEST, Rule, as_json
from listeners.legality import refuse_group
from listeners.models import ForwardingRule, Listener, Product, RuleServerGroup, ServerGroup
from listeners.selectors.forwarding_rules import parsed, rule_by_id, rules_of
from listeners.services import rows
from listeners.services.bindings import count_change, take_listener
from listeners.services.capacity import refuse_too_many_servers_behind
from listeners.services.rule_checks import (
    Checker,
    refuse_large_operation,
    refuse_taken_priorities,
    refuse_too_many_rules,
)
from listeners.words import few

_ASIDE = 100_000  # priorities above all, for rules that are about to get another


class RuleFields(TypedDict, total=False):
    """What can be given of a rule: of an ALB the first five, of a CLB its name, domain, URL and server group."""

    name: str
    priority: int  # without one, a new rule comes last
    direction: str
    conditions: Sequence[Mapping[str, Any]]
    actions: Sequence[Mapping[str, Any]]
    domain: str
    url: str
    server_group_id: str


def create_rules(
    actor: Actor,
    listener_id: str,
    rules: Sequence[RuleFields],
    *,
    expected_revision: int | None = None,
    follows_listener: bool = False,
) -> list[ForwardingRule]:
    """Create rules; requests follow them as soon as the nodes have. ``expected_revision`` is the listener's.

    ``follows_listener`` is of a Classic Load Balancer's: they use their server groups as the listener does its own.
    """
    with recording(actor) as changes:
        listener = take_listener(actor, listener_id, expected_revision)
        checker = Checker(listener)
        refuse_large_operation(listener, len(rules))
        there = rules_of(listener)
        made: list[tuple[ForwardingRule, Rule]] = []
        for n, fields in enumerate(rules):
            row = ForwardingRule(listener=listener, created_by=actor.name, follows_listener=follows_listener)
            with _place(n, len(rules)):
                rule = checker.new(row.pk, fields, _last_priority([*there, *(each for each, _rule in made)]))
            row.priority, row.direction = rule.priority, rule.direction
            made.append((row, rule))
        refuse_too_many_rules(listener, len(made))
        save_rules(actor, listener, made)
        _note(changes, listener, "created", [rule.name for _row, rule in made])
    return [row for row, _rule in made]


def update_rules(
    actor: Actor,
    listener_id: str,
    changed: Mapping[str, RuleFields],
    *,
    expected_revision: int | None = None,
    expected_rule_revision: int | None = None,
) -> list[ForwardingRule]:
    """Change rules by id; what is not given stays. ``expected_rule_revision`` is that of each of them."""
    with recording(actor) as changes:
        listener = take_listener(actor, listener_id, expected_revision)
        checker = Checker(listener)
        refuse_large_operation(listener, len(changed))
        made = []
        for n, (rule_id, fields) in enumerate(changed.items()):
            row = rule_by_id(listener, rule_id)
            rows.refuse_stale(row, "forwarding_rule", expected_rule_revision)
            with _place(n, len(changed)):
                made.append((row, checker.changed(parsed(row), fields)))
        differing = [(row, rule) for row, rule in made if rule != parsed(row)]
        if differing:
            save_rules(actor, listener, differing)
            _note(changes, listener, "changed", [rule.name for _row, rule in differing])
    return [row for row, _rule in made]


def delete_rules(
    actor: Actor,
    listener_id: str,
    rule_ids: Sequence[str],
    *,
    expected_revision: int | None = None,
    expected_rule_revision: int | None = None,
) -> None:
    """Delete rules; their requests go on to the next rule that takes them, at last to the default rule."""
    with recording(actor) as changes:
        listener = take_listener(actor, listener_id, expected_revision)
        refuse_large_operation(listener, len(rule_ids))
        gone = [rule_by_id(listener, rule_id) for rule_id in dict.fromkeys(rule_ids)]
        for row in gone:
            rows.refuse_stale(row, "forwarding_rule", expected_rule_revision)
        ForwardingRule.objects.filter(pk__in=[row.pk for row in gone]).delete()
        count_change(actor, listener)
        _note(changes, listener, "deleted", [row.name for row in gone])


def order_rules(
    actor: Actor,
    listener_id: str,
    rule_ids: Sequence[str],
    *,
    direction: str = REQUEST,
    expected_revision: int | None = None,
) -> list[ForwardingRule]:
    """Try the rules of one direction in this order from now on; they share out the priorities that they had."""
    with recording(actor) as changes:
        listener = take_listener(actor, listener_id, expected_revision)
        _refuse_classic_order(listener)
        there = {row.pk: row for row in rules_of(listener) if row.direction == direction}
        if sorted(rule_ids) != sorted(there):
            raise InvalidInputError(
                _("The order names other rules than the listener has."),
                "rule.order-incomplete",
                field="rule_ids",
                way_out=_("Name every rule of the direction exactly once; load them again if they have changed."),
            )
        priorities = sorted(row.priority for row in there.values())
        wanted = dict(zip(rule_ids, priorities, strict=True))
        if any(there[rule_id].priority != priority for rule_id, priority in wanted.items()):
            _renumber(actor, listener, [(there[rule_id], priority) for rule_id, priority in wanted.items()])
            count_change(actor, listener)
            changes.record("listener.updated", listener, f"Forwarding rules put in another order ({direction})")
    return rules_of(listener)


def save_rules(actor: Actor, listener: Listener, made: Sequence[tuple[ForwardingRule, Rule]]) -> None:
    """Store rules of ``listener`` within a write that is under way, each with the server groups that it names."""
    is_classic = listener.load_balancer.product == Product.CLB
    if not is_classic:
        refuse_taken_priorities(listener, made)
    _check_groups(listener, [rule for _row, rule in made])
    stored = [row for row, _rule in made if not row._state.adding]  # noqa: SLF001 - Django has no other way to ask
    _put_aside(stored)
    for n, (row, rule) in enumerate(made):
        _fill(row, rule, actor)
        row.priority = _ASIDE * 2 + n if is_classic else rule.priority
        row.save()
        RuleServerGroup.objects.filter(rule=row).delete()
        RuleServerGroup.objects.bulk_create(
            RuleServerGroup(rule=row, server_group_id=group_id) for group_id in rule.server_group_ids
        )
    if is_classic:
        _order_by_exactness(actor, listener)
    count_change(actor, listener)
    refuse_too_many_servers_behind(listener.load_balancer, field="actions")


@contextmanager
def _place(n: int, count: int) -> Iterator[None]:
    """Say of several rules which one is refused."""
    try:
        yield
    except DomainError as error:
        if count > 1:
            error.field = f"rules.{n}.{error.field}".removesuffix(".")
        raise


def _fill(row: ForwardingRule, rule: Rule, actor: Actor) -> None:
    if not row._state.adding:  # noqa: SLF001
        row.revision += 1
    row.name, row.direction, row.updated_by = rule.name, rule.direction, actor.name
    row.conditions, row.actions = as_json(rule.conditions), as_json(rule.actions)


def _put_aside(stored: Iterable[ForwardingRule]) -> None:
    """Free the priorities of rules, so that two can change places."""
    for n, row in enumerate(stored):
        ForwardingRule.objects.filter(pk=row.pk).update(priority=_ASIDE + n)


def _order_by_exactness(actor: Actor, listener: Listener) -> None:
    """Give the rules of a CLB the numbers that follow from what they match."""
    there = {row.pk: row for row in rules_of(listener)}
    order = in_order((row.pk, classic_rule(parsed(row))) for row in there.values())
    _renumber(actor, listener, [(there[rule_id], n) for n, rule_id in enumerate(order, 1)], counts=False)


def _renumber(
    actor: Actor, listener: Listener, wanted: Sequence[tuple[ForwardingRule, int]], *, counts: bool = True
) -> None:
    moved = [(row, priority) for row, priority in wanted if row.priority != priority]
    _put_aside(row for row, _priority in moved)
    for row, priority in moved:
        row.priority = priority
        row.revision += counts
        row.updated_by = actor.name
        row.save(update_fields=["priority", "revision", "updated_by", "updated_at"])


def _check_groups(listener: Listener, made: Iterable[Rule]) -> None:
    """Refuse server groups that are not there, or that this listener cannot send requests to."""
    wanted = {group_id for rule in made for group_id in rule.server_group_ids}
    there = ServerGroup.objects.in_bulk(wanted)
    for rule in made:
        for n, action in enumerate(rule.actions):
            for group_id in action.server_group_ids:
                field = f"actions.{n}.server_group_id"
                if group_id not in there:
                    raise rows.not_found("server_group", group_id, field)
                refuse_group(listener.load_balancer, listener, there[group_id], field)


def _refuse_classic_order(listener: Listener) -> None:
    if listener.load_balancer.product == Product.CLB:
        raise ConflictError(
            _(
                "The rules of a Classic Load Balancer order themselves: the most exact domain first, then the"
                " longest URL."
            ),
            "rule.order-fixed",
            way_out=_("Make a rule more exact to have it tried earlier."),
        )


def _last_priority(there: Iterable[ForwardingRule]) -> dict[str, int]:
    """Return the highest priority of each direction."""
    found: dict[str, int] = {}
    for row in there:
        found[row.direction] = max(found.get(row.direction, 0), row.priority)
    return found


def _note(changes: Recorder, listener: Listener, verb: str, names: Sequence[str]) -> None:
    noun = "Forwarding rule" if len(names) == 1 else "Forwarding rules"
    changes.record("listener.updated", listener, f"{noun} {verb}: {few(names)}", rules=list(names))
