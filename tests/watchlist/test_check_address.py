"""Checks of addresses outside, against servers that really shake hands."""

import datetime as dt
import socket
import ssl
from contextlib import ExitStack

import pytest
from django.utils import timezone
from pytest_django import Settings

from certificates.models import Kind
from tests.certs import Issued, make_ca, make_leaf
from tests.factories import OPERATOR, store_certificate
from tests.waiting import free_port
from tests.watchlist.servers import (
    Talk,
    imap,
    ldap,
    postgresql,
    refusing_ldap,
    saying,
    server_context,
    smtp_server,
    tls_server,
)
from watchlist.checking import check_due, check_one
from watchlist.models import WatchedAddress
from watchlist.problems import words_of
from watchlist.services import update_address, watch_address

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)


@pytest.fixture(scope="module")
def authority() -> Issued:
    return make_ca("Partner Root")


@pytest.fixture(scope="module")
def leaf(authority: Issued) -> Issued:
    return make_leaf("www.partner.test", "127.0.0.1", issuer=make_ca("Partner CA", issuer=authority))


def checked(port: int, *, starttls: str = "none", server_name: str = "www.partner.test") -> WatchedAddress:
    """Watch a port of this machine and check it."""
    row = watch_address(OPERATOR, host="127.0.0.1", port=port, server_name=server_name, starttls=starttls)
    assert check_one(row.pk)
    row.refresh_from_db()
    return row


def codes(row: WatchedAddress) -> list[str]:
    return [each["code"] for each in row.trust_problems]


def test_certificate_and_chain_are_kept(authority: Issued, leaf: Issued) -> None:
    store_certificate(authority, Kind.CA)
    with tls_server(server_context(leaf)) as (port, asked):
        row = checked(port)
    assert asked == ["www.partner.test"]
    assert row.problem == {}
    assert row.trust_problems == []
    assert row.state == "ok"
    assert row.sha256 == leaf.sha256
    assert row.names == ["www.partner.test", "127.0.0.1"]
    assert row.not_after == leaf.certificate.not_valid_after_utc == row.ends_at
    assert [member["subject"] for member in row.chain] == ["CN=Partner CA,O=Test"]
    assert row.tls_version == "TLSv1.3"
    assert row.next_check_at > timezone.now() + dt.timedelta(minutes=50)


def test_address_without_a_name_is_matched_by_its_ip_address(authority: Issued, leaf: Issued) -> None:
    store_certificate(authority, Kind.CA)
    with tls_server(server_context(leaf)) as (port, asked):
        row = checked(port, server_name="")
    assert asked == [None]
    assert row.trust_problems == []


def test_end_of_the_chain_counts_when_it_comes_first(authority: Issued) -> None:
    soon = make_ca("Short CA", issuer=authority, not_after=timezone.now() + 3 * DAY)
    leaf = make_leaf("www.partner.test", issuer=soon)
    with tls_server(server_context(leaf)) as (port, _asked):
        row = checked(port)
    assert row.is_chain_ending_first
    assert row.ends_at == soon.certificate.not_valid_after_utc
    assert row.ends_sha256 == soon.sha256


@pytest.mark.parametrize(
    ("names", "found"),
    [
        (("other.test",), ["name-mismatch"]),
        (("*.partner.test",), []),
        (("*.test",), ["name-mismatch"]),  # a wildcard is for one label
    ],
)
def test_name_is_compared_as_browsers_do(authority: Issued, names: tuple[str, ...], found: list[str]) -> None:
    store_certificate(authority, Kind.CA)
    with tls_server(server_context(make_leaf(*names, issuer=authority))) as (port, _asked):
        assert codes(checked(port)) == found


def test_what_clients_would_not_trust_is_said(authority: Issued, leaf: Issued) -> None:
    contexts = [server_context(make_leaf("www.partner.test")), server_context(leaf, leaf.pem), server_context(leaf)]
    with ExitStack() as stack:  # at the same time, so that each has a port of its own
        rows = [checked(stack.enter_context(tls_server(context))[0]) for context in contexts]
    assert [codes(row) for row in rows] == [["self-signed"], ["chain-incomplete"], ["authority-unknown"]]
    assert "Partner CA" in words_of(rows[1].trust_problems[0])


def test_expired_certificate_is_looked_at_all_the_same(authority: Issued) -> None:
    store_certificate(authority, Kind.CA)
    old = make_leaf(
        "www.partner.test", issuer=authority, not_before=timezone.now() - 9 * DAY, not_after=timezone.now() - DAY
    )
    with tls_server(server_context(old)) as (port, _asked):
        row = checked(port)
    assert codes(row) == ["expired"]
    assert row.state == "expired"


def test_server_that_wants_a_client_certificate_shows_its_own_first(leaf: Issued, authority: Issued) -> None:
    store_certificate(authority, Kind.CA)
    context = server_context(leaf)
    context.verify_mode = ssl.CERT_REQUIRED
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with tls_server(context) as (port, _asked):
        row = checked(port)
    assert row.sha256 == leaf.sha256
    assert row.problem == {}


@pytest.mark.parametrize(("starttls", "talk"), [("imap", imap), ("ldap", ldap), ("postgresql", postgresql)])
def test_tls_begins_after_the_dialogue(leaf: Issued, starttls: str, talk: Talk) -> None:
    with tls_server(server_context(leaf), talk) as (port, asked):
        row = checked(port, starttls=starttls)
    assert row.problem == {}
    assert row.sha256 == leaf.sha256
    assert asked == ["www.partner.test"]


def test_real_mail_server_is_asked_by_starttls(leaf: Issued) -> None:
    with smtp_server(server_context(leaf)) as port:
        row = checked(port, starttls="smtp")
    assert row.problem == {}
    assert row.sha256 == leaf.sha256


@pytest.mark.parametrize(
    ("starttls", "talk", "words"),
    [
        ("smtp", saying(b"554 go away\r\n"), "554 go away"),
        ("smtp", saying(b"220 hello\r\n", b"250-mail\r\n250 PIPELINING\r\n"), "STARTTLS is not offered"),
        ("smtp", saying(b"220 hello\r\n", b"250 STARTTLS\r\n", b"220 go\r\nplain"), "more than an answer"),
        ("smtp", saying(b"x" * 5000), "a line without an end"),
        ("smtp", saying(b"220-hello\r\n" * 200), "an answer without an end"),
        ("imap", saying(b"* BYE overloaded\r\n"), "* BYE overloaded"),
        ("imap", saying(b"* OK hi\r\n", b"a NO not now\r\n"), "a NO not now"),
        ("ldap", refusing_ldap, "result code 52"),
        ("ldap", saying(b"HTTP/1.1 400 Bad Request\r\n"), "no LDAP"),
        ("postgresql", saying(b"N"), "ssl is off"),
        ("postgresql", saying(b"HTTP"), "no PostgreSQL"),
    ],
)
def test_server_that_does_not_go_on_to_tls_fails_in_its_own_words(
    leaf: Issued, starttls: str, talk: Talk, words: str
) -> None:
    with tls_server(server_context(leaf), talk) as (port, _asked):
        row = checked(port, starttls=starttls)
    assert row.problem["code"] == "dialogue"
    assert words in words_of(row.problem)
    assert row.state == "failing"


def test_what_shows_no_certificate_is_a_failure(settings: Settings) -> None:
    settings.WATCHLIST_CHECK_SECONDS = 0.5
    assert checked(free_port()).problem["code"] == "connect-refused"
    with socket.create_server(("127.0.0.1", 0)) as silent:
        assert checked(silent.getsockname()[1]).problem["code"] == "timeout"
    plain = saying(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    with tls_server(server_context(make_leaf()), plain) as (port, _asked):
        row = checked(port)
    assert row.problem["code"] == "handshake"
    assert "wrong version number" in words_of(row.problem)


def test_name_that_nobody_knows_is_a_failure() -> None:
    row = watch_address(OPERATOR, host="no-such-host.invalid", port=443)
    check_one(row.pk)
    row.refresh_from_db()
    assert row.problem["code"] == "name-unknown"


def test_failing_address_is_asked_ever_later_and_keeps_what_it_showed(leaf: Issued) -> None:
    with tls_server(server_context(leaf)) as (port, _asked):
        row = checked(port)
    waits = []
    for _turn in range(8):
        check_one(row.pk)
        row.refresh_from_db()
        waits.append(round((row.next_check_at - timezone.now()) / dt.timedelta(minutes=1)))
    assert row.failures == 8
    assert row.failing_since is not None
    assert row.sha256 == leaf.sha256
    assert waits[0] == 1
    assert waits[2] == 4
    assert 56 <= waits[-1] <= 64


def test_only_what_is_due_is_checked_and_by_one_worker(leaf: Issued) -> None:
    with tls_server(server_context(leaf)) as (port, asked):
        row = checked(port)
        assert check_due(5) == 0
        WatchedAddress.objects.update(next_check_at=timezone.now())
        assert check_due(5) == 1
        WatchedAddress.objects.update(next_check_at=timezone.now(), leased_until=timezone.now() + DAY)
        assert check_due(5) == 0
        assert not check_one(row.pk)
        WatchedAddress.objects.update(leased_until=timezone.now() - DAY)  # its worker was killed
        assert check_due(5) == 1
        WatchedAddress.objects.update(next_check_at=timezone.now(), enabled=False)
        assert check_due(5) == 0
    assert len(asked) == 3


def test_change_forgets_what_another_place_showed(leaf: Issued) -> None:
    with tls_server(server_context(leaf)) as (port, _asked):
        row = checked(port)
    row = update_address(OPERATOR, row.pk, port=port + 1 if port < 65535 else 1)
    assert (row.sha256, row.ends_at, row.answered_at) == ("", None, None)
    assert row.name == f"www.partner.test:{row.port}"


def test_many_addresses_are_checked_together(leaf: Issued) -> None:
    with tls_server(server_context(leaf)) as (port, asked):
        for number in range(25):
            watch_address(OPERATOR, host="127.0.0.1", port=port, server_name=f"n{number}.partner.test")
        assert check_due(20) == 25
    assert len(asked) == 25
    assert not WatchedAddress.objects.exclude(sha256=leaf.sha256).exists()
