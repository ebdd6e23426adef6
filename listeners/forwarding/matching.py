"""Which rule answers a request, as the engine decides it: the first by priority whose conditions are all met."""

import ipaddress
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from listeners.forwarding.condition import Condition
from listeners.forwarding.conditions import (
    Cookie,
    Header,
    Host,
    Method,
    Path,
    QueryString,
    ResponseHeader,
    ResponseStatusCode,
    SourceIp,
)
from listeners.forwarding.patterns import matches
from listeners.forwarding.rule import REQUEST, RESPONSE, Rule

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it arrives. ``target`` is path and query; ``authority`` the host, with a port if it has one."""

    method: str
    authority: str
    target: str
    headers: Headers = ()
    source_ip: str = "127.0.0.1"
    source_port: int = 0

    @property
    def path(self) -> str:
        """The path without the query."""
        return self.target.partition("?")[0]

    @property
    def query(self) -> str:
        """What follows the first question mark; empty also where there is none."""
        return self.target.partition("?")[2]

    def header(self, key: str) -> str | None:
        """Return a header's value, several joined as the engine joins them; None where there is none."""
        return header_of(self.headers, key)


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer before the rules for answers see it."""

    status: int
    headers: Headers = ()


def header_of(headers: Headers, key: str) -> str | None:
    """Return a header's value, several joined as the engine joins them; None where there is none."""
    wanted = key.lower()
    found = [value for name, value in headers if name.lower() == wanted]
    return ("; " if wanted == "cookie" else ",").join(found) if found else None


def which(request: Request, rules: Iterable[Rule]) -> Rule | None:
    """Return the rule that answers ``request``; None is the default rule."""
    return next((rule for rule in _ordered(rules, REQUEST) if meets_all(request, rule.conditions)), None)


def which_of_answers(request: Request, answer: Answer, rules: Iterable[Rule]) -> Rule | None:
    """Return the rule that changes ``answer``; None where none does."""
    return next((rule for rule in _ordered(rules, RESPONSE) if meets_all(request, rule.conditions, answer)), None)


def meets_all(request: Request, conditions: Sequence[Condition], answer: Answer | None = None) -> bool:
    """Tell whether all conditions are met."""
    return all(meets(request, condition, answer) for condition in conditions)


def meets(request: Request, condition: Condition, answer: Answer | None = None) -> bool:
    """Tell whether one condition is met; those of answers never are without an answer."""
    if isinstance(condition, SourceIp):
        return _is_within(request.source_ip, condition)
    if isinstance(condition, ResponseStatusCode):
        return answer is not None and any(answer.status in each for each in condition.ranges)
    subject = _subject(request, condition, answer)
    return subject is not None and matches(condition.expression, subject)


def _subject(request: Request, condition: Condition, answer: Answer | None) -> str | None:
    """Return what the condition's expression must match; None where it is missing."""
    if isinstance(condition, ResponseHeader):
        return header_of(answer.headers, condition.key) if answer else None
    if isinstance(condition, Header):
        return request.header(condition.key)
    return {
        Host: request.authority,
        Path: request.path,
        QueryString: request.target,
        Method: request.method,
        Cookie: request.header("cookie"),
    }[type(condition)]


def _is_within(address: str, condition: SourceIp) -> bool:
    try:
        client = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(client in network for network in condition.networks)


def _ordered(rules: Iterable[Rule], direction: str) -> list[Rule]:
    return sorted((rule for rule in rules if rule.direction == direction), key=lambda rule: rule.priority)
