"""Load balancers, their default servers and VServerGroups by the official client of CLB."""

import json

import pytest

from listeners.models import LoadBalancer, ServerGroup
from tests.cloudapi.classic import Classic
from tests.factories import make_load_balancer

pytestmark = pytest.mark.django_db


def test_load_balancer_is_created_described_and_deleted(clb: Classic) -> None:
    kept = {"VpcId": "vpc-1", "VSwitchId": "vsw-1", "LoadBalancerSpec": "slb.s2.small", "AddressType": "intranet"}
    balancer = clb.balancer(LoadBalancerName="my shop/1", Tag=[{"Key": "team", "Value": "web"}], **kept)
    assert balancer.startswith("lb-")
    shown = clb("DescribeLoadBalancerAttribute", LoadBalancerId=balancer)
    assert (shown.load_balancer_name, shown.address, shown.load_balancer_status) == ("my shop/1", "127.0.0.1", "active")
    assert (shown.vpc_id, shown.v_switch_id, shown.load_balancer_spec) == ("vpc-1", "vsw-1", "slb.s2.small")
    assert (shown.address_type, shown.network_type, shown.delete_protection) == ("intranet", "vpc", "off")
    clb.balancer(LoadBalancerName="my shop/1")
    listed = clb("DescribeLoadBalancers", VpcId="vpc-1", PageSize=5)
    assert (listed.total_count, listed.page_number, listed.page_size) == (1, 1, 5)
    assert listed.load_balancers.load_balancer[0].load_balancer_id == balancer
    assert listed.load_balancers.load_balancer[0].tags.tag[0].tag_key == "team"
    assert clb("DescribeLoadBalancers", Tags='[{"TagKey": "team", "TagValue": "web"}]').total_count == 1
    clb("SetLoadBalancerName", LoadBalancerId=balancer, LoadBalancerName="other")
    assert clb("DescribeLoadBalancers", LoadBalancerName="other").total_count == 1
    clb("DeleteLoadBalancer", LoadBalancerId=balancer)
    refused = clb.refusal("DescribeLoadBalancerAttribute", LoadBalancerId=balancer)
    assert refused == "404 InvalidLoadBalancerId.NotFound"


def test_protected_load_balancer_is_not_deleted(clb: Classic) -> None:
    balancer = clb.balancer(DeleteProtection="on")
    assert clb.refusal("DeleteLoadBalancer", LoadBalancerId=balancer) == "400 OperationDenied.DeleteProtectionIsOn"
    clb("SetLoadBalancerDeleteProtection", LoadBalancerId=balancer, DeleteProtection="off")
    clb("DeleteLoadBalancer", LoadBalancerId=balancer)
    assert not LoadBalancer.objects.exists()


def test_load_balancer_of_another_region_or_product_is_not_there(clb: Classic) -> None:
    elsewhere = clb.balancer(RegionId="eu-central-1")
    other = make_load_balancer(product="NLB").pk
    for balancer in (elsewhere, other, "lb-\x00", "lb-" + "9" * 90):
        refused = clb.refusal("DeleteLoadBalancer", LoadBalancerId=balancer)
        assert refused in {"404 InvalidLoadBalancerId.NotFound", "400 InvalidParameter"}
    assert clb("DescribeLoadBalancers").total_count == 0
    assert LoadBalancer.objects.count() == 2


def test_inactive_load_balancer_stops_its_listeners_until_it_is_active(clb: Classic) -> None:
    balancer = clb.balancer()
    for port in (80, 81):
        clb.listen(balancer, port)
    clb("StartLoadBalancerListener", LoadBalancerId=balancer, ListenerPort=80)
    clb("SetLoadBalancerStatus", LoadBalancerId=balancer, LoadBalancerStatus="inactive")
    assert clb.shown(balancer, 80).status == "stopped"
    start = {"LoadBalancerId": balancer, "ListenerPort": 81}
    assert clb.refusal("StartLoadBalancerListener", **start) == "400 Operation.NotAllowed"
    clb("SetLoadBalancerStatus", LoadBalancerId=balancer, LoadBalancerStatus="active")
    assert (clb.shown(balancer, 80).status, clb.shown(balancer, 81).status) == ("starting", "stopped")


def test_default_servers_are_added_weighed_and_removed(clb: Classic) -> None:
    balancer = clb.balancer()
    servers = [
        {"ServerId": "i-web1", "ServerIp": "127.0.0.1", "Type": "eni", "Weight": "50", "Description": "first"},
        {"ServerId": "127.0.0.2"},
    ]
    added = clb("AddBackendServers", LoadBalancerId=balancer, BackendServers=json.dumps(servers))
    first, second = added.backend_servers.backend_server
    assert (first.server_id, first.type, first.weight, first.description) == ("i-web1", "eni", "50", "first")
    assert (second.server_id, second.weight) == ("127.0.0.2", "100")
    clb.listen(balancer, 80)
    clb.listen(balancer, 81, BackendServerPort=9000)
    weights = json.dumps([{"ServerId": "i-web1", "Weight": "0"}])
    answer = clb("SetBackendServers", LoadBalancerId=balancer, BackendServers=weights)
    assert answer.backend_servers.backend_server[0].weight == "0"  # a text here, a number where servers are shown
    groups = ServerGroup.objects.filter(backend_port__isnull=False).order_by("backend_port")
    assert [[(s.address, s.port, s.weight) for s in group.servers.order_by("address")] for group in groups] == [
        [("127.0.0.1", 8000, 0), ("127.0.0.2", 8000, 100)],
        [("127.0.0.1", 9000, 0), ("127.0.0.2", 9000, 100)],
    ]
    missing = json.dumps([{"ServerId": "i-web9", "Weight": 1}])
    refused = clb.refusal("SetBackendServers", LoadBalancerId=balancer, BackendServers=missing)
    assert refused == "404 InvalidServerId.NotFound"
    left = clb("RemoveBackendServers", LoadBalancerId=balancer, BackendServers='["i-web1"]')
    assert [server.server_id for server in left.backend_servers.backend_server] == ["127.0.0.2"]
    health = clb("DescribeHealthStatus", LoadBalancerId=balancer, ListenerPort=81)
    (server,) = health.backend_servers.backend_server
    assert (server.server_id, server.port, server.server_health_status) == ("127.0.0.2", 9000, "unavailable")


def test_vserver_group_is_created_changed_and_deleted(clb: Classic) -> None:
    balancer = clb.balancer()
    group = clb.group(balancer, 8000, VServerGroupName="web servers", Tag=[{"Key": "team", "Value": "web"}])
    assert group.startswith("rsp-")
    assert clb.group(balancer, 8000, VServerGroupName="web servers") != group
    two = json.dumps([{"ServerId": "127.0.0.2", "Port": 8001, "Type": "ecs"}])
    clb("AddVServerGroupBackendServers", VServerGroupId=group, BackendServers=two)
    three = json.dumps([{"ServerId": "127.0.0.3", "Port": 8002, "Weight": 7}])
    modified = clb(
        "ModifyVServerGroupBackendServers", VServerGroupId=group, OldBackendServers=two, NewBackendServers=three
    )
    servers = modified.backend_servers.backend_server
    assert [(server.server_id, server.port, server.weight) for server in servers] == [
        ("127.0.0.1", 8000, 100),
        ("127.0.0.3", 8002, 7),
    ]
    weigh = json.dumps([{"ServerId": "127.0.0.1", "Port": 8000, "Weight": 1}])
    named = clb("SetVServerGroupAttribute", VServerGroupId=group, VServerGroupName="web", BackendServers=weigh)
    assert (named.vserver_group_name, named.backend_servers.backend_server[0].weight) == ("web", 1)
    clb("RemoveVServerGroupBackendServers", VServerGroupId=group, BackendServers=three)
    shown = clb("DescribeVServerGroupAttribute", VServerGroupId=group)
    assert (shown.vserver_group_name, shown.load_balancer_id) == ("web", balancer)
    assert len(shown.backend_servers.backend_server) == 1
    clb.listen(balancer, VServerGroupId=group)
    listed = clb("DescribeVServerGroups", LoadBalancerId=balancer, IncludeListener=True, IncludeRule=True)
    found = listed.vserver_groups.vserver_group[0]
    assert (found.vserver_group_id, found.server_count) == (group, 1)
    assert found.associated_objects.listeners.listener[0].port == 80
    assert clb.refusal("DeleteVServerGroup", VServerGroupId=group) == "400 RspoolVipExist"
    clb("DeleteLoadBalancerListener", LoadBalancerId=balancer, ListenerPort=80)
    clb("DeleteVServerGroup", VServerGroupId=group)
    assert clb.refusal("DeleteVServerGroup", VServerGroupId=group) == "404 InvalidParameter"


BAD_SERVERS = (
    "no json",
    '{"ServerId": "127.0.0.1"}',
    '[{"ServerId": "127.0.0.1"}]',
    '[{"ServerId": "127.0.0.1", "Port": 0}]',
    '[{"ServerId": "not an address", "Port": 80}]',
    '[{"ServerId": "127.0.0.1", "Port": 80, "Weight": 101}]',
    '[{"ServerId": "127.0.0.1", "Port": 80, "Colour": "red"}]',
    "[[[[[[[[]]]]]]]]",
    json.dumps([{"ServerId": f"127.0.0.{n}", "Port": 80} for n in range(1, 22)]),
)


def test_bad_servers_are_refused_and_nothing_is_stored(clb: Classic) -> None:
    balancer = clb.balancer()
    for servers in BAD_SERVERS:
        refused = clb.refusal("CreateVServerGroup", LoadBalancerId=balancer, BackendServers=servers)
        assert refused in {"400 InvalidParameter", "400 MissingParameter", "400 TooManyBackendServers"}, servers
    assert not ServerGroup.objects.exists()
