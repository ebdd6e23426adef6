"""Pages take a fixed, small number of queries, however much there is to show."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from listeners import services
from listeners.models import Listener
from tests import factories
from tests.factories import OPERATOR
from tests.listeners.pages import SETTINGS, Wizard

pytestmark = pytest.mark.django_db
MOST = 12


@pytest.fixture
def listener() -> Listener:
    balancer, group = factories.make_load_balancer(), factories.make_server_group("10.0.0.1", "10.0.0.2", "10.0.0.3")
    made = [factories.make_listener(load_balancer_id=balancer.pk, server_group_id=group.pk) for _ in range(4)]
    extra = [factories.make_server_certificate(f"{n}.test").pk for n in range(6)]
    services.add_additional_certificates(OPERATOR, made[0].pk, certificate_ids=extra)
    return made[0]


def _queries(client: Client, url: str) -> int:
    # The session and the user are read for any page.
    with CaptureQueriesContext(connection) as captured:
        assert client.get(url).status_code == 200
    return len(captured)


@pytest.mark.parametrize(
    "name", ["listener-detail", "listener-live", "listener-certificates", "listener-edit", "listener-additional-add"]
)
def test_a_listener_page_takes_few_queries(admin_client: Client, listener: Listener, name: str) -> None:
    assert _queries(admin_client, reverse(name, args=[listener.pk])) <= MOST


@pytest.mark.parametrize("name", ["load-balancer-list", "server-group-list"])
def test_a_list_takes_few_queries(admin_client: Client, listener: Listener, name: str) -> None:
    assert _queries(admin_client, reverse(name)) <= MOST


def test_an_instance_and_a_server_group_take_few_queries(admin_client: Client, listener: Listener) -> None:
    assert _queries(admin_client, reverse("load-balancer-detail", args=[listener.load_balancer_id])) <= MOST
    assert _queries(admin_client, reverse("server-group-detail", args=[listener.server_group_id])) <= MOST


def test_the_widest_step_of_the_wizard_takes_few_queries(admin_client: Client, listener: Listener) -> None:
    wizard = Wizard(admin_client, listener.load_balancer)
    wizard.send("listener", port="8443", **SETTINGS)
    assert _queries(admin_client, wizard.url("certificate")) <= MOST + 6  # three searches, each with its names
