"""What is exported and applied again is what was there, whatever was there."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from events.actor import COMMAND
from listeners import services
from listeners.models import LoadBalancer, SecurityPolicy, ServerGroup
from listeners.services import DomainExtension, ServerSpec
from listeners.services.forwarding_rules import create_rules
from manifests.document import stored_document
from manifests.reading import checked_manifest, read_object
from manifests.services import apply_manifest, plan_manifest
from manifests.writing import as_yaml
from tests.certs import rsa_key
from tests.factories import (
    OPERATOR,
    make_ca_certificate,
    make_listener,
    make_load_balancer,
    make_server_certificate,
    make_server_group,
    unique,
)

pytestmark = pytest.mark.django_db


def forget_everything() -> None:
    """Delete what manifests declare; certificates stay."""
    for balancer in LoadBalancer.objects.all():
        services.update_load_balancer(OPERATOR, balancer.pk, deletion_protection=False)
        services.delete_load_balancer(OPERATOR, balancer.pk, cascade=True)
    for group in ServerGroup.objects.all():
        services.delete_server_group(OPERATOR, group.pk)
    for policy in SecurityPolicy.objects.all():
        services.delete_security_policy(OPERATOR, policy.pk)


def assert_round_trip() -> None:
    """Export, delete, apply, export: the same text; and the second time there is nothing to do."""
    text = as_yaml(stored_document())
    manifest = checked_manifest(read_object(text.encode())[0])
    assert not plan_manifest(COMMAND, manifest).changes
    forget_everything()
    assert apply_manifest(COMMAND, manifest).changes
    assert as_yaml(stored_document()) == text
    assert not apply_manifest(COMMAND, manifest, prune=True).changes


def make_application_load_balancer(address: str = "127.0.0.1") -> None:
    """Make a load balancer with QUIC, rules of both directions, headers, tags, and a policy of its own."""
    policy = services.create_security_policy(
        OPERATOR, name=unique("policy"), versions=["TLSv1.2"], ciphers=["ECDHE-RSA-AES128-GCM-SHA256"]
    )
    balancer = make_load_balancer(
        bind_address=address, product="ALB", deletion_protection=True, deletion_protection_reason="shop"
    )
    web, api = make_server_group(protocol="HTTP"), make_server_group("10.0.0.1", "10.0.0.2", protocol="HTTP")
    services.replace_tags(OPERATOR, "server_group", web.pk, tags={"team": "yes", "on": "no", "1": "0x1f"})
    quic = make_listener(load_balancer_id=balancer.pk, protocol="QUIC", port=443, server_group_id=web.pk)
    listener = make_listener(
        load_balancer_id=balancer.pk,
        protocol="HTTPS",
        port=443,
        name="0443",
        server_group_id=web.pk,
        security_policy=policy.pk,
        quic_listener_id=quic.pk,
        additional_certificate_ids=[make_server_certificate().pk for _each in range(3)],
        mutual_authentication=True,
        mutual_authentication_mode="observe",
        ca_certificate_id=make_ca_certificate().pk,
        forwarded_headers={"proto": True, "source_lookup": True, "trusted_sources": ["10.0.0.0/8"]},
        tags={"stage": "12:30:00"},
    )
    forward = {"type": "ForwardGroup", "groups": [{"server_group_id": api.pk, "weight": 30}]}
    rules: list[Any] = [
        {"name": "api", "priority": 7, "conditions": [{"type": "Path", "values": ["/api/*"]}], "actions": [forward]},
        {"name": "same", "conditions": [{"type": "Host", "values": ["a.test"]}], "actions": [forward]},
        {"name": "same", "conditions": [{"type": "Host", "values": ["b.test"]}], "actions": [forward]},
    ]
    create_rules(OPERATOR, listener.pk, rules)
    make_listener(load_balancer_id=balancer.pk, protocol="HTTP", port=80, redirect_port=443, desired="stopped")


def make_classic_load_balancer(address: str = "127.0.0.1") -> None:
    """Make a load balancer with domain extensions and rules that number themselves."""
    balancer = make_load_balancer(bind_address=address, product="CLB")
    names = [unique("site") + ".test" for _each in range(2)]
    certificates = [make_server_certificate(name, key=rsa_key(2048)) for name in names]
    for certificate in certificates:
        services.add_regional_certificate(OPERATOR, certificate.pk, regions=[balancer.region, "eu-central-1"])
    group = make_server_group(protocol="HTTP")
    listener = make_listener(
        load_balancer_id=balancer.pk,
        server_group_id=group.pk,
        certificate_id=certificates[0].pk,
        domain_extensions=[DomainExtension(name, each.pk) for name, each in zip(names, certificates, strict=True)][1:],
    )
    fields: list[Any] = [
        {"name": "images", "domain": "img.test", "url": "/a", "server_group_id": group.pk},
        {"name": "rest", "domain": "*.test", "server_group_id": group.pk},
    ]
    create_rules(OPERATOR, listener.pk, fields)
    make_listener(load_balancer_id=balancer.pk, protocol="TCP", desired="running", proxy_protocol_enabled=True)


def make_network_load_balancer(address: str = "::1") -> None:
    """Make a load balancer for TCPSSL and UDP on one port, with servers by name and by IPv6."""
    balancer = make_load_balancer(bind_address=address, tags={"a": ""})
    servers = [ServerSpec("backend.test", 80, 0, "old"), ServerSpec("2001:db8::1", 80), ServerSpec("10.0.0.9", 81)]
    group = services.create_server_group(
        OPERATOR, name=unique("streams"), servers=servers, connection_drain_seconds=0, health_check_protocol="HTTP"
    )
    make_listener(load_balancer_id=balancer.pk, port=8443, server_group_id=group.pk, connections_per_second=5)
    make_listener(load_balancer_id=balancer.pk, port=8443, protocol="UDP")


MAKERS = (make_application_load_balancer, make_classic_load_balancer, make_network_load_balancer)


def test_nothing_exports_nothing() -> None:
    assert checked_manifest(read_object(as_yaml(stored_document()).encode())[0]).given() == stored_document()


@pytest.mark.parametrize("make", MAKERS)
def test_a_load_balancer_with_everything_comes_back(make: Any) -> None:
    make()
    assert_round_trip()


@pytest.mark.conformance
@settings(max_examples=25, suppress_health_check=list(HealthCheck), deadline=None)
@given(st.lists(st.sampled_from(MAKERS), min_size=1, max_size=4))
def test_any_load_balancers_come_back(makers: list[Any]) -> None:
    forget_everything()
    for n, make in enumerate(makers, 1):
        make(f"127.0.0.{n}")
    assert_round_trip()
