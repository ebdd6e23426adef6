"""Pages of a table by keyset."""

import base64
import json

import pytest
from django.contrib.auth.models import User

from console.errors import InvalidInputError
from console.tables import keyset_page

pytestmark = pytest.mark.django_db


def make_users(count: int) -> None:
    # Two share each last name, so that only the second column tells them apart.
    User.objects.bulk_create(User(username=f"u{i:02d}", last_name=f"n{i // 2:02d}") for i in range(count))


def walk(order: tuple[str, ...], size: int) -> list[list[str]]:
    pages, cursor = [], ""
    while True:
        page = keyset_page(User.objects.all(), order, cursor, size)
        pages.append([user.username for user in page])
        cursor = page.next_cursor
        if not cursor:
            return pages


@pytest.mark.parametrize("order", [("last_name", "username"), ("-last_name", "username"), ("-username",), ("pk",)])
def test_every_row_is_on_exactly_one_page(order: tuple[str, ...]) -> None:
    make_users(11)
    expected = list(User.objects.order_by(*order).values_list("username", flat=True))
    assert [name for page in walk(order, 4) for name in page] == expected


def test_previous_leads_back_through_the_same_pages() -> None:
    make_users(9)
    order = ("last_name", "username")
    first = keyset_page(User.objects.all(), order, "", 4)
    second = keyset_page(User.objects.all(), order, first.next_cursor, 4)
    third = keyset_page(User.objects.all(), order, second.next_cursor, 4)
    back = keyset_page(User.objects.all(), order, third.previous_cursor, 4)
    start = keyset_page(User.objects.all(), order, back.previous_cursor, 4)
    assert back.items == second.items
    assert start.items == first.items
    assert start.previous_cursor == ""
    assert third.next_cursor == ""


def test_a_row_that_appears_before_the_cursor_shifts_nothing() -> None:
    make_users(8)
    first = keyset_page(User.objects.all(), ("username",), "", 4)
    User.objects.create(username="a-new-one")
    second = keyset_page(User.objects.all(), ("username",), first.next_cursor, 4)
    assert [user.username for user in second] == ["u04", "u05", "u06", "u07"]


def test_relations_sort_too() -> None:
    make_users(3)
    page = keyset_page(User.objects.all(), ("username",), "", 2)
    assert len(page) == 2


@pytest.mark.parametrize(
    "cursor", ["x", "Zm9v", "%%%", "WyJmIl0", "W10", "WyJmIiwiYSIsImIiLCJjIl0", "é", "\0", "bnVsbA"]
)
def test_a_foreign_cursor_is_refused_with_a_way_out(cursor: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        keyset_page(User.objects.all(), ("last_name", "username"), cursor, 4)
    assert refused.value.code == "cursor.invalid"
    assert "first page" in refused.value.way_out


@pytest.mark.parametrize(
    ("order", "value"),
    [
        ("date_joined", "0001-01-01T00:00:00+14:00"),
        ("date_joined", "9999-12-31T23:59:59-14:00"),
        ("date_joined", "2026-01-01T00:00:00"),
        ("username", "\0"),
        ("username", "\ud800"),
        ("pk", "9" * 5000),
    ],
)
def test_a_forged_cursor_with_a_value_that_no_database_takes_is_refused(order: str, value: str) -> None:
    cursor = base64.urlsafe_b64encode(json.dumps(["f", value]).encode()).decode()
    with pytest.raises(InvalidInputError, match="does not exist"):
        keyset_page(User.objects.all(), (order,), cursor, 4)


def test_a_forged_cursor_beyond_every_id_ends_the_list() -> None:
    make_users(1)
    cursor = base64.urlsafe_b64encode(json.dumps(["f", "9" * 30]).encode()).decode()
    assert len(keyset_page(User.objects.all(), ("pk",), cursor, 4)) == 0


def test_an_empty_table_has_one_empty_page() -> None:
    page = keyset_page(User.objects.all(), ("pk",))
    assert (len(page), page.next_cursor, page.previous_cursor) == (0, "", "")
