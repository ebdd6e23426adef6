"""Issue many certificates from a table."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from http import HTTPStatus

import pytest
from django.test import Client

from authorities.models import IssuedCertificate
from authorities.services import issue_table
from certificates.keys import open_private_key
from certificates.models import Certificate
from console.errors import InvalidInputError
from tests.authorities.rows import make_root, make_subordinate
from tests.certificates.repository import ALICE

pytestmark = pytest.mark.django_db

TABLE = """\
common_name,names,organization,days,key_type,name,purpose
alice,alice@example.test,Shop AG,30,,Laptop of Alice,
bob,"bob@example.test, bob.example.test",,,P-384,,
,www.example.test,,90,,,server

carol,,,,,,client
"""


def test_each_line_becomes_a_certificate() -> None:
    authority = make_root()
    issued = issue_table(ALICE, authority.pk, TABLE.encode())
    assert [(each.certificate.kind, each.certificate.name, each.version.subject) for each in issued] == [
        ("client", "Laptop of Alice", "CN=alice,O=Shop AG"),
        ("client", "bob@example.test", "CN=bob"),
        ("server", "www.example.test", "CN=www.example.test"),
        ("client", "carol", "CN=carol"),
    ]
    assert all(open_private_key(each.version.pk) for each in issued)
    assert IssuedCertificate.objects.filter(authority=authority, version__isnull=False).count() == 4


@pytest.mark.parametrize("separator", [";", "\t"])
def test_a_spreadsheet_s_own_separator_and_mark_are_taken(separator: str) -> None:
    table = f"\ufeffcommon_name{separator}days\r\nAlice{separator}7\r\n"
    (issued,) = issue_table(ALICE, make_root().pk, table.encode())
    assert issued.version.common_name == "Alice"


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("common_name,days\nalice,30\nbob,0\n", "Line 3, days:"),
        ("common_name,days\nalice,x\n", "Line 2, days:"),
        ("common_name,days\nalice,٣\n", "Line 2, days:"),
        ("common_name,days\nalice,9999\n", "Line 2, days:"),
        ("common_name,country\nalice,China\n", "Line 2, country:"),
        ("common_name,key_type\nalice,DSA\n", "Line 2, key_type:"),
        ("common_name,purpose\nalice,ca\n", "Line 2, purpose:"),
        ("common_name,names\nalice,f*.test\n", "Line 2, names:"),
        ("common_name,name\nalice,same\nbob,same\n", "Line 3, name:"),
        ("common_name\nalice,1,2\n", "Line 2: It has 3 cells"),
        ("common_name,wrong\nalice,1\n", "“wrong” is none"),
        ("common_name,common_name\nalice,1\n", "The first line"),
        ('common_name\n"alice\n', "is no CSV"),
        ("common_name\n", "1 to 1000"),
        ("", "The first line"),
        ("common_name\n" + "a\n" * 1001, "1 to 1000"),
    ],
)
def test_a_wrong_line_is_named_and_nothing_issued(table: str, said: str) -> None:
    authority = make_root()
    with pytest.raises(InvalidInputError) as caught:
        issue_table(ALICE, authority.pk, table.encode())
    assert said in caught.value.message
    assert caught.value.field == "table"
    assert Certificate.objects.count() == 1
    assert not IssuedCertificate.objects.exists()


@pytest.mark.parametrize("data", [b"\xff\xfe", b"\0", b"x" * 1_000_001])
def test_what_is_no_table_is_refused(data: bytes) -> None:
    with pytest.raises(InvalidInputError) as caught:
        issue_table(ALICE, make_root().pk, data)
    assert caught.value.field == "table"


def test_every_wrong_line_is_named_with_its_column() -> None:
    authority = make_root(permitted_names=["example.test"], days=100)
    wrong = "common_name,names,days,country\nok,,30,\nlong,,x,\nfar,,30,China\n,www,30,\nmany,,30,,,\n"
    with pytest.raises(InvalidInputError) as caught:
        issue_table(ALICE, authority.pk, wrong.encode())
    parts = caught.value.parts
    assert [part.field for part in parts] == ["table.3.days", "table.4.country", "table.5.common_name", "table.6"]
    assert caught.value.message.startswith("4 lines are wrong, and nothing is issued. Line 3, days:")
    assert not IssuedCertificate.objects.exists()


def test_what_the_authority_may_not_sign_is_named_line_by_line() -> None:
    authority = make_root(permitted_names=["example.test"], days=100)
    Certificate.objects.create(name="taken", kind="client", created_by="alice")
    wrong = (
        "common_name,names,days,name\na,a.example.test,30,fine\nb,b.other.test,30,\nc,,200,\nd,,30,taken\ne,,30,fine\n"
    )
    with pytest.raises(InvalidInputError) as caught:
        issue_table(ALICE, authority.pk, wrong.encode())
    fields = [part.field for part in caught.value.parts]
    assert fields == ["table.3.names", "table.4.days", "table.5.name", "table.6.name"]
    assert not IssuedCertificate.objects.exists()


def test_more_wrong_lines_than_anybody_reads_are_counted() -> None:
    with pytest.raises(InvalidInputError) as caught:
        issue_table(ALICE, make_root().pk, b"common_name,days\n" + b"a,x\n" * 900)
    assert caught.value.message.startswith("900 lines are wrong")
    assert len(caught.value.parts) == 50


def test_a_table_of_many_rsa_keys_is_refused_before_any_is_made() -> None:
    with pytest.raises(InvalidInputError) as caught:
        issue_table(ALICE, make_root().pk, b"common_name,key_type\n" + b"a,RSA-4096\n" * 21)
    assert caught.value.code == "bulk.too-slow"


def test_a_thousand_lines_are_issued_in_batches(
    django_assert_max_num_queries: Callable[[int], AbstractContextManager[object]],
) -> None:
    root = make_root(path_length=1)
    authority = make_subordinate(root, days=1000)
    table = "common_name,names\n" + "".join(f"user{n},user{n}@example.test\n" for n in range(1000))
    with django_assert_max_num_queries(150):
        issued = issue_table(ALICE, authority.pk, table.encode())
    assert [each.version.common_name for each in issued[:2]] == ["user0", "user1"]
    assert IssuedCertificate.objects.filter(authority=authority, version__isnull=False).count() == 1000
    assert all(each.version.chain_pem for each in issued)


def test_the_page_shows_every_wrong_line_at_the_table(admin_client: Client) -> None:
    address = f"/authorities/{make_root().pk}/issue-table/"
    answer = admin_client.post(address, {"table": "common_name,days\na,x\nb,y\n"})
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    text = answer.content.decode()
    assert "Line 2, days: “x” is no number of days." in text
    assert "Line 3, days: “y” is no number of days." in text


def test_rest_names_every_wrong_line(admin_client: Client) -> None:
    address = f"/api/v1/authorities/{make_root().pk}/certificates/bulk"
    body = {"table": "common_name,days\na,x\nb,y\n"}
    answer = admin_client.post(address, body, content_type="application/json")
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert [error["field"] for error in answer.json()["errors"]] == ["table.2.days", "table.3.days"]
