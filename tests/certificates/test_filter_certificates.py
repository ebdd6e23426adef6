"""Narrowing the list of certificates by what an operator knows of them."""

import datetime as dt
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from certificates.finding import Criteria, find_certificates
from certificates.services import label_certificates, update_certificate
from tests.certificates.pages import ROOT, stored
from tests.certificates.repository import ALICE
from tests.certs import DAY, make_ca, make_leaf, rsa_key
from tests.factories import make_ca_certificate, make_listener

pytestmark = pytest.mark.django_db


def found(**criteria: Any) -> list[str]:
    return [certificate.name for certificate in find_certificates(Criteria(**criteria), timezone.now())]


@pytest.fixture(autouse=True, params=[1000, 0], ids=["few", "many"])
def most_matches(request: pytest.FixtureRequest, settings: Settings) -> None:
    """Ask every question both ways: as for a handful of matches, and as for more than fit into one condition."""
    settings.MOST_MATCHES_AT_ONCE = request.param


@pytest.fixture
def shop() -> Any:
    """Store the certificate that is looked for, among others."""
    stored("www.other.test", name="other", key=rsa_key(2048))
    return stored("*.shop.test", "shop.test", name="Shop")


def test_nothing_asked_for_is_everything(shop: Any) -> None:
    assert sorted(found()) == ["Shop", "other"]
    assert Criteria().is_empty
    assert not Criteria(within_days=0).is_empty


@pytest.mark.parametrize(
    "criteria",
    [{"name": "*.shop.test"}, {"name": "SHOP.test"}, {"name": "Shop"}, {"covers": "www.shop.test"},
     {"covers": "a.b.shop.test"}, {"part": "shop.t"}, {"part": "SHOP"}, {"algorithm": "ecdsa"},
     {"algorithm": "ECDSA 256"}, {"algorithm": "ECDSA-256", "part": "shop"}],
)  # fmt: skip
def test_each_way_of_asking_finds_it(shop: Any, criteria: dict[str, str]) -> None:
    assert found(**criteria) == ["Shop"]


@pytest.mark.parametrize(
    "criteria",
    [{"name": "www.shop.test"}, {"name": "shop"}, {"covers": "hop.test"}, {"part": "%shop"}, {"algorithm": "RSA 4096"},
     {"algorithm": "x y z"}, {"fingerprint": "00"}, {"serial": "xyz"}, {"issuer": "nobody"}, {"tag": "env"},
     {"owner": "web"}, {"covers": "www.shop.test", "algorithm": "RSA"}, {"name": "a\0b"}],
)  # fmt: skip
def test_what_does_not_fit_is_not_found(shop: Any, criteria: dict[str, str]) -> None:
    assert found(**criteria) == []


def test_numbers_find_it_as_they_are_copied(shop: Any) -> None:
    version = shop.current_version
    pairs = ":".join(version.sha256[start : start + 2] for start in range(0, 64, 2)).upper()
    assert found(fingerprint=pairs) == found(spki=version.spki_sha256) == found(serial=version.serial) == ["Shop"]
    assert found(serial=str(int(version.serial, 16))) == ["Shop"]


def test_the_issuer_is_found_by_a_part_of_its_name() -> None:
    stored("a.test", name="a", issued=make_leaf("a.test", issuer=make_ca("Corner Shop CA", issuer=ROOT)))
    stored("b.test", name="b")
    assert found(issuer="corner shop") == ["a"]


def test_owner_and_tags_find_it(shop: Any) -> None:
    update_certificate(ALICE, shop.pk, owner="Web team", tags={"env": "production", "shop": ""})
    assert found(owner="Web team") == found(tag="env") == found(tag="env=production") == found(tag="shop") == ["Shop"]
    assert found(tag="env=test") == found(tag="production") == []


def test_states_divide_all_of_them() -> None:
    now = timezone.now()
    for name, start, end in (("gone", -9, -1), ("soon", -9, 20), ("fine", -9, 60), ("later", 2, 90)):
        stored(f"{name}.test", name=name, not_before=now + start * DAY, not_after=now + end * DAY)
    assert found(state="expired") == ["gone"]
    assert found(state="expiring") == ["soon"]
    assert found(state="expiring", within_days=7) == []
    assert found(state="ok") == ["fine"]
    assert found(state="not-yet-valid") == ["later"]
    assert found(ends_from=(now + 10 * DAY).date(), ends_to=(now + 60 * DAY).date()) == ["soon", "fine"]


def test_used_ones_are_told_from_unused(shop: Any) -> None:
    make_listener(certificate_id=shop.pk)
    assert found(use="used") == ["Shop"]
    assert found(use="unused") == ["other"]
    assert found(hint="unused") == ["other"]


def test_health_finds_what_needs_attention() -> None:
    now = timezone.now()
    stored("good.test", name="good", issued=make_leaf("good.test", issuer=make_ca("Good", issuer=ROOT)))
    stored("self.test", name="self", issued=make_leaf("self.test"))
    stored("gone.test", name="gone", not_after=now - dt.timedelta(hours=1), not_before=now - DAY)
    stored("bare.test", name="bare")
    middle = make_ca("Middle", issuer=ROOT, not_after=now - dt.timedelta(hours=1))
    stored("chain.test", name="chain", issued=make_leaf("chain.test", issuer=middle))
    assert found(hint="self-signed") == ["self"]
    assert found(hint="expired") == ["gone"]
    assert found(hint="chain-expired") == ["chain"]
    assert sorted(found(hint="any", part=".test")) == ["bare", "chain", "gone", "self"]
    assert found(hint="chain-missing") == ["gone", "bare"]


def test_kinds_are_told_apart(shop: Any) -> None:
    make_ca_certificate()
    assert len(found(kind="ca")) == 1
    assert found(kind="ca", covers="www.shop.test") == found(kind="client") == []


def test_labels_of_many_are_changed_at_once(shop: Any) -> None:
    others = [certificate.pk for certificate in find_certificates(Criteria(), timezone.now())]
    update_certificate(ALICE, shop.pk, tags={"old": "1", "env": "test"})
    assert label_certificates(ALICE, others, owner="Web", add_tags={"env": "live"}, remove_tags=["old"]) == 2
    assert sorted(found(owner="Web")) == sorted(found(tag="env=live")) == ["Shop", "other"]
    assert found(tag="old") == []


def test_the_page_filters_as_its_address_says(admin_client: Client, shop: Any) -> None:
    answer = admin_client.get("/certificates/", {"covers": "www.shop.test", "ends_from": "x", "state": "y"})
    assert [row.name for row in answer.context["rows"]] == ["Shop"]
    page = answer.content.decode()
    assert 'value="www.shop.test"' in page
    assert "Enter a valid date" in page


def test_rest_filters_alike_and_refuses_what_it_does_not_know(admin_client: Client, shop: Any) -> None:
    items = admin_client.get("/api/v1/certificates", {"covers": "www.shop.test"}).json()["items"]
    assert [(item["name"], item["owner"], item["tags"]) for item in items] == [("Shop", "", {})]
    for wrong in ({"state": "x"}, {"within_days": -1}, {"ends_from": "x"}, {"use": "x"}):
        assert admin_client.get("/api/v1/certificates", wrong).status_code == 422
