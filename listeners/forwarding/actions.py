"""What a rule does. Exactly one action ends it, and is the last: forward, redirect or a fixed response.

Source: the reference of the cloud's CreateRule.
"""

import re
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

from django.utils.translation import gettext as _
from typing_extensions import override

from listeners.forwarding.checks import check_choice, check_count, check_header_key, check_number, check_text, refuse
from listeners.forwarding.targets import (
    SAME_HOST,
    SAME_PATH,
    SAME_PORT,
    SAME_PROTOCOL,
    SAME_QUERY,
    check_host,
    check_path,
    check_query,
)

WEIGHTS = range(101)
STICKY_SECONDS = range(1, 86_401)
PORTS = range(1, 63_336)
RATES = range(1, 1_000_001)
MAX_AGES = range(-1, 172_801)
CONTENT_TYPES = ("text/plain", "text/css", "text/html", "application/javascript", "application/json")
CONTENT_BYTES = 1024
SYSTEM_VALUES = ("ClientSrcPort", "ClientSrcIp", "Protocol", "SLBId", "SLBPort")
MOST_GROUPS = 5
_PORT = re.compile(r"[0-9]{1,5}")
_METHODS = ("GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "*")
_CONNECTION_KEYS = frozenset({"connection", "upgrade", "content-length", "transfer-encoding"})
_REQUEST_KEYS = _CONNECTION_KEYS | {
    "slb-id",
    "slb-ip",
    "x-forwarded-for",
    "x-forwarded-proto",
    "x-forwarded-eip",
    "x-forwarded-port",
    "x-forwarded-client-srcport",
    "x-forwarded-host",
    "keep-alive",
    "te",
    "host",
    "cookie",
    "remoteip",
    "authority",
}
_ORIGIN = re.compile(r"\*|https?://(\*\.)?[A-Za-z0-9.-]+(:\d{1,5})?")
_HEADERS = re.compile(r"\*|[A-Za-z0-9_-]{1,32}")


@dataclass(frozen=True, slots=True)
class Action(ABC):
    """What all actions have in common."""

    type: ClassVar[str]
    ends_the_rule: ClassVar[bool] = False
    is_for_answers: ClassVar[bool] = False
    is_for_requests: ClassVar[bool] = True
    may_repeat: ClassVar[bool] = False

    @abstractmethod
    def check(self, place: str) -> None:
        """Refuse values that cannot be. Raises InvalidInputError."""

    @property
    def server_group_ids(self) -> tuple[str, ...]:
        """The server groups that it names."""
        return ()


@dataclass(frozen=True, slots=True)
class WeightedGroup:
    """A server group, and its share of the requests."""

    server_group_id: str
    weight: int = 100


@dataclass(frozen=True, slots=True)
class ForwardGroup(Action):
    """Send the request to one of some server groups, by weight; a client can stay with the one that it had."""

    type: ClassVar[str] = "ForwardGroup"
    ends_the_rule: ClassVar[bool] = True
    groups: tuple[WeightedGroup, ...]
    sticky: bool = False
    sticky_seconds: int = 1000

    @property
    @override
    def server_group_ids(self) -> tuple[str, ...]:
        return tuple(group.server_group_id for group in self.groups)

    @override
    def check(self, place: str) -> None:
        check_count(f"{place}.groups", self.server_group_ids, MOST_GROUPS, _("The action “forward”"))
        for n, group in enumerate(self.groups):
            check_number(f"{place}.groups.{n}.weight", group.weight, _("The weight"), WEIGHTS)
        if not any(group.weight for group in self.groups):
            raise refuse(
                f"{place}.groups",
                _("Every server group has weight 0, so no request could be forwarded."),
                "no-weight",
                _("Give one of them a weight of 1 to 100."),
            )
        check_number(f"{place}.sticky_seconds", self.sticky_seconds, _("The time to stay with a group"), STICKY_SECONDS)


@dataclass(frozen=True, slots=True)
class Redirect(Action):
    """Send the client elsewhere."""

    type: ClassVar[str] = "Redirect"
    ends_the_rule: ClassVar[bool] = True
    protocol: str = SAME_PROTOCOL
    host: str = SAME_HOST
    port: str = SAME_PORT
    path: str = SAME_PATH
    query: str = SAME_QUERY
    code: int = 301

    @override
    def check(self, place: str) -> None:
        check_choice(f"{place}.protocol", self.protocol, _("The protocol"), (SAME_PROTOCOL, "HTTP", "HTTPS"))
        check_choice(f"{place}.code", self.code, _("The status"), (301, 302, 303, 307, 308))
        check_host(f"{place}.host", self.host)
        check_path(f"{place}.path", self.path)
        check_query(f"{place}.query", self.query)
        if self.port != SAME_PORT and not (_PORT.fullmatch(self.port) and int(self.port) in PORTS):
            raise refuse(
                f"{place}.port",
                _("The port cannot be “%(port)s”.") % {"port": self.port[:40]},
                "port-invalid",
                _("Give a number from 1 to 63335, or ${port} to keep the request's."),
            )
        if self == Redirect(code=self.code):
            raise refuse(
                place,
                _("The redirect leads to where the request came from, for ever."),
                "redirect-to-itself",
                _("Change the protocol, host, port, path or query."),
            )


@dataclass(frozen=True, slots=True)
class FixedResponse(Action):
    """Answer without any server."""

    type: ClassVar[str] = "FixedResponse"
    ends_the_rule: ClassVar[bool] = True
    is_for_answers: ClassVar[bool] = True
    code: int
    content_type: str = "text/plain"
    content: str = ""

    @override
    def check(self, place: str) -> None:
        if self.code // 100 not in {2, 4, 5}:
            raise refuse(
                f"{place}.code",
                _("A fixed response cannot have the status %(code)s.") % {"code": str(self.code)[:20]},
                "status-invalid",
                _("Use 200 to 299, 400 to 499 or 500 to 599; a redirect is an action of its own."),
            )
        check_choice(f"{place}.content_type", self.content_type, _("The content type"), CONTENT_TYPES)
        if len(self.content) > CONTENT_BYTES or not re.fullmatch(r"[\t\r\n\x20-\x7e]*", self.content):
            raise refuse(
                f"{place}.content",
                _("The content is longer than 1 KB, or has characters outside ASCII."),
                "content-invalid",
                _("Use at most 1,024 ASCII characters."),
            )


@dataclass(frozen=True, slots=True)
class Rewrite(Action):
    """Change where the request asks for before it is forwarded."""

    type: ClassVar[str] = "Rewrite"
    host: str = SAME_HOST
    path: str = SAME_PATH
    query: str = SAME_QUERY

    @override
    def check(self, place: str) -> None:
        check_host(f"{place}.host", self.host)
        check_path(f"{place}.path", self.path)
        check_query(f"{place}.query", self.query)
        if self == Rewrite():
            raise refuse(
                place,
                _("The rewrite changes nothing."),
                "rewrite-nothing",
                _("Change the host, the path or the query."),
            )


@dataclass(frozen=True, slots=True)
class InsertHeader(Action):
    """Set a header; one that is there is overwritten."""

    type: ClassVar[str] = "InsertHeader"
    is_for_answers: ClassVar[bool] = True
    may_repeat: ClassVar[bool] = True
    key: str
    value: str
    value_type: str = "UserDefined"

    @override
    def check(self, place: str) -> None:
        check_header_key(f"{place}.key", self.key, _REQUEST_KEYS)
        self._check_value(place)

    def check_for_answers(self, place: str) -> None:
        """Refuse what cannot be set on an answer."""
        check_header_key(f"{place}.key", self.key, _CONNECTION_KEYS)
        self._check_value(place)
        if self.value_type == "ReferenceHeader":
            raise refuse(
                f"{place}.value_type",
                _("The header of an answer cannot refer to one of the request."),
                "reference-in-answer",
                _("Give the value itself (UserDefined), or a value of the system (SystemDefined)."),
            )

    def _check_value(self, place: str) -> None:
        kinds = ("UserDefined", "ReferenceHeader", "SystemDefined")
        check_choice(f"{place}.value_type", self.value_type, _("The kind of value"), kinds)
        if self.value_type == "SystemDefined":
            check_choice(f"{place}.value", self.value, _("The system's value"), SYSTEM_VALUES)
        elif self.value_type == "ReferenceHeader":
            check_header_key(f"{place}.value", self.value)
        else:
            check_text(f"{place}.value", self.value, _("The header's value"), range(1, 129))


@dataclass(frozen=True, slots=True)
class RemoveHeader(Action):
    """Take a header away."""

    type: ClassVar[str] = "RemoveHeader"
    is_for_answers: ClassVar[bool] = True
    may_repeat: ClassVar[bool] = True
    key: str

    @override
    def check(self, place: str) -> None:
        check_header_key(f"{place}.key", self.key, _REQUEST_KEYS)

    def check_for_answers(self, place: str) -> None:
        """Refuse what cannot be taken from an answer."""
        check_header_key(f"{place}.key", self.key, _CONNECTION_KEYS)


@dataclass(frozen=True, slots=True)
class TrafficLimit(Action):
    """Answer 503 to what comes faster: in all, or from one client address; 0 is no limit of its own."""

    type: ClassVar[str] = "TrafficLimit"
    qps: int = 0
    per_ip_qps: int = 0

    @override
    def check(self, place: str) -> None:
        if not self.qps and not self.per_ip_qps:
            raise refuse(
                place,
                _("The limit limits nothing."),
                "limit-nothing",
                _("Give the requests per second, in all or per address."),
            )
        for name, value in (("qps", self.qps), ("per_ip_qps", self.per_ip_qps)):
            if value:
                check_number(f"{place}.{name}", value, _("The requests per second"), RATES)
        if self.qps and self.per_ip_qps >= self.qps:
            raise refuse(
                f"{place}.per_ip_qps",
                _("One address may send %(per_ip)s requests per second, and all together only %(all)s.")
                % {"per_ip": f"{self.per_ip_qps:,}", "all": f"{self.qps:,}"},
                "limit-per-address-too-high",
                _("Give an address less than the whole."),
            )


@dataclass(frozen=True, slots=True)
class TrafficMirror(Action):
    """Send a copy of each request to another server group, whose answers are thrown away."""

    type: ClassVar[str] = "TrafficMirror"
    server_group_id: str

    @property
    @override
    def server_group_ids(self) -> tuple[str, ...]:
        return (self.server_group_id,)

    @override
    def check(self, place: str) -> None:
        if not self.server_group_id:
            raise refuse(
                f"{place}.server_group_id",
                _("The mirror has no server group."),
                "mirror-empty",
                _("Choose the server group that gets the copies."),
            )


@dataclass(frozen=True, slots=True)
class Cors(Action):
    """Let pages of other origins read the answers; browsers' questions beforehand are answered here."""

    type: ClassVar[str] = "Cors"
    allow_origin: tuple[str, ...]
    allow_methods: tuple[str, ...] = ("GET", "HEAD")
    allow_headers: tuple[str, ...] = ()
    expose_headers: tuple[str, ...] = ()
    allow_credentials: bool = False
    max_age: int = 172_800

    @override
    def check(self, place: str) -> None:
        check_count(f"{place}.allow_origin", self.allow_origin, 50, _("The list of origins"))
        _check_each(
            f"{place}.allow_origin",
            self.allow_origin,
            _ORIGIN,
            _("https://www.example.com, https://*.example.com or *"),
        )
        check_count(f"{place}.allow_methods", self.allow_methods, len(_METHODS), _("The list of methods"))
        for n, method in enumerate(self.allow_methods):
            check_choice(f"{place}.allow_methods.{n}", method, _("The method"), _METHODS)
        for name, values in (("allow_headers", self.allow_headers), ("expose_headers", self.expose_headers)):
            check_count(f"{place}.{name}", values, 50, _("The list of headers"), least=0)
            _check_each(f"{place}.{name}", values, _HEADERS, _("names of headers, or *"))
        check_number(f"{place}.max_age", self.max_age, _("The time that browsers keep the answer"), MAX_AGES)
        if self.allow_credentials and "*" in self.allow_origin:
            raise refuse(
                f"{place}.allow_credentials",
                _("Every origin could read answers with the user's credentials."),
                "cors-credentials",
                _("Name the origins, or do not allow credentials."),
            )


ACTIONS: dict[str, type[Action]] = {
    kind.type: kind
    for kind in (
        ForwardGroup,
        Redirect,
        FixedResponse,
        Rewrite,
        InsertHeader,
        RemoveHeader,
        TrafficLimit,
        TrafficMirror,
        Cors,
    )
}


def _check_each(place: str, values: tuple[str, ...], allowed: "re.Pattern[str]", shown: str) -> None:
    for n, value in enumerate(values):
        if not allowed.fullmatch(value):
            raise refuse(
                f"{place}.{n}",
                _("“%(value)s” cannot be used here.") % {"value": value[:60]},
                "value-invalid",
                _("Write %(shown)s.") % {"shown": shown},
            )
