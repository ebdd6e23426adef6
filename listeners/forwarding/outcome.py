"""What becomes of a request: what a rule would do with it, told as the engine does it. Nothing is sent."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from listeners.forwarding.actions import (
    Cors,
    FixedResponse,
    ForwardGroup,
    InsertHeader,
    Redirect,
    RemoveHeader,
    Rewrite,
    TrafficLimit,
    TrafficMirror,
    WeightedGroup,
)
from listeners.forwarding.matching import Answer, Headers, Request, header_of, which, which_of_answers
from listeners.forwarding.patterns import Pattern, compiled, matches
from listeners.forwarding.rule import Rule
from listeners.forwarding.targets import CAPTURE, SAME_HOST, SAME_PATH, SAME_PORT, SAME_PROTOCOL, SAME_QUERY

_DEFAULT_PORTS = {"http": ":80", "https": ":443"}


@dataclass(frozen=True, slots=True)
class Site:
    """What the outcome needs to know of the listener."""

    protocol: str
    port: int
    load_balancer_id: str
    server_group_id: str  # empty where every request is redirected
    redirect_port: int | None = None

    @property
    def scheme(self) -> str:
        """The scheme of its addresses."""
        return "http" if self.protocol == "HTTP" else "https"

    def system_value(self, name: str, request: Request) -> str:
        """Return a value of the system for a header."""
        return {
            "Protocol": self.protocol,
            "SLBId": self.load_balancer_id,
            "SLBPort": str(self.port),
            "ClientSrcIp": request.source_ip,
            "ClientSrcPort": str(request.source_port),
        }[name]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What becomes of a request. ``rule`` None is the default rule; of the rest what applies is filled."""

    rule: Rule | None
    sent: Request | None = None  # as servers get it
    groups: tuple[WeightedGroup, ...] = ()
    sticky_seconds: int = 0  # how long a client stays with its group; 0: not at all
    mirror_group_id: str = ""
    limit: TrafficLimit | None = None
    cors: Cors | None = None
    redirect_code: int = 0
    location: str = ""
    fixed: FixedResponse | None = None

    @property
    def total_weight(self) -> int:
        """The sum of the weights."""
        return sum(group.weight for group in self.groups)


@dataclass(frozen=True, slots=True)
class ChangedAnswer:
    """What a rule for answers makes of one."""

    rule: Rule
    answer: Answer
    fixed: FixedResponse | None


def outcome_of(request: Request, rules: Iterable[Rule], site: Site) -> Outcome:
    """Return what becomes of ``request``."""
    seen = as_read(request)
    rule = which(seen, rules)
    return _by_default(seen, site) if rule is None else _by_rule(seen, rule, site)


def answered(request: Request, answer: Answer, rules: Iterable[Rule], site: Site) -> ChangedAnswer | None:
    """Return what a rule for answers makes of ``answer``; None where none does."""
    seen = as_read(request)
    rule = which_of_answers(seen, answer, rules)
    if rule is None:
        return None
    fixed = rule.of_action(FixedResponse)
    headers = _with_headers(answer.headers, rule, seen, site)
    return ChangedAnswer(rule, Answer(fixed.code if fixed else answer.status, headers), fixed)


def as_read(request: Request) -> Request:
    """Return ``request`` as the engine reads it: without ``/x/../``, and without headers that have an underscore."""
    path, mark, query = request.target.partition("?")
    headers = tuple((name, value) for name, value in request.headers if "_" not in name)
    return replace(request, target=_plain_path(path) + mark + query, headers=headers)


def _plain_path(path: str) -> str:
    if "/." not in path:
        return path
    # Doubled slashes stay: only what is between them is taken away.
    kept: list[str] = []
    parts = path.split("/")
    for part in parts[1:]:
        if part == "..":
            kept = kept[:-1]
        elif part != ".":
            kept.append(part)
    ends = "/" if parts[-1] in {".", ".."} and kept else ""
    return "/" + "/".join(kept) + ends


def _by_default(request: Request, site: Site) -> Outcome:
    if site.redirect_port is not None:
        there = Redirect(protocol="HTTPS", port=str(site.redirect_port))
        return Outcome(None, redirect_code=301, location=_location(request, there, None, site))
    return Outcome(None, sent=request, groups=(WeightedGroup(site.server_group_id),))


def _by_rule(request: Request, rule: Rule, site: Site) -> Outcome:
    path = _matched_path(request, rule)
    found = Outcome(rule, cors=rule.of_action(Cors))
    if isinstance(rule.final, Redirect):
        return replace(found, redirect_code=rule.final.code, location=_location(request, rule.final, path, site))
    if isinstance(rule.final, FixedResponse):
        return replace(found, fixed=rule.final)
    if isinstance(rule.final, ForwardGroup):
        return _forwarded(found, request, rule.final, path, site)
    return found


def _forwarded(found: Outcome, request: Request, forward: ForwardGroup, path: Pattern | None, site: Site) -> Outcome:
    if found.rule is None:
        return found
    mirror = found.rule.of_action(TrafficMirror)
    changed = replace(request, headers=_with_headers(request.headers, found.rule, request, site))
    return replace(
        found,
        sent=_rewritten(changed, found.rule.of_action(Rewrite), path),
        groups=tuple(group for group in forward.groups if group.weight),
        sticky_seconds=forward.sticky_seconds if forward.sticky else 0,
        mirror_group_id=mirror.server_group_id if mirror else "",
        limit=found.rule.of_action(TrafficLimit),
    )


def _matched_path(request: Request, rule: Rule) -> Pattern | None:
    """Return the first value of the path condition that matches."""
    values: Sequence[Pattern] = rule.path.patterns if rule.path else ()
    return next((each for each in values if matches(each.expression, request.path)), None)


def _rewritten(request: Request, rewrite: Rewrite | None, path: Pattern | None) -> Request:
    if rewrite is None:
        return request
    authority = request.authority if rewrite.host == SAME_HOST else rewrite.host
    return replace(request, authority=authority, target=_target(request, rewrite.path, rewrite.query, path))


def _target(request: Request, wanted_path: str, wanted_query: str, path: Pattern | None) -> str:
    query = request.query if wanted_query == SAME_QUERY else wanted_query
    mark = "?" if query or (wanted_query == SAME_QUERY and "?" in request.target) else ""
    return _filled(wanted_path, request.path, path) + mark + query


def _filled(target: str, whole: str, path: Pattern | None) -> str:
    """Put in what the request had, and what the path's regular expression captured."""
    found = compiled(path.expression).fullmatch(whole) if path else None
    parts = target.split(SAME_PATH)
    return whole.join(
        CAPTURE.sub(lambda each: (found.group(int(each[1])) or "") if found else "", part) for part in parts
    )


def _location(request: Request, redirect: Redirect, path: Pattern | None, site: Site) -> str:
    scheme = site.scheme if redirect.protocol == SAME_PROTOCOL else redirect.protocol.lower()
    port = "" if redirect.port == SAME_PORT else f":{redirect.port}"
    host = redirect.host
    if host == SAME_HOST:
        host, colon, own = request.authority.rpartition(":")
        is_port = bool(colon) and own.isdecimal()
        if not is_port:
            host = request.authority
        # The port of one scheme means nothing to another.
        elif not port and (scheme == site.scheme or f":{own}" != _DEFAULT_PORTS[site.scheme]):
            port = f":{own}"
    return f"{scheme}://{host}{port}{_target(request, redirect.path, redirect.query, path)}"


def _with_headers(headers: Headers, rule: Rule, request: Request, site: Site) -> Headers:
    """Set and remove headers in the order of the actions."""
    for action in rule.actions:
        if isinstance(action, RemoveHeader):
            headers = _without(headers, action.key)
        elif isinstance(action, InsertHeader):
            value = _value(action, headers, request, site)
            if value is not None:
                headers = (*_without(headers, action.key), (action.key, value))
    return headers


def _value(action: InsertHeader, headers: Headers, request: Request, site: Site) -> str | None:
    """Return the header's value; None where it refers to a header that is not there, which changes nothing."""
    if action.value_type == "ReferenceHeader":
        return request.authority if action.value.lower() == "host" else header_of(headers, action.value)
    return site.system_value(action.value, request) if action.value_type == "SystemDefined" else action.value


def _without(headers: Headers, key: str) -> Headers:
    return tuple((name, value) for name, value in headers if name.lower() != key.lower())
