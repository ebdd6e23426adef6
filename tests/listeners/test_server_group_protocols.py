"""The pages and the REST resource of server groups for every protocol."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from certificates.models import Certificate
from certificates.usage import usages_of
from console.errors import ConflictError, DomainError, InvalidInputError
from listeners import services
from listeners.limits import set_quota
from listeners.models import ForwardingRule, Listener, RuleServerGroup, ServerGroup
from listeners.services import ServerSpec
from tests import factories
from tests.factories import OPERATOR
from tests.listeners.conftest import Call
from tests.listeners.pages import opened

pytestmark = pytest.mark.django_db

FIGURES = {
    "health_check_enabled": "on",
    "health_check_port": "0",
    "health_check_interval_seconds": "2",
    "health_check_timeout_seconds": "5",
    "healthy_threshold": "3",
    "unhealthy_threshold": "3",
    "servers-TOTAL_FORMS": "1",
    "servers-INITIAL_FORMS": "0",
    "servers-0-address": "web.example.com",
    "servers-0-port": "443",
    "servers-0-weight": "100",
}
HTTP = FIGURES | {"protocol": "HTTP", "scheduler": "wrr", "health_check_protocol": "HTTP", "health_check_path": "/up"}
# What only some protocols' forms ask for.
SPECIAL = {
    "hash_parameter": {"HTTP", "HTTPS", "gRPC"},
    "stickiness": {"HTTP", "HTTPS", "gRPC"},
    "slow_start_seconds": {"HTTP", "HTTPS", "gRPC"},
    "connection_drain_seconds": {"TCP", "TCP_UDP"},
    "verification": {"HTTPS"},
    "server_name": {"HTTPS"},
}


def create(client: Client, **values: Any) -> Any:
    return client.post(reverse("server-group-create"), HTTP | {"name": "web"} | values)


@pytest.mark.parametrize("protocol", ServerGroup.Protocol.values)
def test_the_form_asks_for_what_the_protocol_has(admin_client: Client, protocol: str) -> None:
    page = admin_client.get(reverse("server-group-create"), {"protocol": protocol})
    asked = {name for name in SPECIAL if f'name="{name}"' in page.text}
    assert asked == {name for name, protocols in SPECIAL.items() if protocol in protocols}
    assert f'name="protocol" value="{protocol}"' in page.text


def test_another_protocol_is_chosen_without_losing_the_name_and_the_servers(admin_client: Client) -> None:
    page = create(admin_client, name="typed", go="protocol:HTTPS")
    assert page.status_code == 200
    assert 'value="typed"' in page.text
    assert 'value="web.example.com"' in page.text
    assert 'name="verification"' in page.text
    assert not ServerGroup.objects.exists()


def test_a_group_of_requests_is_created_with_what_was_typed(admin_client: Client) -> None:
    answer = create(
        admin_client, stickiness="server", cookie="JSESSIONID", slow_start_seconds="60", health_check_codes=["http_3xx"]
    )
    group = ServerGroup.objects.get()
    assert answer["Location"] == reverse("server-group-detail", args=[group.pk])
    assert (group.protocol, group.stickiness, group.cookie) == ("HTTP", "server", "JSESSIONID")
    assert (group.slow_start_seconds, group.health_check_path, group.health_check_codes) == (60, "/up", ["http_3xx"])
    page = admin_client.get(answer["Location"]).text
    assert "Cookie JSESSIONID of the servers" in page
    assert "HEAD /up" in page


def test_what_scripts_hide_is_left_alone(admin_client: Client) -> None:
    create(admin_client, hash_parameter="user", cookie="A", health_check_protocol="TCP")
    group = ServerGroup.objects.get()
    assert (group.hash_parameter, group.cookie, group.health_check_path) == ("", "", "/")


def test_what_does_not_go_together_is_refused_at_its_field(admin_client: Client) -> None:
    page = create(admin_client, scheduler="wlc", slow_start_seconds="60")
    assert page.status_code == 422
    assert "wrr" in page.context["form"].errors["slow_start_seconds"][0]


def test_servers_are_verified_by_the_certificate_that_is_picked(admin_client: Client) -> None:
    authority = factories.make_ca_certificate()
    tls = {"protocol": "HTTPS", "health_check_protocol": "HTTPS", "verification": "own"}
    missing = create(admin_client, **tls)
    assert missing.context["form"].errors["ca_certificate_id"]
    assert authority.name in missing.text
    create(admin_client, **tls, ca_certificate_id=authority.pk)
    group = ServerGroup.objects.get()
    assert (group.verify_servers, group.ca_certificate) == (True, authority)
    page = admin_client.get(reverse("server-group-edit", args=[group.pk]))
    assert page.context["form"].initial["verification"] == "own"
    tls |= {"name": "web", "verification": "public", "ca_certificate_id": authority.pk}
    admin_client.post(reverse("server-group-edit", args=[group.pk]), HTTP | tls | opened(page))
    group.refresh_from_db()
    assert (group.verify_servers, group.ca_certificate) == (True, None)


def test_a_public_verification_of_addresses_asks_for_a_name(admin_client: Client) -> None:
    tls = {"protocol": "HTTPS", "health_check_protocol": "HTTPS", "verification": "public"}
    page = create(admin_client, **tls, **{"servers-0-address": "192.0.2.1"})
    assert page.context["form"].errors["server_name"]


def test_a_ca_certificate_that_verifies_servers_is_in_use() -> None:
    authority = factories.make_ca_certificate()
    group = _tls_group(authority)
    usage = usages_of([authority.pk])[authority.pk][0]
    assert usage.url == reverse("server-group-detail", args=[group.pk])
    assert usage.label == group.name


def _tls_group(authority: Certificate) -> ServerGroup:
    return factories.make_server_group(protocol="HTTPS", verify_servers=True, ca_certificate_id=authority.pk)


def test_only_a_ca_certificate_verifies_servers() -> None:
    with pytest.raises(DomainError) as caught:
        _tls_group(factories.make_server_certificate())
    assert caught.value.field == "ca_certificate_id"


def test_a_rule_keeps_its_group_and_is_named(admin_client: Client) -> None:
    listener, group = factories.make_listener(name="shop"), factories.make_server_group(protocol="HTTP")
    rule = ForwardingRule.objects.create(listener=listener, name="pictures", priority=1)
    RuleServerGroup.objects.create(rule=rule, server_group=group)
    with pytest.raises(ConflictError) as caught:
        services.delete_server_group(OPERATOR, group.pk)
    assert "shop" in str(caught.value)
    assert "pictures" in str(caught.value)
    assert "pictures" in admin_client.get(reverse("server-group-detail", args=[group.pk])).text
    assert "pictures" in admin_client.get(reverse("server-group-delete", args=[group.pk])).text
    assert "1 rule" in admin_client.get(reverse("server-group-list")).text


def test_the_protocol_is_for_life() -> None:
    group = factories.make_server_group()
    with pytest.raises(ConflictError) as caught:
        services.update_server_group(OPERATOR, group.pk, protocol="HTTP")
    assert caught.value.code == "server-group.protocol-fixed"
    services.update_server_group(OPERATOR, group.pk, protocol="TCP")


def test_each_family_has_limits_of_its_own() -> None:
    set_quota(OPERATOR, "alb_quota_servergroups_num", 1)
    set_quota(OPERATOR, "alb_quota_servergroup_servers_num", 1)
    factories.make_server_group(protocol="HTTP")
    factories.make_server_group("192.0.2.1", "192.0.2.2", protocol="TCP")
    with pytest.raises(ConflictError):
        factories.make_server_group(protocol="gRPC")
    set_quota(OPERATOR, "alb_quota_servergroups_num", 2)
    with pytest.raises(ConflictError) as caught:
        factories.make_server_group("192.0.2.1", "192.0.2.2", protocol="gRPC")
    assert caught.value.field == "servers"


def test_a_change_of_servers_is_judged_with_what_is_stored() -> None:
    servers = [ServerSpec("a.example.com", 443)]
    group = factories.make_server_group(protocol="HTTPS", verify_servers=True, servers=servers)
    with pytest.raises(InvalidInputError) as caught:
        services.update_server_group(OPERATOR, group.pk, servers=[ServerSpec("192.0.2.1", 443)])
    assert caught.value.code == "server-group.server-name-missing"
    services.update_server_group(
        OPERATOR, group.pk, servers=[ServerSpec("192.0.2.1", 443)], server_name="a.example.com"
    )


def test_rest_takes_and_answers_every_setting(rest: Call) -> None:
    sent = {
        "name": "api",
        "protocol": "gRPC",
        "scheduler": "uch",
        "hash_parameter": "user",
        "servers": [{"address": "web.example.com", "port": 50_051}],
    }
    created = rest("POST", "/server-groups", sent)
    assert created.status_code == 201
    body = created.json()
    assert {name: body[name] for name in sent if name != "servers"} == {
        key: sent[key] for key in sent if key != "servers"
    }
    assert (body["health_check_protocol"], body["health_check_interval_seconds"]) == ("gRPC", 2)
    assert body["servers"][0]["address"] == "web.example.com"


def test_rest_says_the_same_as_the_pages(rest: Call, admin_client: Client) -> None:
    sent = {"name": "web", "protocol": "HTTP", "scheduler": "wlc", "slow_start_seconds": 60}
    answer = rest("POST", "/server-groups", sent)
    page = create(admin_client, scheduler="wlc", slow_start_seconds="60")
    body = answer.json()
    assert answer.status_code == 422
    assert body["code"] == "server-group.slow-start-without-wrr"
    assert body["detail"] in str(page.context["form"].errors["slow_start_seconds"])


def test_slow_start_is_refused_where_the_edition_has_none_from_either_side() -> None:
    slow, listener = factories.make_server_group(protocol="HTTP", slow_start_seconds=30), _basic_listener()
    with pytest.raises(InvalidInputError) as caught:
        services.update_listener(OPERATOR, listener.pk, server_group_id=slow.pk)
    assert "Standard" in caught.value.way_out
    with pytest.raises(InvalidInputError) as caught:
        services.update_server_group(OPERATOR, str(listener.server_group_id), slow_start_seconds=30)
    assert caught.value.field == "slow_start_seconds"


def _basic_listener() -> Listener:
    return factories.make_listener(product="ALB", edition="Basic", protocol="HTTP")
