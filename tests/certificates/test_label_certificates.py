"""The owner and the tags of certificates, by service, page and REST."""

from typing import Any

import pytest
from django.test import Client

from certificates.models import Certificate
from certificates.services import label_certificates, update_certificate
from console.errors import InvalidInputError, NotFoundError, StaleError
from events.models import Change
from tests.certificates.pages import ABSENT, stored
from tests.certificates.repository import ALICE

pytestmark = pytest.mark.django_db


def tags(certificate: Certificate) -> dict[str, str]:
    return {tag.key: tag.value for tag in certificate.tags.all()}


def test_tags_are_replaced_and_the_rest_stays() -> None:
    certificate = stored("www.test", name="shop")
    update_certificate(ALICE, certificate.pk, owner=" Web ", tags={" env ": " live ", "x": ""})
    updated = update_certificate(ALICE, certificate.pk, tags={"env": "test"})
    assert (updated.name, updated.owner, tags(updated), updated.revision) == ("shop", "Web", {"env": "test"}, 3)


def test_only_what_changed_is_in_the_feed() -> None:
    certificate = stored("www.test", name="shop")
    update_certificate(ALICE, certificate.pk, name="shop", owner="", tags={})
    assert not Change.objects.filter(kind__in=("certificate.renamed", "certificate.labelled")).exists()
    update_certificate(ALICE, certificate.pk, name="shop 2", owner="Web")
    assert list(Change.objects.values_list("kind", flat=True))[-2:] == ["certificate.renamed", "certificate.labelled"]


@pytest.mark.parametrize(
    "labels",
    [{"owner": "x" * 201}, {"owner": "a\nb"}, {"tags": {"": "x"}}, {"tags": {"a=b": "x"}}, {"tags": {"k" * 65: ""}},
     {"tags": {"k": "v" * 129}}, {"tags": {str(n): "" for n in range(21)}}, {"tags": {"a\tb": ""}}],
)  # fmt: skip
def test_what_is_no_label_is_refused_and_changes_nothing(labels: dict[str, Any]) -> None:
    certificate = stored("www.test")
    with pytest.raises(InvalidInputError):
        update_certificate(ALICE, certificate.pk, **labels)
    certificate.refresh_from_db()
    assert (certificate.revision, tags(certificate)) == (1, {})


def test_of_two_operators_the_second_is_told() -> None:
    certificate = stored("www.test")
    update_certificate(ALICE, certificate.pk, owner="a", expected_revision=1)
    with pytest.raises(StaleError):
        update_certificate(ALICE, certificate.pk, owner="b", expected_revision=1)


def test_many_are_labelled_or_none() -> None:
    certificate = stored("www.test")
    for ids in ([certificate.pk, ABSENT], [certificate.pk, "a\0b"]):
        with pytest.raises(NotFoundError):
            label_certificates(ALICE, ids, owner="Web", remove_tags=["a\0b"])
    for ids in ([], [str(number) for number in range(501)]):
        with pytest.raises(InvalidInputError):
            label_certificates(ALICE, ids, owner="Web")
    certificate.refresh_from_db()
    assert (certificate.owner, certificate.revision) == ("", 1)


def test_no_certificate_gets_more_tags_than_fit() -> None:
    certificate = stored("www.test")
    update_certificate(ALICE, certificate.pk, tags={str(n): "" for n in range(20)})
    with pytest.raises(InvalidInputError):
        label_certificates(ALICE, [certificate.pk], add_tags={"one more": ""})
    assert len(tags(certificate)) == 20


def test_the_page_edits_name_owner_and_tags(admin_client: Client) -> None:
    certificate = stored("www.test", name="web")
    address = f"/certificates/{certificate.pk}/edit/"
    given = {"name": "shop", "owner": "Web team", "tags": "env=live\n\nshop", "revision": 1}
    assert admin_client.post(address, given).status_code == 302
    assert admin_client.get(address).context["form"].initial["tags"] == "env=live\nshop"
    page = admin_client.get(f"/certificates/{certificate.pk}/").content.decode()
    assert "Web team" in page
    assert "env=live" in page
    assert admin_client.post(address, {**given, "revision": 2, "tags": "=x"}).status_code == 422


def test_the_list_labels_the_chosen_ones(admin_client: Client) -> None:
    certificate = stored("www.test", name="web")
    given = {"ids": [certificate.pk], "owner": "Web", "add_tags": "env=live, shop", "next": "/certificates/?q=web"}
    assert admin_client.post("/certificates/label/", given)["Location"] == "/certificates/?q=web"
    certificate.refresh_from_db()
    assert (certificate.owner, tags(certificate)) == ("Web", {"env": "live", "shop": ""})
    given = {"ids": [certificate.pk], "owner": " ", "remove_tags": "env", "next": "https://elsewhere.test/"}
    assert admin_client.post("/certificates/label/", given)["Location"] == "/certificates/"
    certificate.refresh_from_db()
    assert (certificate.owner, tags(certificate)) == ("Web", {"shop": ""})


def test_choosing_none_is_said(admin_client: Client) -> None:
    answer = admin_client.post("/certificates/label/", {"owner": "Web"}, follow=True)
    assert "Choose 1 to 500 certificates" in answer.content.decode()


def test_the_list_labels_by_post_and_for_those_signed_in(client: Client, admin_client: Client) -> None:
    assert admin_client.get("/certificates/label/").status_code == 405
    client.logout()
    assert client.post("/certificates/label/")["Location"].startswith("/sign-in/")


def test_rest_changes_what_is_given(admin_client: Client) -> None:
    certificate = stored("www.test", name="web")
    path = f"/api/v1/certificates/{certificate.pk}"
    answer = admin_client.patch(path, {"owner": "Web", "tags": {"env": "live"}}, content_type="application/json")
    assert (answer.status_code, answer.json()["owner"], answer.json()["tags"]) == (200, "Web", {"env": "live"})
    assert answer.json()["name"] == "web"
    many = {"ids": [certificate.pk], "remove_tags": ["env"], "add_tags": {"a": "b"}}
    assert admin_client.post("/api/v1/certificates/labels", many, content_type="application/json").json() == {
        "count": 1
    }
    assert admin_client.get(path).json()["tags"] == {"a": "b"}
