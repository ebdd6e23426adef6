"""Names: how they are written, and what covers what."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certificates.matching import (
    InvalidNameError,
    covering_patterns,
    covers,
    is_host_name,
    lost_names,
    normalise_name,
)

LABELS = st.text(alphabet="abcxyz019", min_size=1, max_size=8)
NAMES = st.lists(LABELS, min_size=1, max_size=5).map(lambda labels: ".".join([*labels, "test"]))


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("WWW.Example.COM", "www.example.com"),
        ("www.example.com.", "www.example.com"),
        (" www.example.com ", "www.example.com"),
        ("*.Example.com", "*.example.com"),
        ("münchen.example", "xn--mnchen-3ya.example"),
        ("MÜNCHEN.example", "xn--mnchen-3ya.example"),
        ("*.例え.jp", "*.xn--r8jz45g.jp"),
        ("例え。jp", "xn--r8jz45g.jp"),
        ("straße.example", "xn--strae-oqa.example"),  # IDNA 2008 keeps the sharp s; 2003 made two of it
        ("_acme.example.com", "_acme.example.com"),
        ("localhost", "localhost"),
    ],
)
def test_a_name_is_written_one_way(text: str, name: str) -> None:
    assert normalise_name(text) == name


@pytest.mark.parametrize(
    "text",
    ["", ".", "*", "*.", "f*.example.com", "*f.example.com", "a.*.com", "*.*.com", "a..b", "-a.com", "a-.com",
     "10.0.0.1", "::1", "*.10.0.0.1", "a b.com",
     "a\0.com", "x" * 64 + ".com", ".".join(["abcdefgh"] * 32), "☃\u2060.com"],
)  # fmt: skip
def test_what_is_no_host_name_is_refused(text: str) -> None:
    with pytest.raises(InvalidNameError):
        normalise_name(text)
    assert not is_host_name(text)


def test_a_wildcard_covers_every_depth_below_it_as_the_engine_does() -> None:
    assert covers("*.w.test", "a.w.test")
    assert covers("*.w.test", "a.b.w.test")
    assert not covers("*.w.test", "w.test")
    assert not covers("*.w.test", "aw.test")
    assert not covers("f*.w.test", "foo.w.test")


@given(NAMES)
def test_normalising_twice_changes_nothing(name: str) -> None:
    assert normalise_name(normalise_name(name)) == normalise_name(name)


@given(NAMES, NAMES)
def test_covering_patterns_are_exactly_those_that_cover(name: str, other: str) -> None:
    assert all(covers(pattern, name) for pattern in covering_patterns(name))
    for pattern in (other, f"*.{other}"):
        assert covers(pattern, name) == (pattern in covering_patterns(name))


def test_a_name_is_lost_only_where_no_wildcard_takes_over() -> None:
    before = ["a.example.com", "*.b.example.com", "example.com", "10.0.0.1"]
    assert lost_names(before, ["*.example.com"]) == ["example.com", "10.0.0.1"]
    assert lost_names(before, before) == []
