"""Finding certificates."""

import datetime as dt
from typing import Any

import pytest
from pytest_django import Settings

from certificates import selectors
from certificates.services import Imported, import_certificate
from console.tables import keyset_page
from tests.certificates.repository import ALICE, import_leaf, replace_by
from tests.certs import DAY, make_ca, make_leaf

pytestmark = pytest.mark.django_db


def found(query: str = "", kind: str = "") -> list[str]:
    return [certificate.name for certificate in selectors.certificates(kind=kind, query=query)]


@pytest.fixture
def shop() -> Imported:
    """Store the certificate that is looked for, among others."""
    import_leaf(make_leaf("other.example.org"), "other")
    return import_leaf(make_leaf("www.shop.test", "*.cdn.shop.test", "münchen.test".encode("idna").decode()), "Shöp")


def test_the_soonest_expiry_comes_first() -> None:
    now = dt.datetime.now(dt.UTC)
    for days in (20, 5, 40):
        import_leaf(make_leaf(not_after=now + days * DAY), f"{days}")
    assert found() == ["5", "20", "40"]


@pytest.mark.parametrize(
    "query",
    ["www.shop.test", "WWW.Shop.", "shop.t", "shöp", "SHÖP", " shop ", "*.cdn", "münchen.test", "münchen",
     "img.cdn.shop.test", "a.b.cdn.shop.test"],
)  # fmt: skip
def test_any_name_finds_it(shop: Imported, query: str) -> None:
    assert found(query) == ["Shöp"]


@pytest.mark.parametrize("query", ["cdn.shop.tes%", "_ww.shop", "img.shop.test", "ff" * 32, "123456", "a\0b", "%"])
def test_nothing_else_does(shop: Imported, query: str) -> None:
    assert found(query) == []


def test_fingerprints_find_it_in_every_way_of_writing(shop: Imported) -> None:
    for digest in (shop.version.sha256, shop.version.spki_sha256):
        pairs = [digest[start : start + 2] for start in range(0, 64, 2)]
        for query in (digest, digest.upper(), ":".join(pairs), ":".join(pairs).upper(), " ".join(pairs)):
            assert found(query) == ["Shöp"]


def test_the_serial_number_finds_it_in_hexadecimal_and_decimal(shop: Imported) -> None:
    serial = shop.version.serial
    padded = serial.zfill(len(serial) + len(serial) % 2)
    colons = ":".join(padded[start : start + 2] for start in range(0, len(padded), 2))
    for query in (serial, serial.upper(), colons, f"00:{colons}", str(int(serial, 16))):
        assert found(query) == ["Shöp"]


def test_an_older_version_is_found_by_fingerprint_but_not_by_name(shop: Imported) -> None:
    replace_by(shop, make_leaf("new.example.test"), reason="moved")
    assert found(shop.version.sha256) == ["Shöp"]
    assert found("img.cdn.shop.test") == []
    assert found("new.example") == ["Shöp"]


def test_the_kind_narrows_the_list() -> None:
    import_leaf(name="server")
    import_certificate(ALICE, kind="ca", name="ca", certificate_pem=make_ca().pem)
    assert found(kind="ca") == ["ca"]
    assert found(kind="server") == ["server"]
    assert found("test", kind="ca") == ["ca"]


def test_a_text_that_many_names_have_is_found_in_order(settings: Settings) -> None:
    settings.MOST_MATCHES_AT_ONCE = 2
    now = dt.datetime.now(dt.UTC)
    for days in (20, 5, 40):
        import_leaf(make_leaf(f"d{days}.example.test", not_after=now + days * DAY), f"{days}")
    assert found("example") == ["5", "20", "40"]


def test_a_page_takes_few_queries_however_long_it_is(django_assert_max_num_queries: Any) -> None:
    for _ in range(5):
        import_leaf()
    for query in ("", "example", "www.example.test", "abc"):
        with django_assert_max_num_queries(7):
            page = keyset_page(selectors.certificates(query=query), selectors.ORDER, "", 50)
            assert all([name.value for name in row.current_version.names.all()] for row in page if row.current_version)


def test_the_chain_is_given_leaf_first() -> None:
    middle = make_ca("Middle", issuer=make_ca())
    leaf = make_leaf(issuer=middle)
    imported = import_leaf(leaf)
    version = selectors.version_of(imported.certificate.pk)
    assert selectors.full_chain_pem(version).encode() == leaf.pem + middle.pem


def test_versions_come_newest_first() -> None:
    imported = import_leaf()
    replace_by(imported, make_leaf())
    assert [version.number for version in selectors.versions_of(imported.certificate.pk)] == [2, 1]
