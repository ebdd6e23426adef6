"""The page that takes anything: what it shows, asks and stores, and that no key is ever in it."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from certificates.models import Certificate, Drop
from tests.certificates.drops import pfx
from tests.certificates.repository import import_leaf
from tests.certs import make_ca, make_leaf, rsa_key

pytestmark = pytest.mark.django_db
ADDRESS = "/certificates/drop/"
ROOT = make_ca("Root")


def give(client: Client, *contents: bytes, **fields: str) -> Any:
    files = [SimpleUploadedFile(f"file{number}", content) for number, content in enumerate(contents)]
    return client.post(ADDRESS, {"files": files, **fields})


def plan_address(client: Client, *contents: bytes, **fields: str) -> str:
    answer = give(client, *contents, **fields)
    assert answer.status_code == 302, answer.context["form"].errors
    return str(answer["Location"])


def test_files_and_text_become_a_plan_and_then_certificates(admin_client: Client) -> None:
    first, second = make_leaf("a.test", issuer=ROOT), make_leaf("b.test", issuer=ROOT)
    address = plan_address(admin_client, first.pem, second.pem + first.key_pem, text=second.key_pem.decode())
    page = admin_client.get(address)
    assert page.status_code == 200
    for leaf in (first, second):
        assert leaf.sha256 in page.content.decode()
        assert leaf.key_pem.splitlines()[1] not in page.content
    assert not Certificate.objects.exists()
    answer = admin_client.post(address, {"take": [first.sha256, second.sha256], f"name-{first.sha256}": "shop"})
    assert answer["Location"] == "/certificates/"
    assert set(Certificate.objects.values_list("name", flat=True)) == {"shop", "b.test"}
    assert not Drop.objects.exists()


def test_one_certificate_leads_to_its_page(admin_client: Client) -> None:
    leaf = make_leaf("a.test")
    address = plan_address(admin_client, leaf.pem, leaf.key_pem)
    answer = admin_client.post(address, {"take": leaf.sha256})
    assert answer["Location"] == f"/certificates/{Certificate.objects.get().pk}/"


def test_a_page_that_asked_gets_what_was_imported(admin_client: Client) -> None:
    first, second = make_leaf("a.test", issuer=ROOT), make_leaf("b.test", issuer=ROOT)
    back = "/instances/x/?as=certificate_id"
    content = first.pem + first.key_pem + second.pem + second.key_pem
    address = plan_address(admin_client, content, next=back)
    assert f'name="next" value="{back}"' in admin_client.get(ADDRESS, {"next": back}).content.decode()
    answer = admin_client.post(address, {"take": [first.sha256, second.sha256]})
    made = [Certificate.objects.get(name=name).pk for name in ("a.test", "b.test")]
    assert answer["Location"] == f"{back}&imported={made[0]}&imported={made[1]}"
    again = admin_client.get(plan_address(admin_client, first.pem, next=back)).content.decode()
    assert f'href="/instances/x/?as=certificate_id&amp;imported={made[0]}"' in again


@pytest.mark.parametrize("back", ["//evil.test/", "https://evil.test/", "/\\evil.test/"])
def test_no_page_of_another_host_gets_anything(admin_client: Client, back: str) -> None:
    leaf = make_leaf("a.test")
    address = plan_address(admin_client, leaf.pem, leaf.key_pem, next=back)
    assert "evil" not in address
    answer = admin_client.post(f"{address}?next={back}", {"take": leaf.sha256})
    assert answer["Location"] == f"/certificates/{Certificate.objects.get().pk}/"


def test_a_missing_passphrase_is_asked_for_and_further_ones_too(admin_client: Client) -> None:
    leaf, other = make_leaf("a.test", key=rsa_key()), make_leaf("b.test", key=rsa_key(number=1))
    address = plan_address(admin_client, pfx(leaf, "one"), pfx(other, "two"))
    assert admin_client.get(address).context["form"] is not None
    address = admin_client.post(address, {"action": "passphrase", "passphrase": "one"})["Location"]
    assert len(admin_client.get(address).context["rows"]) == 1
    address = admin_client.post(address, {"action": "passphrase", "passphrase": "two"})["Location"]
    page = admin_client.get(address)
    assert len(page.context["rows"]) == 2
    assert page.context["form"] is None
    assert Drop.objects.count() == 1


def test_discarding_deletes_the_files(admin_client: Client) -> None:
    address = plan_address(admin_client, make_leaf().pem)
    assert admin_client.post(address, {"action": "discard"})["Location"] == ADDRESS
    assert not Drop.objects.exists()
    assert admin_client.get(address).status_code == 404


def test_what_cannot_be_stored_is_said_with_what_was_typed(admin_client: Client) -> None:
    import_leaf(name="shop")
    leaf = make_leaf("a.test")
    address = plan_address(admin_client, leaf.pem, leaf.key_pem)
    answer = admin_client.post(address, {"take": leaf.sha256, f"name-{leaf.sha256}": "shop"})
    assert answer.status_code == 409
    assert 'value="shop"' in answer.content.decode()
    assert admin_client.post(address, {}).status_code == 422
    assert admin_client.post(address, {"take": "nothing"}).status_code == 422
    assert Certificate.objects.count() == 1


def test_a_stored_certificate_links_to_its_page_and_cannot_be_ticked(admin_client: Client) -> None:
    leaf = make_leaf("a.test")
    stored = import_leaf(leaf).certificate
    page = admin_client.get(plan_address(admin_client, leaf.pem)).content.decode()
    assert f'href="/certificates/{stored.pk}/"' in page
    assert "disabled" in page


@pytest.mark.parametrize(
    ("contents", "fields"),
    [
        ((), {}),
        ((b"",), {}),
        ((b"<html>Sign in</html>", b"\x30\x82"), {}),
        ((b"\0" * 1_000_001,), {}),
        ((b"\0" * 999_999,) * 5, {}),
        ((), {"text": "hello"}),
        ((), {"text": "x" * 2_000_001}),
        ((b"x",), {"passphrase": "x" * 1001}),
    ],
)
def test_what_holds_nothing_is_refused_and_not_kept(
    admin_client: Client, contents: tuple[bytes, ...], fields: dict[str, str]
) -> None:
    answer = give(admin_client, *contents, **fields)
    assert answer.status_code == 422
    assert answer.context["form"].errors
    assert not Drop.objects.exists()


def test_a_drop_belongs_to_whoever_gave_it(admin_client: Client, client: Client) -> None:
    address = plan_address(admin_client, make_leaf().pem)
    client.force_login(User.objects.create_superuser("mallory"))
    assert client.get(address).status_code == 404
    assert client.post(address, {"action": "discard"}).status_code == 404
    assert Drop.objects.exists()


def test_one_has_to_be_signed_in(client: Client) -> None:
    for address in (ADDRESS, f"{ADDRESS}drop-0000000000000000/"):
        assert client.get(address)["Location"].startswith("/sign-in/")


def test_other_methods_and_absent_drops(admin_client: Client) -> None:
    assert admin_client.get(ADDRESS).status_code == 200
    assert admin_client.put(ADDRESS).status_code == 405
    assert admin_client.delete(f"{ADDRESS}x/").status_code == 405
    assert admin_client.get(f"{ADDRESS}drop-0000000000000000/").status_code == 404
