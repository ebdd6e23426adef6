"""Instances, server groups, policies and tags by the official client of ALB."""

from typing import Any

import pytest
from alibabacloud_alb20200616 import models
from alibabacloud_alb20200616.client import Client

from listeners.models import LoadBalancer, ServerGroup
from tests.cloudapi.asking import refusal
from tests.factories import make_listener, make_load_balancer, make_server_group

pytestmark = pytest.mark.django_db


def new_balancer(**given: Any) -> models.CreateLoadBalancerRequest:
    fields = {
        "LoadBalancerName": "front",
        "LoadBalancerEdition": "Basic",
        "AddressType": "Intranet",
        "VpcId": "vpc-1",
        "ZoneMappings": [{"VSwitchId": "vsw-1", "ZoneId": "a", "IntranetAddress": "127.0.0.1"}],
        "LoadBalancerBillingConfig": {"PayType": "PostPay"},
        "ResourceGroupId": "rg-1",
        "Tag": [{"Key": "team", "Value": "shop"}],
        **given,
    }
    return models.CreateLoadBalancerRequest().from_map(fields)


def shown(alb: Client, balancer_id: str) -> Any:
    return alb.get_load_balancer_attribute(models.GetLoadBalancerAttributeRequest(load_balancer_id=balancer_id)).body


def test_created_instance_is_shown_with_all_that_was_said_of_it(alb: Client) -> None:
    balancer_id = alb.create_load_balancer(new_balancer()).body.load_balancer_id
    body = shown(alb, balancer_id)
    assert balancer_id.startswith("alb-")
    assert LoadBalancer.objects.get(pk=balancer_id).bind_address == "127.0.0.1"
    assert (body.load_balancer_name, body.load_balancer_edition, body.vpc_id) == ("front", "Basic", "vpc-1")
    assert (body.address_type, body.resource_group_id) == ("Intranet", "rg-1")
    assert body.zone_mappings[0].load_balancer_addresses[0].intranet_address == "127.0.0.1"
    assert [(tag.key, tag.value) for tag in body.tags] == [("team", "shop")]


def test_instance_is_renamed_upgraded_protected_and_deleted(alb: Client) -> None:
    balancer_id = alb.create_load_balancer(new_balancer()).body.load_balancer_id
    config = models.UpdateLoadBalancerAttributeRequestModificationProtectionConfig(
        status="ConsoleProtection", reason="terraform"
    )
    alb.update_load_balancer_attribute(
        models.UpdateLoadBalancerAttributeRequest(
            load_balancer_id=balancer_id, load_balancer_name="renamed", modification_protection_config=config
        )
    )
    upgrade = models.UpdateLoadBalancerEditionRequest(load_balancer_id=balancer_id, load_balancer_edition="Standard")
    alb.update_load_balancer_edition(upgrade)
    assert refusal(alb.update_load_balancer_edition, upgrade) == (400, "OperationDenied.EditionNotChanged")
    upgrade.load_balancer_edition = "Basic"
    assert refusal(alb.update_load_balancer_edition, upgrade) == (400, "OperationDenied.Downgrade")
    body = shown(alb, balancer_id)
    assert (body.load_balancer_name, body.load_balancer_edition) == ("renamed", "Standard")
    assert body.modification_protection_config.reason == "terraform"
    alb.enable_deletion_protection(models.EnableDeletionProtectionRequest(resource_id=balancer_id))
    delete = models.DeleteLoadBalancerRequest(load_balancer_id=balancer_id)
    assert refusal(alb.delete_load_balancer, delete) == (400, "OperationDenied.DeletionProtectionEnabled")
    alb.disable_deletion_protection(models.DisableDeletionProtectionRequest(resource_id=balancer_id))
    alb.delete_load_balancer(delete)
    assert not LoadBalancer.objects.exists()


def test_instances_are_listed_by_what_was_said_of_them(alb: Client) -> None:
    wanted = alb.create_load_balancer(new_balancer(LoadBalancerName="one")).body.load_balancer_id
    alb.create_load_balancer(new_balancer(LoadBalancerName="two", VpcId="vpc-2", Tag=None))
    make_load_balancer()
    for request in (
        models.ListLoadBalancersRequest(vpc_ids=["vpc-1"]),
        models.ListLoadBalancersRequest(load_balancer_names=["one"]),
        models.ListLoadBalancersRequest(load_balancer_ids=[wanted]),
        models.ListLoadBalancersRequest(tag=[models.ListLoadBalancersRequestTag(key="team", value="shop")]),
    ):
        found = alb.list_load_balancers(request).body.load_balancers
        assert [each.load_balancer_id for each in found] == [wanted]
    assert alb.list_load_balancers(models.ListLoadBalancersRequest()).body.total_count == 2


def new_group(**given: Any) -> models.CreateServerGroupRequest:
    check = {
        "HealthCheckEnabled": True,
        "HealthCheckProtocol": "HTTP",
        "HealthCheckPath": "/health",
        "HealthCheckCodes": ["http_2xx", "http_3xx"],
        "HealthCheckMethod": "GET",
        "HealthCheckInterval": 7,
    }
    fields = {
        "ServerGroupName": "backends",
        "VpcId": "vpc-1",
        "Scheduler": "Wrr",
        "HealthCheckConfig": check,
        "StickySessionConfig": {
            "StickySessionEnabled": True,
            "StickySessionType": "Server",
            "Cookie": "session",
        },
        "SlowStartConfig": {"SlowStartEnabled": True, "SlowStartDuration": 60},
        "Tag": [{"Key": "team", "Value": "shop"}],
        **given,
    }
    return models.CreateServerGroupRequest().from_map(fields)


def test_created_server_group_is_listed_as_it_was_asked_for(alb: Client) -> None:
    group_id = alb.create_server_group(new_group()).body.server_group_id
    group = alb.list_server_groups(models.ListServerGroupsRequest(vpc_id="vpc-1")).body.server_groups[0]
    assert (group.server_group_id, group.protocol, group.scheduler) == (group_id, "HTTP", "Wrr")
    check = group.health_check_config
    assert (check.health_check_path, check.health_check_method, check.health_check_interval) == ("/health", "GET", 7)
    assert check.health_check_codes == ["http_2xx", "http_3xx"]
    sticky = group.sticky_session_config
    assert (sticky.sticky_session_enabled, sticky.sticky_session_type, sticky.cookie) == (True, "Server", "session")
    assert (group.slow_start_config.slow_start_enabled, group.slow_start_config.slow_start_duration) == (True, 60)
    assert [(tag.key, tag.value) for tag in group.tags] == [("team", "shop")]


def test_server_group_is_changed_and_deleted(alb: Client) -> None:
    group_id = alb.create_server_group(new_group(SlowStartConfig=None)).body.server_group_id
    change = {
        "ServerGroupId": group_id,
        "ServerGroupName": "others",
        "Scheduler": "Sch",
        "UchConfig": {"Type": "QueryString", "Value": "user"},
        "StickySessionConfig": {"StickySessionEnabled": False},
        "HealthCheckConfig": {"HealthCheckEnabled": False},
    }
    alb.update_server_group_attribute(models.UpdateServerGroupAttributeRequest().from_map(change))
    group = ServerGroup.objects.get(pk=group_id)
    assert (group.name, group.scheduler, group.hash_parameter, group.stickiness) == ("others", "uch", "user", "")
    assert group.health_check_enabled is False
    alb.delete_server_group(models.DeleteServerGroupRequest(server_group_id=group_id))
    assert not ServerGroup.objects.exists()


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"ServerGroupType": "Fc"}, "UnsupportedFeature.FcServerGroup"),
        ({"ConnectionDrainConfig": {"ConnectionDrainEnabled": True}}, "UnsupportedFeature.ConnectionDrain"),
        ({"HealthCheckConfig": {}}, "MissingParameter.HealthCheckConfig"),
        ({"HealthCheckConfig": {"HealthCheckPath": "/"}}, "MissingParameter.HealthCheckConfig.HealthCheckEnabled"),
        ({"Protocol": "TCP"}, "InvalidParameter.Protocol"),
    ],
)
def test_wrong_server_group_is_refused(alb: Client, given: dict[str, Any], expected: str) -> None:
    assert refusal(alb.create_server_group, new_group(**given)) == (400, expected)


def test_server_group_in_use_is_not_deleted(alb: Client) -> None:
    group_id = make_listener(product="ALB", protocol="HTTP").server_group_id
    request = models.DeleteServerGroupRequest(server_group_id=group_id)
    assert refusal(alb.delete_server_group, request) == (400, "ResourceInUse.ServerGroup")
    groups = alb.list_server_groups(models.ListServerGroupsRequest()).body.server_groups
    assert len(groups[0].related_load_balancer_ids) == 1


def server(server_id: str, port: int, **given: Any) -> dict[str, Any]:
    return {"ServerId": server_id, "ServerType": "Ip", "Port": port, **given}


def test_servers_are_added_changed_replaced_listed_and_removed(alb: Client) -> None:
    group = make_server_group("127.0.0.9", protocol="HTTP")

    def request(kind: str, **servers: list[dict[str, Any]]) -> Any:
        return getattr(models, f"{kind}Request")().from_map({"ServerGroupId": group.pk, **servers})

    add = request("AddServersToServerGroup", Servers=[server("127.0.0.2", 80, Weight=50)])
    alb.add_servers_to_server_group(add)
    assert refusal(alb.add_servers_to_server_group, add) == (400, "Conflict.BackendServer")
    change = request("UpdateServerGroupServersAttribute", Servers=[server("127.0.0.2", 80, Weight=7)])
    alb.update_server_group_servers_attribute(change)
    swap = request(
        "ReplaceServersInServerGroup",
        AddedServers=[server("127.0.0.3", 81)],
        RemovedServers=[server("127.0.0.9", 9000)],
    )
    alb.replace_servers_in_server_group(swap)
    listing = models.ListServerGroupServersRequest(server_group_id=group.pk)
    found = alb.list_server_group_servers(listing).body.servers
    assert [(each.server_ip, each.port, each.weight) for each in found] == [
        ("127.0.0.2", 80, 7),
        ("127.0.0.3", 81, 100),
    ]
    remove = request("RemoveServersFromServerGroup", Servers=[server("127.0.0.3", 81)])
    alb.remove_servers_from_server_group(remove)
    assert refusal(alb.remove_servers_from_server_group, remove) == (404, "ResourceNotFound.BackendServer")


def test_security_policy_is_created_listed_changed_and_deleted(alb: Client) -> None:
    create = models.CreateSecurityPolicyRequest(
        security_policy_name="strict",
        tlsversions=["TLSv1.2"],
        ciphers=["ECDHE-RSA-AES128-GCM-SHA256"],
        tag=[models.CreateSecurityPolicyRequestTag(key="team", value="shop")],
    )
    policy_id = alb.create_security_policy(create).body.security_policy_id
    change = models.UpdateSecurityPolicyAttributeRequest(
        security_policy_id=policy_id, ciphers=["ECDHE-ECDSA-AES128-GCM-SHA256"]
    )
    alb.update_security_policy_attribute(change)
    policy = alb.list_security_policies(models.ListSecurityPoliciesRequest()).body.security_policies[0]
    assert (policy.security_policy_name, policy.tlsversions) == ("strict", ["TLSv1.2"])
    assert policy.ciphers == ["ECDHE-ECDSA-AES128-GCM-SHA256"]
    listener = make_listener(product="ALB", protocol="HTTPS", security_policy=policy_id)
    asked = models.ListSecurityPolicyRelationsRequest(security_policy_ids=[policy_id])
    relations = alb.list_security_policy_relations(asked).body.secrity_policy_relations
    assert [each.listener_id for each in relations[0].related_listeners] == [listener.pk]
    delete = models.DeleteSecurityPolicyRequest(security_policy_id=policy_id)
    assert refusal(alb.delete_security_policy, delete) == (400, "ResourceInUse.SecurityPolicy")
    listener.delete()
    alb.delete_security_policy(delete)
    asked = models.ListSecurityPolicyRelationsRequest(security_policy_ids=[policy_id])
    assert refusal(alb.list_security_policy_relations, asked) == (404, "ResourceNotFound.SecurityPolicy")


def test_system_policies_are_listed(alb: Client) -> None:
    policies = alb.list_system_security_policies().body.security_policies
    assert len(policies) == 6
    assert policies[0].tlsversions == ["TLSv1.0", "TLSv1.1", "TLSv1.2"]


def test_resources_are_tagged_and_untagged(alb: Client) -> None:
    balancer = make_load_balancer(product="ALB")
    given = {"ResourceType": "loadbalancer", "ResourceId": [balancer.pk]}
    tags = [{"Key": key, "Value": "x"} for key in ("a", "b")]
    alb.tag_resources(models.TagResourcesRequest().from_map({**given, "Tag": tags}))
    alb.un_tag_resources(models.UnTagResourcesRequest().from_map({**given, "TagKey": ["a"]}))
    listed = alb.list_tag_resources(models.ListTagResourcesRequest().from_map(given)).body.tag_resources
    assert [(each.tag_key, each.tag_value) for each in listed] == [("b", "x")]


def test_jobs_are_listed_by_what_they_did(alb: Client) -> None:
    balancer_id = alb.create_load_balancer(new_balancer()).body.load_balancer_id
    rename = models.UpdateLoadBalancerAttributeRequest(load_balancer_id=balancer_id, load_balancer_name="renamed")
    job_id = alb.update_load_balancer_attribute(rename).body.job_id
    for request in (
        models.ListAsynJobsRequest(job_ids=[job_id]),
        models.ListAsynJobsRequest(resource_ids=[balancer_id]),
        models.ListAsynJobsRequest(api_name="UpdateLoadBalancerAttribute", begin_time=1),
    ):
        jobs = alb.list_asyn_jobs(request).body.jobs
        assert [(job.id, job.resource_type, job.status) for job in jobs] == [(job_id, "loadbalancer", "Succeeded")]
