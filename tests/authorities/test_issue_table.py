"""Issue many certificates from a table."""

import pytest

from authorities.models import IssuedCertificate
from authorities.services import issue_table
from certificates.keys import open_private_key
from certificates.models import Certificate
from console.errors import InvalidInputError
from tests.authorities.rows import make_root
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
        ("common_name\nalice,1,2\n", "Line 2 has 3 cells"),
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
