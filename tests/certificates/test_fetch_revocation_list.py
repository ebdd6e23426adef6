"""Lists are fetched from their address on a schedule; what goes wrong is kept and tried again."""

import datetime as dt
from collections.abc import Iterator

import pytest
from django.utils import timezone

from certificates.models import Certificate, RevocationList
from certificates.parsing.revocation_lists import LARGEST_LIST_BYTES
from certificates.revocation.fetching import fetch_due, fetch_list, next_fetch, retry_after
from certificates.revocation.services import add_list_address, upload_list
from console.errors import ConflictError, DomainError, InvalidInputError
from events.models import Change
from tests.certificates.list_server import ListServer, running_server
from tests.certificates.repository import ALICE
from tests.certificates.revocation import carry, import_ca
from tests.certs import DAY, Issued, make_ca, make_leaf, make_list

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
HOUR, MINUTE = dt.timedelta(hours=1), dt.timedelta(minutes=1)


@pytest.fixture
def server() -> Iterator[ListServer]:
    """A web server."""
    with running_server() as running:
        yield running


@pytest.fixture
def root() -> Issued:
    """An authority."""
    return make_ca()


@pytest.fixture
def certificate(root: Issued) -> Certificate:
    """Its CA certificate."""
    return import_ca(root)


def added(certificate: Certificate, server: ListServer, root: Issued) -> RevocationList:
    """Have a certificate carry the server's list number 1."""
    server.publish(make_list(root, number=1), etag='"1"')
    return add_list_address(ALICE, certificate.pk, url=server.address())


def make_due(row: RevocationList) -> None:
    """Let the time of the next fetch come."""
    RevocationList.objects.filter(pk=row.pk).update(next_fetch_at=timezone.now() - MINUTE)


def test_list_is_fetched_when_its_address_is_added(certificate: Certificate, server: ListServer, root: Issued) -> None:
    row = added(certificate, server, root)
    assert (row.source, row.number, row.etag, row.last_problem) == ("url", "1", '"1"', "")
    assert row.next_fetch_at
    assert row.next_fetch_at > timezone.now()


def test_due_list_is_fetched_and_told_to_the_nodes(certificate: Certificate, server: ListServer, root: Issued) -> None:
    row = added(certificate, server, root)
    server.publish(make_list(root, make_leaf(issuer=root), number=2), etag='"2"')
    assert fetch_due(budget_seconds=10) == 0
    make_due(row)
    assert fetch_due(budget_seconds=10) == 1
    row.refresh_from_db()
    assert (row.number, row.entries, row.etag) == ("2", 1, '"2"')
    assert Change.objects.latest("id").kind == "certificate.revocation_list_stored"


def test_unchanged_list_is_not_sent_again(certificate: Certificate, server: ListServer, root: Issued) -> None:
    row = added(certificate, server, root)
    newest = Change.objects.latest("id").pk
    fetch_list(ALICE, certificate.pk, row.pk)
    assert server.asked[-1]["if-none-match"] == '"1"'
    assert Change.objects.latest("id").pk == newest
    row.refresh_from_db()
    assert row.number == "1"


@pytest.mark.parametrize("status", [404, 500, 206, 304])
def test_answer_without_a_list_is_kept_as_the_problem(
    certificate: Certificate, server: ListServer, root: Issued, status: int
) -> None:
    row = added(certificate, server, root)
    RevocationList.objects.update(etag="", last_modified="")
    server.say(status)
    with pytest.raises(DomainError, match=f"it answers {status}"):
        fetch_list(ALICE, certificate.pk, row.pk)
    row.refresh_from_db()
    assert str(status) in row.last_problem
    assert (row.failures, row.number) == (1, "1")
    assert row.next_fetch_at
    assert row.next_fetch_at > timezone.now()


def test_failures_end_with_a_fetch_that_works(certificate: Certificate, server: ListServer, root: Issued) -> None:
    row = added(certificate, server, root)
    server.say(503)
    for _ in range(2):
        make_due(row)
        fetch_due(budget_seconds=10)
    row.refresh_from_db()
    assert row.failures == 2
    server.publish(make_list(root, number=3))
    make_due(row)
    fetch_due(budget_seconds=10)
    row.refresh_from_db()
    assert (row.failures, row.last_problem, row.number) == (0, "", "3")


def test_server_that_is_gone_is_named(certificate: Certificate, root: Issued) -> None:
    with running_server() as server:
        row = added(certificate, server, root)
    with pytest.raises(DomainError, match=r"could not be fetched from http://127\.0\.0\.1"):
        fetch_list(ALICE, certificate.pk, row.pk)


def test_redirect_is_followed(certificate: Certificate, server: ListServer, root: Issued) -> None:
    with running_server() as other:
        other.publish(make_list(root, number=5))
        server.say(302, location=other.address())
        assert add_list_address(ALICE, certificate.pk, url=server.address()).number == "5"


@pytest.mark.parametrize("location", ["file:///etc/passwd", "ftp://crl.test/x", "http://user:secret@127.0.0.1/"])
def test_redirect_to_anything_but_the_web_is_refused(
    certificate: Certificate, server: ListServer, location: str
) -> None:
    server.say(302, location=location)
    with pytest.raises(DomainError) as refused:
        add_list_address(ALICE, certificate.pk, url=server.address())
    assert refused.value.field == "url"
    assert not RevocationList.objects.exists()


def test_redirects_in_a_circle_are_refused(certificate: Certificate, server: ListServer) -> None:
    server.say(302, location=server.address())
    with pytest.raises(DomainError, match="redirects more than 3 times"):
        add_list_address(ALICE, certificate.pk, url=server.address())


def test_endless_answer_is_cut_off(certificate: Certificate, server: ListServer) -> None:
    server.say(200, b"\x30" * (LARGEST_LIST_BYTES + 1))
    with pytest.raises(DomainError, match="the most that a list may have"):
        add_list_address(ALICE, certificate.pk, url=server.address())


@pytest.mark.parametrize("url", ["", "crl.test/list", "ftp://crl.test/", "http://u:p@crl.test/", "http://crl test/"])
def test_address_that_is_none_is_refused(certificate: Certificate, url: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        add_list_address(ALICE, certificate.pk, url=url)
    assert (refused.value.code, refused.value.field) == ("crl.url", "url")


def test_page_in_place_of_a_list_is_refused(certificate: Certificate, server: ListServer) -> None:
    server.say(200, b"<html>Sign in</html>")
    with pytest.raises(InvalidInputError, match="no revocation list"):
        add_list_address(ALICE, certificate.pk, url=server.address())


def test_older_list_on_the_server_is_a_problem_and_changes_nothing(
    certificate: Certificate, server: ListServer, root: Issued
) -> None:
    row = added(certificate, server, root)
    upload_list(ALICE, certificate.pk, data=make_list(root, number=9))
    server.publish(make_list(root, number=8))
    with pytest.raises(ConflictError, match="older"):
        fetch_list(ALICE, certificate.pk, row.pk)
    row.refresh_from_db()
    assert (row.source, row.number) == ("url", "9")
    assert "older" in row.last_problem


def test_uploaded_list_has_no_address_to_fetch_from(certificate: Certificate, root: Issued) -> None:
    row = carry(certificate, make_list(root))
    with pytest.raises(ConflictError, match="no address"):
        fetch_list(ALICE, certificate.pk, row.pk)


def test_address_takes_over_from_an_upload(certificate: Certificate, server: ListServer, root: Issued) -> None:
    uploaded = carry(certificate, make_list(root, number=1))
    row = added(certificate, server, root)
    assert (row.pk, row.source) == (uploaded.pk, "url")


@pytest.mark.parametrize(
    ("left", "wait"), [(7 * DAY, HOUR), (HOUR, HOUR / 2), (MINUTE, MINUTE), (-DAY, MINUTE), (None, HOUR)]
)
def test_next_fetch_comes_within_the_hour_and_before_the_list_ends(
    left: dt.timedelta | None, wait: dt.timedelta
) -> None:
    assert next_fetch(NOW + left if left is not None else None, NOW) == NOW + wait


def test_waits_after_failures_grow_to_an_hour() -> None:
    waits = [retry_after(failures, NOW) - NOW for failures in (1, 3, 50)]
    assert waits[0] < 2 * MINUTE < waits[1] < 6 * MINUTE < waits[2] <= 1.1 * HOUR
