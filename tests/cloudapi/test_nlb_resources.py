"""Instances, server groups, policies and tags by the official client of NLB."""

from typing import Any

import pytest
from alibabacloud_nlb20220430 import models
from alibabacloud_nlb20220430.client import Client

from listeners.models import LoadBalancer, ServerGroup
from tests.cloudapi.asking import refusal
from tests.factories import make_listener, make_load_balancer, make_server_group

pytestmark = pytest.mark.django_db


def new_balancer(**given: Any) -> models.CreateLoadBalancerRequest:
    zone = models.CreateLoadBalancerRequestZoneMappings(
        v_switch_id="vsw-1", zone_id="cn-hangzhou-a", private_ipv_4address="127.0.0.1"
    )
    fields = {
        "load_balancer_name": "front",
        "address_type": "Internet",
        "vpc_id": "vpc-1",
        "zone_mappings": [zone],
        "resource_group_id": "rg-1",
        "deletion_protection_config": models.CreateLoadBalancerRequestDeletionProtectionConfig(
            enabled=True, reason="in use"
        ),
        "tag": [models.CreateLoadBalancerRequestTag(key="team", value="shop")],
        **given,
    }
    return models.CreateLoadBalancerRequest(**fields)


def test_created_instance_is_shown_with_all_that_was_said_of_it(nlb: Client) -> None:
    balancer_id = nlb.create_load_balancer(new_balancer()).body.loadbalancer_id
    body = nlb.get_load_balancer_attribute(models.GetLoadBalancerAttributeRequest(load_balancer_id=balancer_id)).body
    assert LoadBalancer.objects.get(pk=balancer_id).bind_address == "127.0.0.1"
    assert (body.load_balancer_name, body.vpc_id, body.address_type) == ("front", "vpc-1", "Internet")
    assert (body.resource_group_id, body.load_balancer_status) == ("rg-1", "Active")
    assert (body.zone_mappings[0].v_switch_id, body.zone_mappings[0].zone_id) == ("vsw-1", "cn-hangzhou-a")
    assert (body.deletion_protection_config.enabled, body.deletion_protection_config.reason) == (True, "in use")
    assert [(tag.tag_key, tag.tag_value) for tag in body.tags] == [("team", "shop")]
    assert body.region_id == "cn-hangzhou"


def test_protected_instance_is_deleted_when_the_protection_is_off(nlb: Client) -> None:
    balancer_id = nlb.create_load_balancer(new_balancer()).body.loadbalancer_id
    delete = models.DeleteLoadBalancerRequest(load_balancer_id=balancer_id)
    assert refusal(nlb.delete_load_balancer, delete) == (400, "OperationDenied.DeletionProtectionEnabled")
    nlb.update_load_balancer_protection(
        models.UpdateLoadBalancerProtectionRequest(
            load_balancer_id=balancer_id,
            deletion_protection_enabled=False,
            modification_protection_status="ConsoleProtection",
            modification_protection_reason="terraform",
        )
    )
    shown = nlb.get_load_balancer_attribute(models.GetLoadBalancerAttributeRequest(load_balancer_id=balancer_id)).body
    assert (shown.deletion_protection_config.enabled, shown.deletion_protection_config.reason) == (False, "")
    assert shown.modification_protection_config.status == "ConsoleProtection"
    nlb.delete_load_balancer(delete)
    assert not LoadBalancer.objects.exists()


def test_instance_is_renamed_and_keeps_what_means_nothing_here(nlb: Client) -> None:
    balancer = make_load_balancer()
    nlb.update_load_balancer_attribute(
        models.UpdateLoadBalancerAttributeRequest(
            load_balancer_id=balancer.pk, load_balancer_name="renamed", cross_zone_enabled=False, cps=7
        )
    )
    change = models.UpdateLoadBalancerAddressTypeConfigRequest(load_balancer_id=balancer.pk, address_type="Intranet")
    nlb.update_load_balancer_address_type_config(change)
    assert refusal(nlb.update_load_balancer_address_type_config, change) == (
        400,
        "OperationDenied.AddressTypeNotChanged",
    )
    body = nlb.get_load_balancer_attribute(models.GetLoadBalancerAttributeRequest(load_balancer_id=balancer.pk)).body
    assert (body.load_balancer_name, body.cross_zone_enabled, body.cps) == ("renamed", False, 7)
    assert body.address_type == "Intranet"


def test_instances_are_listed_by_what_was_said_of_them(nlb: Client) -> None:
    wanted = nlb.create_load_balancer(new_balancer(load_balancer_name="one")).body.loadbalancer_id
    elsewhere = models.CreateLoadBalancerRequestZoneMappings(v_switch_id="vsw-2", zone_id="cn-hangzhou-b")
    two = new_balancer(load_balancer_name="two", vpc_id="vpc-2", tag=None, zone_mappings=[elsewhere])
    nlb.create_load_balancer(two)
    for request in (
        models.ListLoadBalancersRequest(zone_id="cn-hangzhou-a"),
        models.ListLoadBalancersRequest(vpc_ids=["vpc-1"]),
        models.ListLoadBalancersRequest(load_balancer_names=["one"]),
        models.ListLoadBalancersRequest(load_balancer_ids=[wanted]),
        models.ListLoadBalancersRequest(tag=[models.ListLoadBalancersRequestTag(key="team")]),
    ):
        body = nlb.list_load_balancers(request).body
        assert [each.load_balancer_id for each in body.load_balancers] == [wanted]
    assert nlb.list_load_balancers(models.ListLoadBalancersRequest()).body.total_count == 2
    for version, found in (("ipv4", 2), ("DualStack", 0)):  # nobody said either: ipv4 is what is answered
        asked = models.ListLoadBalancersRequest(address_ip_version=version)
        assert nlb.list_load_balancers(asked).body.total_count == found
    assert nlb.list_load_balancers(models.ListLoadBalancersRequest(region_id="cn-beijing")).body.total_count == 0


def new_group(**given: Any) -> models.CreateServerGroupRequest:
    check = models.CreateServerGroupRequestHealthCheckConfig(
        health_check_enabled=True,
        health_check_type="HTTP",
        health_check_url="/health",
        health_check_http_code=["http_2xx", "http_3xx"],
        http_check_method="HEAD",
        health_check_interval=7,
        healthy_threshold=3,
    )
    fields = {
        "server_group_name": "backends",
        "vpc_id": "vpc-1",
        "protocol": "TCP",
        "scheduler": "Wlc",
        "connection_drain_enabled": True,
        "connection_drain_timeout": 0,
        "preserve_client_ip_enabled": False,
        "health_check_config": check,
        "tag": [models.CreateServerGroupRequestTag(key="team", value="shop")],
        **given,
    }
    return models.CreateServerGroupRequest(**fields)


def test_created_server_group_is_listed_as_it_was_asked_for(nlb: Client) -> None:
    group_id = nlb.create_server_group(new_group()).body.server_group_id
    body = nlb.list_server_groups(models.ListServerGroupsRequest(server_group_names=["backends"])).body
    group = body.server_groups[0]
    assert (group.server_group_id, group.protocol, group.scheduler, group.vpc_id) == (group_id, "TCP", "Wlc", "vpc-1")
    assert (group.connection_drain_enabled, group.connection_drain_timeout) == (True, 0)
    check = group.health_check
    assert (check.health_check_type, check.health_check_url, check.http_check_method) == ("HTTP", "/health", "HEAD")
    assert (check.health_check_interval, check.healthy_threshold) == (7, 3)
    assert check.health_check_http_code == ["http_2xx", "http_3xx"]
    assert [(tag.key, tag.value) for tag in group.tags] == [("team", "shop")]


def test_server_group_is_changed_and_deleted(nlb: Client) -> None:
    group_id = nlb.create_server_group(new_group()).body.server_group_id
    check = models.UpdateServerGroupAttributeRequestHealthCheckConfig(health_check_type="TCP", health_check_url="/x")
    nlb.update_server_group_attribute(
        models.UpdateServerGroupAttributeRequest(
            server_group_id=group_id,
            server_group_name="others",
            scheduler="sch",
            connection_drain_enabled=False,
            health_check_config=check,
        )
    )
    group = ServerGroup.objects.get(pk=group_id)
    assert (group.name, group.scheduler, group.connection_drain_seconds) == ("others", "sch", None)
    assert group.health_check_protocol == "TCP"
    nlb.delete_server_group(models.DeleteServerGroupRequest(server_group_id=group_id))
    assert not ServerGroup.objects.exists()


def test_server_group_in_use_is_not_deleted(nlb: Client) -> None:
    request = models.DeleteServerGroupRequest(server_group_id=make_listener().server_group_id)
    assert refusal(nlb.delete_server_group, request) == (400, "ResourceInUse.ServerGroup")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"server_group_name": "1"}, "IllegalParam.ServerGroupName"),
        ({"scheduler": "qch"}, "OperationDenied.UidNotAllowQuic29"),
        ({"any_port_enabled": True}, "IllegalParam.AnyPortEnabled"),
        ({"connection_drain_timeout": 30}, "IllegalParam.ConnectionDrainTimeout"),
        ({"protocol": "HTTP"}, "IllegalParam.Protocol"),
        (
            {"health_check_config": models.CreateServerGroupRequestHealthCheckConfig(health_check_type="UDP")},
            "IllegalParam.HealthCheckType",
        ),
    ],
)
def test_wrong_server_group_is_refused(nlb: Client, given: dict[str, Any], expected: str) -> None:
    assert refusal(nlb.create_server_group, new_group(**given)) == (400, expected)


def test_servers_are_added_changed_listed_and_removed(nlb: Client) -> None:
    group = make_server_group("127.0.0.9")
    server = models.AddServersToServerGroupRequestServers(
        server_id="i-1", server_type="Ecs", server_ip="127.0.0.2", port=80, weight=50, description="first"
    )
    add = models.AddServersToServerGroupRequest(server_group_id=group.pk, servers=[server])
    nlb.add_servers_to_server_group(add)
    assert refusal(nlb.add_servers_to_server_group, add) == (400, "DuplicatedParam.Server")
    changed = models.UpdateServerGroupServersAttributeRequestServers(
        server_id="i-1", server_type="Ecs", port=80, weight=10
    )
    nlb.update_server_group_servers_attribute(
        models.UpdateServerGroupServersAttributeRequest(server_group_id=group.pk, servers=[changed])
    )
    request = models.ListServerGroupServersRequest(server_group_id=group.pk, server_ids=["i-1"])
    listed = nlb.list_server_group_servers(request).body.servers
    assert [(each.server_id, each.server_type, each.server_ip, each.port, each.weight) for each in listed] == [
        ("i-1", "Ecs", "127.0.0.2", 80, 10)
    ]
    gone = models.RemoveServersFromServerGroupRequestServers(server_id="i-1", server_type="Ecs", port=80)
    remove = models.RemoveServersFromServerGroupRequest(server_group_id=group.pk, servers=[gone])
    nlb.remove_servers_from_server_group(remove)
    assert refusal(nlb.remove_servers_from_server_group, remove) == (404, "ResourceNotFound.BackendServer")
    assert [server.address for server in group.servers.all()] == ["127.0.0.9"]


def test_security_policy_is_created_listed_changed_and_deleted(nlb: Client) -> None:
    policy_id = nlb.create_security_policy(
        models.CreateSecurityPolicyRequest(
            security_policy_name="strict",
            tls_versions=["TLSv1.2"],
            ciphers=["ECDHE-RSA-AES128-GCM-SHA256"],
            tag=[models.CreateSecurityPolicyRequestTag(key="team", value="shop")],
        )
    ).body.security_policy_id
    nlb.update_security_policy_attribute(
        models.UpdateSecurityPolicyAttributeRequest(security_policy_id=policy_id, security_policy_name="stricter")
    )
    listener = make_listener(security_policy=policy_id)
    tag = models.ListSecurityPolicyRequestTag(key="team", value="shop")
    policy = nlb.list_security_policy(models.ListSecurityPolicyRequest(tag=[tag])).body.security_policies[0]
    assert (policy.security_policy_id, policy.security_policy_name) == (policy_id, "stricter")
    assert (policy.tls_version, policy.ciphers) == ("TLSv1.2", "ECDHE-RSA-AES128-GCM-SHA256")
    assert policy.related_listeners[0].listener_id == f"{listener.pk}@{listener.port}"
    delete = models.DeleteSecurityPolicyRequest(security_policy_id=policy_id)
    assert refusal(nlb.delete_security_policy, delete) == (400, "ResourceInUse.SecurityPolicy")
    listener.delete()
    nlb.delete_security_policy(delete)
    assert refusal(nlb.delete_security_policy, delete) == (404, "ResourceNotFound.securitypolicy")


def test_system_policies_are_listed(nlb: Client) -> None:
    policies = nlb.list_system_security_policy(models.ListSystemSecurityPolicyRequest()).body.security_policies
    assert policies[0].security_policy_id == "tls_cipher_policy_1_0"
    assert len(policies) == 5


@pytest.mark.parametrize("kind", ["loadbalancer", "listener", "servergroup", "securitypolicy"])
def test_resources_are_tagged_and_untagged(nlb: Client, kind: str) -> None:
    listener = make_listener()
    policy = nlb.create_security_policy(
        models.CreateSecurityPolicyRequest(tls_versions=["TLSv1.2"], ciphers=["ECDHE-RSA-AES128-GCM-SHA256"])
    ).body.security_policy_id
    resource = {
        "loadbalancer": listener.load_balancer_id,
        "listener": f"{listener.pk}@{listener.port}",
        "servergroup": listener.server_group_id,
        "securitypolicy": policy,
    }[kind]
    tags = [models.TagResourcesRequestTag(key=key, value="x") for key in ("a", "b")]
    nlb.tag_resources(models.TagResourcesRequest(resource_type=kind, resource_id=[resource], tag=tags))
    nlb.untag_resources(models.UntagResourcesRequest(resource_type=kind, resource_id=[resource], tag_key=["a"]))
    ask = models.ListTagResourcesRequest(resource_type=kind, resource_id=[resource])
    listed = nlb.list_tag_resources(ask).body.tag_resources
    assert [(each.resource_id, each.tag_key, each.tag_value) for each in listed] == [(resource, "b", "x")]
    nlb.untag_resources(models.UntagResourcesRequest(resource_type=kind, resource_id=[resource], all=True))
    assert nlb.list_tag_resources(ask).body.tag_resources == []


def test_resources_of_another_region_or_product_are_not_reached(nlb: Client) -> None:
    far, classic = make_load_balancer(region="cn-beijing"), make_load_balancer(product="ALB", edition="Standard")
    group = make_server_group()
    for balancer, region in ((far, "cn-hangzhou"), (classic, None)):
        tag = models.TagResourcesRequest(
            region_id=region,
            resource_type="loadbalancer",
            resource_id=[balancer.pk],
            tag=[models.TagResourcesRequestTag(key="a", value="b")],
        )
        assert refusal(nlb.tag_resources, tag) == (404, "ResourceNotFound.loadBalancer")
        listener = models.CreateListenerRequest(
            region_id=region,
            load_balancer_id=balancer.pk,
            listener_protocol="TCP",
            listener_port=7000,
            server_group_id=group.pk,
        )
        assert refusal(nlb.create_listener, listener) == (404, "ResourceNotFound.loadBalancer")
    nowhere = new_balancer(region_id="<b>")
    assert refusal(nlb.create_load_balancer, nowhere) == (404, "InvalidRegionId.NotFound")


def test_unknown_job_is_not_found(nlb: Client) -> None:
    request = models.GetJobStatusRequest(job_id="7ae1c5a2-0000-4000-8000-000000000000")
    assert refusal(nlb.get_job_status, request) == (404, "ResourceNotFound.JobId")
