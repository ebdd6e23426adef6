"""Listeners, domain extensions, rules and policies by the official client of CLB."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from pytest_django import Settings

from cloudapi.identifiers import cert_identifier, rows_for
from listeners.limits import set_quota
from listeners.models import Listener, RegionalCertificate, ServerGroup
from tests.certs import Issued, make_ca, make_leaf, rsa_key
from tests.cloudapi.classic import Classic
from tests.factories import OPERATOR, store_certificate

pytestmark = pytest.mark.django_db

# What a script of the product's documents sends for an HTTPS listener, nearly everything at once.
WHOLE: Mapping[str, Any] = {
    "Bandwidth": 100,
    "XForwardedFor": "on",
    "XForwardedFor_SLBIP": "on",
    "XForwardedFor_SLBID": "on",
    "XForwardedFor_proto": "on",
    "XForwardedFor_SLBPORT": "on",
    "XForwardedFor_ClientSrcPort": "on",
    "Scheduler": "wlc",
    "StickySession": "on",
    "StickySessionType": "insert",
    "CookieTimeout": 500,
    "HealthCheck": "on",
    "HealthCheckMethod": "get",
    "HealthCheckDomain": "$_ip",
    "HealthCheckURI": "/health",
    "HealthyThreshold": 4,
    "UnhealthyThreshold": 5,
    "HealthCheckTimeout": 3,
    "HealthCheckInterval": 6,
    "HealthCheckConnectPort": -520,
    "HealthCheckHttpCode": "http_2xx,http_3xx",
    "Gzip": "off",
    "AclStatus": "off",
    "Description": "shop/web",
    "IdleTimeout": 20,
    "RequestTimeout": 90,
}


@pytest.fixture(scope="module")
def leaf() -> Issued:
    return make_leaf("www.shop.test", "*.shop.test", key=rsa_key(2048))


@pytest.fixture
def balancer(clb: Classic) -> str:
    return clb.balancer()


def test_https_listener_is_described_as_it_was_created(clb: Classic, balancer: str, leaf: Issued) -> None:
    certificate = clb.upload(issued=leaf)
    authority = clb("UploadCACertificate", CACertificate=make_ca("Clients").pem.decode()).cacertificate_id
    given = {
        **WHOLE,
        "ServerCertificateId": certificate,
        "CACertificateId": authority,
        "TLSCipherPolicy": "tls_cipher_policy_1_2",
        "EnableHttp2": "off",
    }
    clb.listen(balancer, 443, encrypted=True, **given, Tag=[{"Key": "team", "Value": "web"}])
    shown = clb.shown(balancer, 443, encrypted=True)
    told = shown.to_map()
    expected = {**given, "HealthCheckDomain": "", "BackendServerPort": 8000, "Status": "stopped"}
    assert {name: told[name] for name in expected} == expected
    assert (shown.tags.tag[0].tag_key, shown.domain_extensions.domain_extension, shown.rules.rule) == ("team", [], [])
    listener = Listener.objects.get()
    assert listener.mutual_authentication
    assert listener.desired == "stopped"


def test_changed_listener_keeps_what_is_not_given(clb: Classic, balancer: str, leaf: Issued) -> None:
    first, second = clb.upload(issued=leaf), clb.upload("shop.test")
    authority = clb("UploadCACertificate", CACertificate=make_ca("Clients").pem.decode()).cacertificate_id
    clb.listen(balancer, 443, encrypted=True, **{**WHOLE, "ServerCertificateId": first})
    change = {"LoadBalancerId": balancer, "ListenerPort": 443}
    set_, describe = "SetLoadBalancerHTTPSListenerAttribute", {"encrypted": True}
    clb(set_, **change, ServerCertificateId=second, CACertificateId=authority, Scheduler="rr")
    shown = clb.shown(balancer, 443, **describe)
    assert (shown.server_certificate_id, shown.cacertificate_id, shown.scheduler) == (second, authority, "rr")
    assert (shown.sticky_session, shown.health_check_uri, shown.gzip) == ("on", "/health", "off")
    clb(set_, **change, StickySession="off", CACertificateId="", XForwardedFor="off", HealthCheck="off")
    shown = clb.shown(balancer, 443, **describe)
    assert (shown.sticky_session, shown.cacertificate_id, shown.xforwarded_for) == ("off", "", "off")
    assert (shown.health_check, shown.xforwarded_for_slbip) == ("off", "on")
    assert clb.refusal("DeleteServerCertificate", ServerCertificateId=second) == "400 CertificateAndPrivateKeyIsRefered"
    clb("DeleteServerCertificate", ServerCertificateId=first)


def test_listener_moves_between_a_server_group_and_the_default_servers(clb: Classic, balancer: str) -> None:
    group = clb.group(balancer, 9000)
    clb.listen(balancer, 80)
    change = {"LoadBalancerId": balancer, "ListenerPort": 80}
    clb("SetLoadBalancerHTTPListenerAttribute", **change, VServerGroup="on", VServerGroupId=group)
    assert clb.shown(balancer).vserver_group_id == group
    clb("SetLoadBalancerHTTPListenerAttribute", **change, VServerGroup="off")
    assert (clb.shown(balancer).vserver_group_id, clb.shown(balancer).backend_server_port) == ("", 8000)
    assert ServerGroup.objects.count() == 2


def test_http_listener_sends_all_requests_to_https(clb: Classic, balancer: str, leaf: Issued) -> None:
    clb.listen(balancer, 443, encrypted=True, ServerCertificateId=clb.upload(issued=leaf))
    clb.listen(balancer, 80, ListenerForward="on", ForwardPort=443)
    shown = clb.shown(balancer)
    assert (shown.listener_forward, shown.forward_port) == ("on", 443)
    place = {"LoadBalancerId": balancer, "ListenerPort": 443}
    assert clb.refusal("DeleteLoadBalancerListener", **place) == "400 ListenerForwardExist"
    clb("SetLoadBalancerHTTPListenerAttribute", LoadBalancerId=balancer, ListenerPort=80, Description="to-https")
    assert clb.shown(balancer).description == "to-https"


def test_listeners_are_listed_page_by_page(clb: Classic, balancer: str, leaf: Issued) -> None:
    clb.listen(balancer, 443, encrypted=True, ServerCertificateId=clb.upload(issued=leaf))
    clb.listen(balancer, 80, Tag=[{"Key": "team", "Value": "web"}])
    first = clb("DescribeLoadBalancerListeners", MaxResults=1)
    second = clb("DescribeLoadBalancerListeners", MaxResults=1, NextToken=first.next_token)
    assert (first.total_count, [row.listener_port for row in (*first.listeners, *second.listeners)]) == (2, [80, 443])
    assert first.listeners[0].httplistener_config.xforwarded_for == "on"
    assert second.listeners[0].httpslistener_config.tlscipher_policy == "tls_cipher_policy_1_0"
    assert second.listeners[0].listener_protocol == "https"
    found = clb("DescribeLoadBalancerListeners", Tag=[{"Key": "team"}], LoadBalancerId=[balancer, "lb-other"])
    assert [row.listener_port for row in found.listeners] == [80]
    assert clb.refusal("DescribeLoadBalancerListeners", NextToken="x") == "400 IllegalParam.NextToken"
    shown = clb("DescribeLoadBalancerAttribute", LoadBalancerId=balancer)
    assert shown.listener_ports.listener_port == [80, 443]
    assert shown.listener_ports_and_protocol.listener_port_and_protocol[1].listener_protocol == "https"


def test_listener_is_started_stopped_and_deleted(clb: Classic, balancer: str) -> None:
    clb.listen(balancer)
    place = {"LoadBalancerId": balancer, "ListenerPort": 80}
    clb("StartLoadBalancerListener", **place, ListenerProtocol="http")
    assert clb.shown(balancer).status == "starting"
    clb("StopLoadBalancerListener", **place)
    assert clb.shown(balancer).status == "stopped"
    assert clb.refusal("StartLoadBalancerListener", **place, ListenerProtocol="https") == "404 ListenerNotFound"
    clb("DeleteLoadBalancerListener", **place)
    assert clb.refusal("DeleteLoadBalancerListener", **place) == "404 ResourceNotFound.Listener"
    assert not ServerGroup.objects.exists()


BAD_LISTENERS: tuple[tuple[dict[str, Any], str], ...] = (
    ({"ServerCertificateId": ""}, "400 MissingParam.ServerCertificates"),
    ({"ServerCertificateId": "1_0000002711_1_2"}, "400 CertificateNotExist"),
    ({"ServerCertificateId": "99999-cn-hangzhou"}, "400 CertificateNotExist"),
    ({"ListenerPort": 0}, "400 InvalidParameter"),
    ({"ListenerPort": "x"}, "400 InvalidParameter"),
    ({"ListenerPort": 80}, "400 ListenerAlreadyExists"),
    ({"LoadBalancerId": "lb-none"}, "404 InvalidLoadBalancerId.NotFound"),
    ({"RegionId": "eu-central-1"}, "404 InvalidLoadBalancerId.NotFound"),
    ({"RegionId": "No Region"}, "404 InvalidRegionId.NotFound"),
    ({"IdleTimeout": 61}, "400 InvalidParameter.IdleTimeout"),
    ({"RequestTimeout": 181}, "400 InvalidParameter.RequestTimeout"),
    ({"TLSCipherPolicy": "tls-none"}, "400 InvalidTLSPolicyId.NotExist"),
    ({"VServerGroupId": "rsp-none"}, "400 InvalidParameter.VServerGroupId"),
    ({"BackendServerPort": None}, "400 MissingParameter"),
    ({"HealthCheck": None}, "400 MissingParameter"),
    ({"HealthCheck": "maybe"}, "400 InvalidParameter"),
    ({"StickySession": "on"}, "400 MissingParameter"),
    ({"StickySession": "on", "StickySessionType": "insert"}, "400 MissingParameter"),
    ({"HealthyThreshold": 1}, "400 InvalidParameter"),
    ({"AclStatus": "on", "AclId": "acl-1", "AclType": "white"}, "400 AclNotExist"),
    ({"Description": "<b>"}, "400 InvalidParameter"),
    ({"Tag": [{"Key": "k"}] * 21}, "400 SizeLimitExceeded.Tag"),
)


def test_bad_listeners_are_refused_with_the_cloud_s_codes(clb: Classic, balancer: str, leaf: Issued) -> None:
    clb.listen(balancer, 80)
    usual = {
        "LoadBalancerId": balancer,
        "ListenerPort": 443,
        "Bandwidth": -1,
        "HealthCheck": "off",
        "BackendServerPort": 8000,
        "ServerCertificateId": clb.upload(issued=leaf),
    }
    for given, refused in BAD_LISTENERS:
        parameters = {name: value for name, value in {**usual, **given}.items() if value is not None}
        assert clb.refusal("CreateLoadBalancerHTTPSListener", **parameters) == refused, given
    assert Listener.objects.count() == ServerGroup.objects.count() == 1


def test_certificate_of_another_service_is_taken_and_one_of_the_wrong_kind_named(
    clb: Classic, balancer: str, leaf: Issued
) -> None:
    stored, curve = store_certificate(leaf), store_certificate(make_leaf("curve.test"))
    numbers = rows_for([stored.pk, curve.pk])
    names = {pk: cert_identifier(number, "cn-hangzhou") for pk, number in numbers.items()}
    authority = clb("UploadCACertificate", CACertificate=make_ca("Clients").pem.decode()).cacertificate_id
    place = {"LoadBalancerId": balancer, "ListenerPort": 443, "Bandwidth": -1, "HealthCheck": "off"}
    create = {**place, "BackendServerPort": 80}
    action = "CreateLoadBalancerHTTPSListener"
    assert clb.refusal(action, **create, ServerCertificateId=authority) == "400 CertificateTypeMismatched"
    assert clb.refusal(action, **create, ServerCertificateId=names[curve.pk]) == "400 EccCertificateNotSupport"
    assert not RegionalCertificate.objects.filter(certificate__kind="server").exists()
    clb.listen(balancer, 443, encrypted=True, ServerCertificateId=names[stored.pk])
    assert clb.shown(balancer, 443, encrypted=True).server_certificate_id.count("_") == 3
    change = {"LoadBalancerId": balancer, "ListenerPort": 443}
    set_ = "SetLoadBalancerHTTPSListenerAttribute"
    assert clb.refusal(set_, **change, CACertificateId=names[stored.pk]) == "400 CertificateTypeMismatched"


def test_domain_extension_is_created_changed_and_deleted(clb: Classic, balancer: str, leaf: Issued) -> None:
    certificate, other = clb.upload(issued=leaf), clb.upload("api.shop.test")
    clb.listen(balancer, 443, encrypted=True, ServerCertificateId=certificate)
    place = {"LoadBalancerId": balancer, "ListenerPort": 443}
    create = "CreateDomainExtension"
    made = clb(create, **place, Domain="api.shop.test", ServerCertificateId=certificate)
    assert made.domain_extension_id.startswith("de-")
    assert made.listener_port == 443
    refused = clb.refusal(create, **place, Domain="a.other.test", ServerCertificateId=certificate)
    assert refused == "400 InvalidParameter.ServerCertificateId"
    assert clb.refusal(create, **place, Domain="*", ServerCertificateId=other) == "400 InvalidParameter.Domain"
    refused = clb.refusal(create, **place, Domain="api.shop.test", ServerCertificateId="1_2_3_4")
    assert refused == "400 InvalidParameter.ServerCertificateId"
    clb("SetDomainExtensionAttribute", DomainExtensionId=made.domain_extension_id, ServerCertificateId=other)
    (found,) = clb("DescribeDomainExtensions", **place).domain_extensions.domain_extension
    assert (found.domain, found.server_certificate_id) == ("api.shop.test", other)
    single = clb("DescribeDomainExtensionAttribute", DomainExtensionId=made.domain_extension_id)
    assert (single.load_balancer_id, single.listener_port, single.domain) == (balancer, 443, "api.shop.test")
    refused = clb.refusal("DeleteServerCertificate", ServerCertificateId=other)
    assert refused == "400 CertificateRelatedDomainExtensionExist"
    set_quota(OPERATOR, "slb_quota_domain_extensions_num", 1)
    refused = clb.refusal(create, **place, Domain="b.shop.test", ServerCertificateId=certificate)
    assert refused == "400 DomainExtensionNumberOverLimit"
    clb("DeleteDomainExtension", DomainExtensionId=made.domain_extension_id)
    refused = clb.refusal("DeleteDomainExtension", DomainExtensionId=made.domain_extension_id)
    assert refused == "400 InvalidParameter.DomainExtensionId"


def test_http_listener_has_no_domain_extensions(clb: Classic, balancer: str, leaf: Issued) -> None:
    clb.listen(balancer)
    given = {"Domain": "www.shop.test", "ServerCertificateId": clb.upload(issued=leaf)}
    refused = clb.refusal("CreateDomainExtension", LoadBalancerId=balancer, ListenerPort=80, **given)
    assert refused == "400 DomainExtensionNotSupport"


def test_rules_are_created_changed_and_deleted(clb: Classic, balancer: str) -> None:
    api, images = clb.group(balancer, 8001), clb.group(balancer, 8002)
    clb.listen(balancer, Scheduler="rr")
    place = {"LoadBalancerId": balancer, "ListenerPort": 80}
    rules = [
        {"RuleName": "api", "Domain": "api.shop.test", "VServerGroupId": api},
        {"RuleName": "images", "Url": "/images", "VServerGroupId": images},
    ]
    made = clb("CreateRules", **place, RuleList=json.dumps(rules)).rules.rule
    assert [rule.rule_name for rule in made] == ["api", "images"]
    assert all(rule.rule_id.startswith("rule-") for rule in made)
    listed = clb("DescribeRules", **place).rules.rule
    assert [(r.domain, r.url, r.vserver_group_id, r.listener_sync) for r in listed] == [
        ("api.shop.test", "", api, "on"),
        ("", "/images", images, "on"),
    ]
    assert clb.refusal("CreateRules", **place, RuleList=json.dumps(rules[:1])) == "400 DomainExist"
    assert clb.refusal("DeleteVServerGroup", VServerGroupId=images) == "400 RspoolRuleExist"
    own = {"ListenerSync": "off", "Scheduler": "wrr", "HealthCheck": "on", "HealthCheckURI": "/up"}
    clb("SetRule", RuleId=made[1].rule_id, RuleName="pictures", VServerGroupId=api, **own)
    shown = clb("DescribeRuleAttribute", RuleId=made[1].rule_id)
    assert (shown.rule_name, shown.vserver_group_id, shown.listener_sync) == ("pictures", api, "off")
    assert (shown.scheduler, shown.health_check_uri, shown.listener_port) == ("wrr", "/up", "80")
    assert clb("DescribeRuleAttribute", RuleId=made[0].rule_id).vserver_group_id == api
    assert len(clb.shown(balancer).rules.rule) == 2
    clb("DeleteRules", RuleIds=json.dumps([rule.rule_id for rule in made]))
    assert clb("DescribeRules", **place).rules.rule == []
    assert ServerGroup.objects.filter(variant_of__isnull=False).count() == 0
    assert clb.refusal("DeleteRules", RuleIds=json.dumps([made[0].rule_id])) == "404 InvalidRuleId.NotFound"


BAD_RULES = (
    ("no json", "400 RuleListMalformed"),
    ("[]", "400 RuleListMalformed"),
    ('[{"RuleName": "a", "Domain": "a.test", "VServerGroupId": "rsp-none"}]', "404 InvalidParameter"),
    ('[{"RuleName": "a", "Domain": "a b", "VServerGroupId": "GROUP"}]', "400 DomainMalformed"),
    ('[{"Domain": "a.test", "VServerGroupId": "GROUP"}]', "400 MissingParameter.RuleName"),
    ('[{"RuleName": "a", "VServerGroupId": "GROUP"}]', "400 InvalidParameter"),
    ('[{"RuleName": "a", "Url": "/", "VServerGroupId": "GROUP"}]', "400 UrlMalformed"),
    (f'[{{"RuleName": "{"a" * 41}", "Url": "/a", "VServerGroupId": "GROUP"}}]', "400 InvalidParameter"),
)


def test_bad_rules_are_refused(clb: Classic, balancer: str) -> None:
    clb.listen(balancer)
    group, place = clb.group(balancer, 8001), {"LoadBalancerId": balancer, "ListenerPort": 80}
    for rules, refused in BAD_RULES:
        assert clb.refusal("CreateRules", **place, RuleList=rules.replace("GROUP", group)) == refused, rules
    assert clb("DescribeRules", **place).rules.rule == []


def test_policies_are_off_until_they_are_switched_on(clb: Classic, settings: Settings) -> None:
    given = {"Name": "modern", "TLSVersions": ["TLSv1.2"], "Ciphers": ["ECDHE-RSA-AES128-GCM-SHA256"]}
    assert clb.refusal("CreateTLSCipherPolicy", **given) == "400 UnsupportedOperation"
    settings.CLB_CUSTOM_POLICIES = True
    assert clb("CreateTLSCipherPolicy", **given).tlscipher_policy_id.startswith("tls-")


def test_policy_is_created_used_changed_and_deleted(
    clb: Classic, balancer: str, leaf: Issued, settings: Settings
) -> None:
    settings.CLB_CUSTOM_POLICIES = True
    given = {"Name": "modern", "TLSVersions": ["TLSv1.2"], "Ciphers": ["ECDHE-RSA-AES128-GCM-SHA256"]}
    policy = clb("CreateTLSCipherPolicy", **given).tlscipher_policy_id
    certificate = clb.upload(issued=leaf)
    clb.listen(balancer, 443, encrypted=True, ServerCertificateId=certificate, TLSCipherPolicy=policy)
    listed = clb("ListTLSCipherPolicies", IncludeListener=True)
    (found,) = listed.tlscipher_policies
    assert (found.instance_id, found.tlsversions, found.relate_listeners[0].port) == (policy, ["TLSv1.2"], 443)
    assert (listed.total_count, listed.is_truncated) == (1, False)
    set_ = "SetTLSCipherPolicyAttribute"
    assert clb.refusal(set_, TLSCipherPolicyId=policy, **given) == "400 TLSPolicyUnchanged"
    clb(set_, TLSCipherPolicyId=policy, **{**given, "Ciphers": ["ECDHE-RSA-AES256-GCM-SHA384"]})
    for wrong, code in (
        ({"Ciphers": ["RC4"]}, "400 TLSPolicyNoSupportCipher"),
        ({"TLSVersions": ["SSLv3"]}, "400 TLSPolicyNoSupportVersion"),
        ({"TLSVersions": ["TLSv1.2", "TLSv1.2"]}, "400 ParamDuplicateError.TlsVersions"),
        ({"Ciphers": [*given["Ciphers"], *given["Ciphers"]]}, "400 ParamDuplicateError.Ciphers"),
    ):
        assert clb.refusal(set_, TLSCipherPolicyId=policy, **{**given, **wrong}) == code
    assert clb.refusal("DeleteTLSCipherPolicy", TLSCipherPolicyId=policy) == "400 TLSPolicyRelated"
    assert clb.refusal("DeleteTLSCipherPolicy", TLSCipherPolicyId="tls-none") == "400 InvalidTLSPolicyId.NotExist"
    clb("DeleteLoadBalancerListener", LoadBalancerId=balancer, ListenerPort=443)
    clb("DeleteTLSCipherPolicy", TLSCipherPolicyId=policy)
