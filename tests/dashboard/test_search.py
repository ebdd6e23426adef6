"""The search over everything."""

import pytest
from django.test import Client

from tests.certificates.pages import stored
from tests.certs import make_leaf
from tests.factories import make_listener, make_load_balancer, make_server_group

pytestmark = pytest.mark.django_db


def search(client: Client, query: str) -> str:
    answer = client.get("/search/", {"q": query})
    assert answer.status_code == 200
    return answer.content.decode()


def test_signed_out_one_is_asked_to_sign_in(client: Client) -> None:
    assert client.get("/search/?q=x")["Location"].startswith("/sign-in/?next=/search/")


def test_a_certificate_is_found_by_fingerprint_and_serial(admin_client: Client) -> None:
    issued = make_leaf("found.test")
    certificate = stored(issued=issued, name="wanted")
    for query in (issued.sha256, f"{issued.certificate.serial_number:x}"):
        assert f"/certificates/{certificate.pk}/" in search(admin_client, query)


def test_a_listener_is_found_by_port_and_id(admin_client: Client) -> None:
    listener = make_listener(port=20443)
    for query in ("20443", listener.pk):
        assert f"/listeners/{listener.pk}/" in search(admin_client, query)


def test_an_instance_is_found_by_name_and_address(admin_client: Client) -> None:
    balancer = make_load_balancer(name="public-eu", bind_address="127.0.0.9")
    for query in ("PUBLIC", "127.0.0.9"):
        assert f"/instances/{balancer.pk}/" in search(admin_client, query)


def test_a_server_group_is_found_by_name_and_server(admin_client: Client) -> None:
    group = make_server_group("10.9.8.7", name="web-servers")
    for query in ("web-ser", "10.9.8.7"):
        assert f"/server-groups/{group.pk}/" in search(admin_client, query)


@pytest.mark.parametrize(
    "query", ["nothing-like-this", "\0", "99999999999999999999", "²", "%", "'; --", "x" * 9000, "☃"]
)
def test_any_query_is_answered(admin_client: Client, query: str) -> None:
    search(admin_client, query)


def test_nothing_found_says_what_can_be_found(admin_client: Client) -> None:
    assert "Nothing found" in search(admin_client, "nothing-like-this")
    assert "What are you looking for?" in search(admin_client, " ")


def test_other_methods_are_refused(admin_client: Client) -> None:
    assert admin_client.post("/search/").status_code == 405
