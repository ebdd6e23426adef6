"""Apply the forwarding rules of a listener: the list that is declared is all of them."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, cast

from console.errors import DomainError
from listeners import limits
from listeners.forwarding.rule import REQUEST
from listeners.models import ForwardingRule, Listener, Product
from listeners.selectors.forwarding_rules import rules_of
from listeners.services.forwarding_rules import RuleFields, create_rules, delete_rules, update_rules
from manifests.applying.state import Run, portions
from manifests.schemas import Entry

Numbered = tuple[int, Entry]  # a rule, and where it stands in the list


def apply_rules(run: Run, listener: Listener, entries: Sequence[Entry]) -> None:
    """Make the rules of ``listener`` those that are declared; a rule that keeps its name keeps its row."""
    there = rules_of(listener)
    if not entries and not there:
        return
    rules = [_with_ids(run, entry, f"rules.{n}") for n, entry in enumerate(entries)]
    if listener.load_balancer.product != Product.CLB:
        rules = [{"priority": n, "direction": REQUEST, **rule} for n, rule in enumerate(rules, 1)]
    most = limits.limit_for(listener.load_balancer, "rules_per_operation").value
    kept, fresh = _matched(rules, there)
    if len(kept) > most:  # two that change places must be in one operation
        kept, fresh = {}, list(enumerate(rules))
    for gone in portions([row.pk for row in there if row.pk not in kept], most):
        delete_rules(run.actor, listener.pk, gone)
    if kept:
        with _placed([n for n, _rule in kept.values()]):
            update_rules(run.actor, listener.pk, {pk: _fields(rule) for pk, (_n, rule) in kept.items()})
    for portion in portions(fresh, most):
        with _placed([n for n, _rule in portion]):
            create_rules(run.actor, listener.pk, [_fields(rule) for _n, rule in portion])


def _fields(rule: Entry) -> RuleFields:
    return cast("RuleFields", rule)


def _matched(rules: Sequence[Entry], there: Sequence[ForwardingRule]) -> tuple[dict[str, Numbered], list[Numbered]]:
    """Return which stored rule each declared one is, by direction and name, and those that are new."""
    rows = defaultdict(list)
    for row in there:
        rows[row.direction, row.name].append(row.pk)
    kept: dict[str, Numbered] = {}
    fresh: list[Numbered] = []
    for n, rule in enumerate(rules):
        same = rows[rule.get("direction", REQUEST), rule["name"]]
        if same:
            kept[same.pop(0)] = (n, rule)
        else:
            fresh.append((n, rule))
    return kept, fresh


def _with_ids(run: Run, value: Any, place: str) -> Any:
    """Return ``value`` with the id of every server group that it names, however deep."""
    if isinstance(value, Mapping):
        return {
            "server_group_id" if key == "server_group" else key: _group_id(run, part, f"{place}.{key}")
            if key == "server_group"
            else _with_ids(run, part, f"{place}.{key}")
            for key, part in value.items()
        }
    if isinstance(value, list):
        return [_with_ids(run, part, f"{place}.{n}") for n, part in enumerate(value)]
    return value


def _group_id(run: Run, name: Any, place: str) -> Any:
    """Return the id; what is no name at all is left to the service to refuse."""
    return run.group_id(name, place) if isinstance(name, str) and name else name


@contextmanager
def _placed(numbers: Sequence[int]) -> Iterator[None]:
    """Say which rule of the list was refused: the services number those of one operation."""
    try:
        yield
    except DomainError as error:
        first, _dot, rest = error.field.partition(".")
        if first == "rules" and rest:
            n, _dot, rest = rest.partition(".")
            error.field = f"rules.{numbers[int(n)]}.{rest}".removesuffix(".")
        elif len(numbers) == 1 and error.field != "rules":
            error.field = f"rules.{numbers[0]}.{error.field}".removesuffix(".")
        raise
