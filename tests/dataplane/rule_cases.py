"""Rules and requests for comparing the matcher with the engine: small alphabets, so that they often meet."""

from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

from listeners.forwarding.actions import FixedResponse
from listeners.forwarding.condition import Condition, Pair
from listeners.forwarding.conditions import Cookie, Header, Host, Method, Path, QueryString, SourceIp
from listeners.forwarding.matching import Request
from listeners.forwarding.rule import REQUEST, Rule

_MARKS = "ab*?"
_HOST_REGEXES = ("~^a", "~b$", "~^[ab]\\.", "~(ab|ba)", "~^a\\$?$", "~[$]")
_PATH_REGEXES = ("~^/a", "~b$", "~/(a|b)/", "~^/[ab]{2}$", "~a+b?", "~^/a|/b$")


def _texts(marks: str, low: int, high: int) -> st.SearchStrategy[str]:
    return st.text(st.sampled_from(marks), min_size=low, max_size=high)


_hosts = st.one_of(
    st.builds(lambda left, right: f"{left}.{right}", _texts(_MARKS, 1, 3), _texts(_MARKS, 1, 3)),
    st.sampled_from(_HOST_REGEXES),
)
_paths = st.one_of(_texts("ab*?/", 0, 5).map("/".__add__), st.sampled_from(_PATH_REGEXES))
_words = _texts("ab *?&=%+;", 1, 4).map(lambda text: text.strip() or "a")
_cookie_words = _texts("ab*?-", 1, 3)


def _values(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(strategy, min_size=1, max_size=3, unique=True).map(tuple)


_conditions = st.one_of(
    st.builds(Host, _values(_hosts)),
    st.builds(Path, _values(_paths)),
    st.builds(Header, _values(_texts("ab*?~", 1, 3)), st.sampled_from(["x-a", "X-B"])),
    st.builds(QueryString, _values(st.builds(Pair, _words, _words))),
    st.builds(Cookie, _values(st.builds(Pair, _cookie_words, _cookie_words))),
    st.builds(Method, _values(st.sampled_from(["GET", "POST", "DELETE"]))),
    st.builds(SourceIp, _values(st.sampled_from(["127.0.0.0/8", "10.0.0.0/8", "127.0.0.1", "2001:db8::/32"]))),
)


def _distinct(conditions: Sequence[Condition]) -> tuple[Condition, ...]:
    return tuple({condition.key_of_subject: condition for condition in conditions}.values())


@st.composite
def rule_sets(draw: st.DrawFn) -> tuple[Rule, ...]:
    """Some rules, each of which answers with its own name."""
    found = draw(st.lists(st.lists(_conditions, min_size=1, max_size=3).map(_distinct), min_size=1, max_size=8))
    return tuple(
        Rule(f"rule-{n}", f"r{n}", n, REQUEST, conditions, (FixedResponse(200, content=f"rule-{n}"),))
        for n, conditions in enumerate(found, 1)
    )


_query_parts = st.one_of(_texts("ab=&", 0, 5), st.sampled_from(["a=%61", "%61%20b=a+b", "a%2Bb=b", "b=%2b", "a=b;a"]))
_optional = st.none() | _texts("ab~", 1, 3)


@st.composite
def requests(draw: st.DrawFn) -> Request:
    """A request from this machine."""
    host = f"{draw(_texts('abA$', 1, 3))}.{draw(_texts('abB', 1, 3))}{draw(st.sampled_from(['', ':80', ':8443']))}"
    path = "/" + draw(_texts("ab/", 0, 5))
    query = draw(st.none() | st.lists(_query_parts, min_size=1, max_size=2).map("&".join))
    cookies = draw(
        st.lists(st.builds(lambda key, value: f"{key}={value}", _texts("ab-", 1, 2), _texts("ab-", 1, 2)), max_size=2)
    )
    headers = [(key, value) for key in ("x-a", "x-b") if (value := draw(_optional)) is not None]
    if cookies:
        headers.append(("cookie", "; ".join(cookies)))
    return Request(
        method=draw(st.sampled_from(["GET", "POST", "DELETE"])),
        authority=host,
        target=path if query is None else f"{path}?{query}",
        headers=tuple(headers),
    )
