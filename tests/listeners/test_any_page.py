"""What every page of this layer answers, whoever asks whatever."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests import factories

pytestmark = pytest.mark.django_db

LOAD_BALANCER_PAGES = ("detail", "info", "changes", "edit", "delete")
LISTENER_PAGES = (
    "listener-detail",
    "listener-live",
    "listener-changes",
    "listener-edit",
    "listener-start",
    "listener-stop",
    "listener-delete",
    "listener-certificates",
    "listener-default-change",
    "listener-additional-add",
    "listener-additional-remove",
    "listener-ca",
    "listener-ca-change",
    "listener-mutual-authentication",
)
SERVER_GROUP_PAGES = ("detail", "live", "edit", "delete")
NAMES = (
    *(f"load-balancer-{page}" for page in LOAD_BALANCER_PAGES),
    *LISTENER_PAGES,
    *(f"server-group-{page}" for page in SERVER_GROUP_PAGES),
)
LISTS = ("listener-list", "load-balancer-list", "load-balancer-create", "server-group-list", "server-group-create")


def _object_id(name: str) -> str:
    listener = factories.make_listener()
    if name.startswith("load-balancer"):
        return listener.load_balancer_id
    return factories.group_of(listener).pk if name.startswith("server-group") else listener.pk


@pytest.mark.parametrize("name", NAMES)
def test_a_page_shows_its_object(admin_client: Client, name: str) -> None:
    assert admin_client.get(reverse(name, args=[_object_id(name)])).status_code == 200


@pytest.mark.parametrize("name", LISTS)
def test_a_list_and_a_form_are_shown(admin_client: Client, name: str) -> None:
    assert admin_client.get(reverse(name)).status_code == 200


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("absent", ["lsn-0000000000000000", "%00", "é"])
def test_an_absent_object_is_not_found(admin_client: Client, name: str, absent: str) -> None:
    url = reverse(name, args=["ABSENT"]).replace("ABSENT", absent)
    assert admin_client.get(url).status_code == 404


@pytest.mark.parametrize("name", NAMES)
def test_a_visitor_is_sent_to_sign_in(client: Client, name: str) -> None:
    answer = client.get(reverse(name, args=["lsn-0000000000000000"]))
    assert answer.status_code == 302
    assert answer["Location"].startswith(reverse("sign-in"))


@pytest.mark.parametrize("name", [*LISTS, *NAMES])
def test_a_method_that_means_nothing_is_refused(admin_client: Client, name: str) -> None:
    url = reverse(name) if name in LISTS else reverse(name, args=[_object_id(name)])
    assert admin_client.put(url).status_code == 405


@pytest.mark.parametrize("name", ["load-balancer-list", "server-group-list"])
@pytest.mark.parametrize("query", ["q=%00", "q=%27", "cursor=%00", "cursor=WyJmIl0", "cursor=garbage"])
def test_an_odd_query_is_answered(admin_client: Client, name: str, query: str) -> None:
    assert admin_client.get(f"{reverse(name)}?{query}").status_code in {200, 422}


def test_pages_work_under_a_strict_policy_and_carry_no_inline_code(admin_client: Client) -> None:
    answer = admin_client.get(reverse("listener-detail", args=[factories.make_listener().pk]))
    assert "default-src 'self'" in answer["Content-Security-Policy"]
    assert " style=" not in answer.text
    assert " onclick=" not in answer.text
    assert "<script>" not in answer.text


@pytest.mark.parametrize("field", ["certificate_ids", "ca_certificate_id", "server_group_id"])
def test_a_choice_that_can_be_no_id_is_never_looked_up(admin_client: Client, field: str) -> None:
    with CaptureQueriesContext(connection) as queries:
        answer = admin_client.get(reverse("listener-choices", args=[field]), {field: ["\0", "odd id"]})
    assert answer.status_code == 200
    assert not any("\0" in query["sql"] or "odd id" in query["sql"] for query in queries)
