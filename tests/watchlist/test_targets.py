"""Which lines name an address to watch, and which are refused."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.errors import InvalidInputError
from watchlist.targets import MOST_LINES, Target, checked_target, target_of, targets_in


@pytest.mark.parametrize(
    ("line", "target"),
    [
        ("www.example.com", Target("www.example.com", 443)),
        ("WWW.Example.com.:8443", Target("www.example.com", 8443)),
        ("https://www.example.com:9443", Target("www.example.com", 9443)),
        ("https://www.example.com/shop?x=1", Target("www.example.com", 443)),
        ("bücher.example", Target("xn--bcher-kva.example", 443)),
        ("10.0.0.5:8443 intranet.example.com", Target("10.0.0.5", 8443, "intranet.example.com")),
        ("www.example.com www.example.com", Target("www.example.com", 443)),
        ("[2001:db8::1]:443", Target("2001:db8::1", 443)),
        ("2001:0db8::1", Target("2001:db8::1", 443)),
        ("smtp://mail.example.com", Target("mail.example.com", 25, "", "smtp")),
        ("submission://mail.example.com", Target("mail.example.com", 587, "", "smtp")),
        ("SMTPS://mail.example.com", Target("mail.example.com", 465)),
        ("imap://mail.example.com", Target("mail.example.com", 143, "", "imap")),
        ("ldap://dc.example.com", Target("dc.example.com", 389, "", "ldap")),
        ("postgres://db.example.com", Target("db.example.com", 5432, "", "postgresql")),
    ],
)
def test_line_is_read(line: str, target: Target) -> None:
    assert target_of(line) == target


@pytest.mark.parametrize(
    "line",
    [
        "*.example.com",
        "user:secret@www.example.com",
        "www.example.com:0",
        "www.example.com:65536",
        "www.example.com:²",
        "www.example.com:443/path",
        "gopher://www.example.com",
        "[::1",
        "[]:443",
        "-",
        "a..b",
        "x" * 600,
        "www.example.com *.example.com",
        "www.example.com 10.0.0.1 x",
        "\u202eexample.com\x00",
    ],
)
def test_line_that_names_no_address_is_refused(line: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        target_of(line)
    assert refused.value.way_out or refused.value.code == "watched.host"


def test_name_asked_for_is_not_an_ip_address() -> None:
    with pytest.raises(InvalidInputError):
        checked_target("www.example.com", 443, "10.0.0.1")
    assert Target("10.0.0.1", 443).sni == ""
    assert Target("10.0.0.1", 443, "a.test").sni == "a.test"


def test_pasted_lines_are_taken_each_once() -> None:
    text = "www.example.com # the shop\n\n# all others\nwww.example.com:443\r\nsmtp://mail.example.com\n"
    assert [target.host for target in targets_in(text)] == ["www.example.com", "mail.example.com"]


def test_every_line_that_is_wrong_is_named() -> None:
    with pytest.raises(InvalidInputError) as refused:
        targets_in("www.example.com\nx y z!\n*.example.com")
    assert [part.message.split(":")[0] for part in refused.value.parts] == ["Line 2", "Line 3"]


def test_far_too_many_lines_are_refused() -> None:
    with pytest.raises(InvalidInputError):
        targets_in("a.test\n" * (MOST_LINES + 1))


@given(st.text(max_size=80))
def test_no_text_breaks_the_reading(text: str) -> None:
    with suppress(InvalidInputError):
        targets_in(text)
