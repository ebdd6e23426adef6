"""What a rule looks at. Each condition is met by any one of its values; a rule needs all of its conditions.

A condition gives an expression of RE2 that the whole of its subject (a header, the path, the query) must match: the
same for the engine and for the tester. Source: the reference of the cloud's CreateRule.
"""

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from django.utils.translation import gettext as _
from typing_extensions import override

from listeners.forwarding import patterns
from listeners.forwarding.checks import check_choice, check_count, check_header_key, check_text, refuse, shortened
from listeners.forwarding.condition import Condition, PairCondition, PatternCondition, TextCondition
from listeners.forwarding.networks import check_network
from listeners.forwarding.patterns import REGEX, Pattern, encoded, one_of, within

MOST_VALUES = 50
MOST_NETWORKS = 5
METHODS = ("HEAD", "GET", "POST", "OPTIONS", "PUT", "PATCH", "DELETE")
_HOST = re.compile(r"[A-Za-z0-9._*?-]+")
_PATH = re.compile(r"/[A-Za-z0-9$\-_.+/&~@:'*?%=!,;()]*")
_COOKIE_KEY = re.compile(r"[^\s;,=\"]+")
_COOKIE_VALUE = re.compile(r"[^;,\"\\]+")
_STATUSES = re.compile(r"([1-5]\d\d)(?:-([1-5]\d\d))?")


@dataclass(frozen=True, slots=True)
class Host(PatternCondition):
    """The host that was asked for, in any case, its port apart."""

    type: ClassVar[str] = "Host"
    ignores_case: ClassVar[bool] = True
    takes_regex: ClassVar[bool] = True

    @property
    @override
    def expression(self) -> str:
        """The expression of the request's authority, which may end in a port."""
        hosts = [
            Pattern(REGEX + patterns.before_port(each.text[1:])).expression if each.is_regex else each.expression
            for each in self.patterns
        ]
        return f"(?i:{one_of(hosts)})(?::[0-9]+)?"

    @override
    def check(self, place: str) -> None:
        check_count(f"{place}.values", self.values, MOST_VALUES, _("The host condition"))
        for n, value in enumerate(self.values):
            _check_pattern(f"{place}.values.{n}", value, _("The host"), range(3, 129))
            if not value.startswith(REGEX) and not _HOST.fullmatch(value):
                raise _bad_characters(f"{place}.values.{n}", value, _("letters, digits, “.”, “-”, “_”, “*” and “?”"))
        patterns.check_whole(place, self.expression)


@dataclass(frozen=True, slots=True)
class Path(PatternCondition):
    """The path, without the query, in its own case."""

    type: ClassVar[str] = "Path"
    takes_regex: ClassVar[bool] = True

    @property
    @override
    def expression(self) -> str:
        """The expression of the path."""
        return one_of([each.expression for each in self.patterns])

    @override
    def check(self, place: str) -> None:
        check_count(f"{place}.values", self.values, MOST_VALUES, _("The path condition"))
        for n, value in enumerate(self.values):
            _check_pattern(f"{place}.values.{n}", value, _("The path"), range(1, 129))
            if not value.startswith((REGEX, "/")):
                raise refuse(
                    f"{place}.values.{n}",
                    _("The path “%(value)s” does not start with “/”.") % {"value": shortened(value)},
                    "path-invalid",
                    _("Start it with “/”, or with “~” when it is a regular expression."),
                )
            if not value.startswith(REGEX) and not _PATH.fullmatch(value):
                raise _bad_characters(
                    f"{place}.values.{n}", value, _("letters, digits and $ - _ . + / & ~ @ : ' * ? % = ! , ; ( )")
                )
        patterns.check_whole(place, self.expression)


@dataclass(frozen=True, slots=True)
class Header(PatternCondition):
    """A header of the request."""

    type: ClassVar[str] = "Header"
    key: str = ""

    @property
    @override
    def key_of_subject(self) -> str:
        return f"{self.type} {self.key.lower()}"

    @property
    @override
    def expression(self) -> str:
        """The expression of the header's value."""
        return one_of([each.expression for each in self.patterns])

    @override
    def check(self, place: str) -> None:
        check_header_key(f"{place}.key", self.key, ("cookie", "host"))
        if "_" in self.key:
            raise refuse(
                f"{place}.key",
                _("The engine drops headers with “_” from clients: servers confuse them with those that have “-”."),
                "header-key-dropped",
                _("Use the name with “-”, and let the clients send it so."),
            )
        check_count(f"{place}.values", self.values, MOST_VALUES, _("The header condition"))
        for n, value in enumerate(self.values):
            check_text(f"{place}.values.{n}", value, _("The header's value"), range(1, 129))


@dataclass(frozen=True, slots=True)
class QueryString(PairCondition):
    """A parameter of the query, compared without percent-encoding, in its own case."""

    type: ClassVar[str] = "QueryString"

    @property
    @override
    def expression(self) -> str:
        """The expression of the path with its query."""
        pairs = [f"{encoded(pair.key, '=&')}={encoded(pair.value, '&')}" for pair in self.pairs]
        return rf"[^?]*\?(?:.*&)?{one_of(pairs)}(?:&.*)?"

    @override
    def check(self, place: str) -> None:
        check_count(f"{place}.pairs", self.pairs, MOST_VALUES, _("The query condition"))
        for n, pair in enumerate(self.pairs):
            check_text(f"{place}.pairs.{n}.key", pair.key, _("The parameter's name"), range(1, 101))
            check_text(f"{place}.pairs.{n}.value", pair.value, _("The parameter's value"), range(1, 129))
        patterns.check_whole(place, self.expression)


@dataclass(frozen=True, slots=True)
class Cookie(PairCondition):
    """A cookie."""

    type: ClassVar[str] = "Cookie"

    @property
    @override
    def expression(self) -> str:
        """The expression of the header ``cookie``."""
        pairs = [f"{within(pair.key, '=; ')}={within(pair.value, ';')}" for pair in self.pairs]
        return rf"(?:.*;)? *{one_of(pairs)} *(?:;.*)?"

    @override
    def check(self, place: str) -> None:
        check_count(f"{place}.pairs", self.pairs, MOST_VALUES, _("The cookie condition"))
        for n, pair in enumerate(self.pairs):
            check_text(f"{place}.pairs.{n}.key", pair.key, _("The cookie's name"), range(1, 101))
            check_text(f"{place}.pairs.{n}.value", pair.value, _("The cookie's value"), range(1, 101))
            if not _COOKIE_KEY.fullmatch(pair.key) or not _COOKIE_VALUE.fullmatch(pair.value):
                text = _("characters that cookies can have: no “;”, “,” or quotation marks")
                raise _bad_characters(f"{place}.pairs.{n}", str(pair), text)
        patterns.check_whole(place, self.expression)


@dataclass(frozen=True, slots=True)
class Method(TextCondition):
    """The request's method."""

    type: ClassVar[str] = "Method"

    @property
    @override
    def expression(self) -> str:
        """The expression of the method."""
        return one_of(list(self.values))

    @override
    def check(self, place: str) -> None:
        check_count(f"{place}.values", self.values, len(METHODS), _("The method condition"))
        for n, value in enumerate(self.values):
            check_choice(f"{place}.values.{n}", value, _("The method"), METHODS)


@dataclass(frozen=True, slots=True)
class SourceIp(TextCondition):
    """The address that the connection came from."""

    type: ClassVar[str] = "SourceIp"

    @property
    def networks(self) -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
        """The networks that the values name."""
        return tuple(ipaddress.ip_network(value, strict=False) for value in self.values)

    @override
    def includes(self, other: Condition) -> bool:
        return isinstance(other, SourceIp) and all(
            any(wide.version == narrow.version and narrow.subnet_of(wide) for wide in self.networks)  # type: ignore[arg-type]
            for narrow in other.networks
        )

    @override
    def check(self, place: str) -> None:
        check_count(f"{place}.values", self.values, MOST_NETWORKS, _("The source address condition"))
        for n, value in enumerate(self.values):
            check_network(f"{place}.values.{n}", value)


@dataclass(frozen=True, slots=True)
class ResponseStatusCode(TextCondition):
    """The status of the answer: single ones, or ranges such as 500-503."""

    type: ClassVar[str] = "ResponseStatusCode"
    is_of_answers: ClassVar[bool] = True

    @property
    def ranges(self) -> tuple[range, ...]:
        """The statuses that the values name."""
        bounds = [value.partition("-")[::2] for value in self.values]
        return tuple(range(int(low), int(high or low) + 1) for low, high in bounds)

    @override
    def includes(self, other: Condition) -> bool:
        mine = {status for each in self.ranges for status in each}
        return isinstance(other, ResponseStatusCode) and all(mine.issuperset(each) for each in other.ranges)

    @override
    def check(self, place: str) -> None:
        check_count(f"{place}.values", self.values, MOST_VALUES, _("The status condition"))
        for n, value in enumerate(self.values):
            found = _STATUSES.fullmatch(value)
            if found is None or (found[2] and found[2] < found[1]):
                raise refuse(
                    f"{place}.values.{n}",
                    _("“%(value)s” is not a status, nor a range of statuses.") % {"value": shortened(value)},
                    "status-invalid",
                    _("Write 404, or 500-503."),
                )


@dataclass(frozen=True, slots=True)
class ResponseHeader(Header):
    """A header of the answer."""

    type: ClassVar[str] = "ResponseHeader"
    is_of_answers: ClassVar[bool] = True

    @override
    def check(self, place: str) -> None:
        check_header_key(f"{place}.key", self.key)
        check_count(f"{place}.values", self.values, MOST_VALUES, _("The header condition"))
        for n, value in enumerate(self.values):
            check_text(f"{place}.values.{n}", value, _("The header's value"), range(1, 129))


CONDITIONS: dict[str, type[Condition]] = {
    kind.type: kind
    for kind in (Host, Path, Header, QueryString, Method, Cookie, SourceIp, ResponseStatusCode, ResponseHeader)
}


def wildcards_of(conditions: Iterable[Condition]) -> int:
    """Return how many values have wildcards or are regular expressions."""
    return sum(any(mark in value for mark in "*?") for each in conditions if each.has_wildcards for value in each.shown)


def _check_pattern(place: str, value: str, label: str, lengths: range) -> None:
    check_text(place, value, label, lengths)
    if value.startswith(REGEX):
        patterns.check_regex(place, value[1:])


def _bad_characters(place: str, value: str, allowed: str) -> Exception:
    return refuse(
        place,
        _("“%(value)s” has characters that cannot be matched here.") % {"value": shortened(value)},
        "characters-invalid",
        _("Use %(allowed)s.") % {"allowed": allowed},
    )
