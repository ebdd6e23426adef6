"""Where a CA certificate comes from: a private authority, or a third party's repository."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from access.tokens import create_token
from authorities.services.repositories import add_certificate, create_repository
from certificates.models import Certificate
from listeners.ca_sources import CaSource, narrowing
from listeners.models import Listener
from listeners.pages.pickers import picker
from listeners.tls_policies import WIZARD_POLICY
from tests import factories
from tests.authorities.rows import make_root
from tests.factories import OPERATOR
from tests.listeners.pages import SETTINGS, Wizard

pytestmark = pytest.mark.django_db
AUTHORITY, THIRD_PARTY = CaSource.AUTHORITY, CaSource.THIRD_PARTY


@pytest.fixture
def wizard(admin_client: Client) -> Wizard:
    return Wizard(admin_client, factories.make_load_balancer())


def offered(**asked: str) -> list[Certificate]:
    """Return what the choice of a CA certificate offers."""
    return list(picker("ca_certificate_id", [], **asked).found)


def test_each_source_offers_its_own() -> None:
    private, foreign = make_root().certificate, factories.make_ca_certificate()
    assert offered(ca_source=AUTHORITY) == [private]
    assert offered(ca_source=THIRD_PARTY) == [foreign]


def test_one_repository_can_be_chosen() -> None:
    inside, _outside = factories.make_ca_certificate(), factories.make_ca_certificate()
    repository = create_repository(OPERATOR, name="Partners")
    add_certificate(OPERATOR, repository.pk, inside.pk)
    assert offered(ca_source=THIRD_PARTY, ca_repository_id=repository.pk) == [inside]
    assert len(offered(ca_source=THIRD_PARTY, ca_repository_id="repo-absent")) == 2


def test_private_authorities_come_first_where_there_are_any() -> None:
    assert narrowing("").source == THIRD_PARTY
    make_root()
    assert narrowing("").source == AUTHORITY
    assert narrowing("nonsense").source == AUTHORITY


def test_source_of_the_chosen_certificate_is_shown() -> None:
    private, foreign = make_root().certificate, factories.make_ca_certificate()
    assert narrowing("", "", foreign.pk).source == THIRD_PARTY
    assert narrowing("", "", private.pk).source == AUTHORITY


def test_many_are_searched_by_name() -> None:
    for number in range(12):
        make_root(f"Root {number:02}")
    shown = picker("ca_certificate_id", [], "root 07", ca_source=AUTHORITY)
    assert [row.name for row in shown.found] == ["Root 07"]
    assert picker("ca_certificate_id", [], ca_source=AUTHORITY).has_more


def _certificate_step(**values: Any) -> dict[str, Any]:
    certificate = factories.make_server_certificate()
    return {"certificate_id": certificate.pk, "security_policy": WIZARD_POLICY, **values}


def test_wizard_keeps_source_and_choice_on_the_way_back(wizard: Wizard) -> None:
    make_root("Private")
    foreign = factories.make_ca_certificate()
    repository = create_repository(OPERATOR, name="Partners")
    add_certificate(OPERATOR, repository.pk, foreign.pk)
    wizard.send("listener", port="8443", **SETTINGS)
    assert 'value="authority" checked' in wizard.get("certificate").text
    step = _certificate_step(
        ca_source="third-party",
        ca_repository_id=repository.pk,
        mutual_authentication="on",
        ca_certificate_id=foreign.pk,
    )
    wizard.send("certificate", "search", **step)
    wizard.send("certificate", "back", **step)
    page = wizard.get("certificate").text
    assert 'value="third-party" checked' in page
    assert f'value="{repository.pk}" selected' in page
    assert f'value="{foreign.pk}" checked' in page


def test_wizard_creates_a_listener_that_trusts_a_private_authority(wizard: Wizard) -> None:
    root = make_root("Private")
    wizard.send("listener", port="8443", **SETTINGS)
    step = _certificate_step(ca_source="authority", mutual_authentication="on", ca_certificate_id=root.certificate_id)
    wizard.send("certificate", **step)
    wizard.send("server-group", server_group_id=factories.make_server_group().pk)
    assert "Revocation is not checked" in wizard.get("confirm").text
    wizard.send("confirm", "submit")
    bound = Listener.objects.get().bindings.filter(role="ca").values_list("certificate_id", flat=True)
    assert list(bound) == [root.certificate_id]


@pytest.mark.parametrize("page", ["mutual-authentication", "ca-certificate/change"])
def test_question_of_a_listener_narrows_by_source_without_javascript(admin_client: Client, page: str) -> None:
    private, foreign = make_root("Private").certificate, factories.make_ca_certificate()
    bound = {"mutual_authentication": True, "ca_certificate_id": factories.make_ca_certificate().pk}
    listener = factories.make_listener(**bound if page == "ca-certificate/change" else {})
    answer = admin_client.post(f"/listeners/{listener.pk}/{page}/", {"go": "search", "ca_source": "third-party"})
    text = answer.content.decode()
    assert foreign.pk in text
    assert private.pk not in text


def test_fragment_for_htmx_narrows_too(admin_client: Client) -> None:
    private, foreign = make_root("Private").certificate, factories.make_ca_certificate()
    answer = admin_client.get("/listeners/choices/ca_certificate_id/", {"ca_source": "authority"})
    text = answer.content.decode()
    assert private.pk in text
    assert foreign.pk not in text


def test_rest_lists_ca_certificates_by_source() -> None:
    private, foreign = make_root("Private").certificate, factories.make_ca_certificate()
    rest = Client(headers={"Authorization": f"Bearer {create_token(User.objects.create_user('robot'))}"})
    listed = {
        source: {item["id"] for item in rest.get(f"/api/v1/ca-certificates?source={source}").json()["items"]}
        for source in ("authority", "third-party")
    }
    assert listed == {"authority": {private.pk}, "third-party": {foreign.pk}}
    assert len(rest.get("/api/v1/ca-certificates").json()["items"]) == 2
    assert rest.get("/api/v1/ca-certificates?source=nobody").status_code == 422
