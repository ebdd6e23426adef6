"""Server groups of rows: the clusters that come of them, and what a change of one compiles again."""

from dataclasses import replace

import pytest
from envoy.config.cluster.v3.cluster_pb2 import Cluster
from envoy.extensions.load_balancing_policies.maglev.v3.maglev_pb2 import Maglev
from envoy.extensions.transport_sockets.tls.v3.tls_pb2 import UpstreamTlsContext

from certificates.services import replace_certificate
from dataplane.advance import Position, advance, start
from dataplane.collect import Selection, collect_all
from dataplane.envoy.checks import NOTHING_REFUSED
from dataplane.envoy.names import servers_secret
from dataplane.envoy.server_tls import public_authorities
from listeners import services
from listeners.models import Listener, ServerGroup
from listeners.services import ServerSpec
from tests import factories
from tests.certs import make_ca
from tests.factories import OPERATOR

pytestmark = pytest.mark.django_db


def listener_of(group: ServerGroup) -> Listener:
    return factories.make_listener(product="ALB", edition="Standard", protocol="HTTPS", server_group_id=group.pk)


def cluster_of(position: Position, listener: Listener) -> Cluster:
    return Cluster.FromString(position.compiled[listener.pk].clusters[listener.pk].payload)


def tls_of(cluster: Cluster) -> UpstreamTlsContext:
    context = UpstreamTlsContext()
    assert cluster.transport_socket.typed_config.Unpack(context)
    return context


def follow(position: Position) -> Position:
    """Follow the changes, and compare with what reading everything again comes to."""
    step = advance(Selection(), position, NOTHING_REFUSED)
    assert step is not None
    assert step.position.snapshot == replace(collect_all(Selection()), moment=step.position.snapshot.moment)
    fresh = start(Selection(), NOTHING_REFUSED)
    assert {key: one.version for key, one in step.position.compiled.items()} == {
        key: one.version for key, one in fresh.compiled.items()
    }
    return step.position


def test_servers_are_verified_by_the_secret_of_their_ca_certificate_and_their_name() -> None:
    authority = factories.make_ca_certificate()
    group = factories.make_server_group(
        protocol="HTTPS", verify_servers=True, ca_certificate_id=authority.pk, server_name="a.example"
    )
    listener = listener_of(group)
    position = start(Selection(), NOTHING_REFUSED)
    context = tls_of(cluster_of(position, listener))
    assert context.common_tls_context.validation_context_sds_secret_config.name == servers_secret(listener.pk, group.pk)
    assert (context.sni, context.auto_sni_san_validation) == ("a.example", True)
    assert servers_secret(listener.pk, group.pk) in position.compiled[listener.pk].secrets


def test_public_authorities_are_those_of_the_machine() -> None:
    group = factories.make_server_group(protocol="HTTPS", verify_servers=True, server_name="a.example")
    listener = listener_of(group)
    context = tls_of(cluster_of(start(Selection(), NOTHING_REFUSED), listener))
    assert context.common_tls_context.validation_context.trusted_ca.filename == str(public_authorities())
    assert public_authorities().read_bytes().count(b"BEGIN CERTIFICATE") > 50


def test_another_ca_certificate_is_followed_and_the_old_one_forgotten() -> None:
    old, new = factories.make_ca_certificate(), factories.make_ca_certificate()
    group = factories.make_server_group(
        protocol="HTTPS", verify_servers=True, ca_certificate_id=old.pk, server_name="a.example"
    )
    listener = listener_of(group)
    position = start(Selection(), NOTHING_REFUSED)
    before = position.compiled[listener.pk]
    services.update_server_group(OPERATOR, group.pk, ca_certificate_id=new.pk)
    position = follow(position)
    after = position.compiled[listener.pk]
    assert old.pk not in position.snapshot.certificates
    assert after.clusters == before.clusters
    assert after.secrets != before.secrets
    services.update_server_group(OPERATOR, group.pk, verify_servers=False)
    assert new.pk not in follow(position).snapshot.certificates


def test_a_new_version_of_the_ca_certificate_changes_its_secret_alone() -> None:
    authority = factories.store_bundle(make_ca("One"))
    group = factories.make_server_group(
        protocol="HTTPS", verify_servers=True, ca_certificate_id=authority.pk, server_name="a.example"
    )
    listener = listener_of(group)
    position = start(Selection(), NOTHING_REFUSED)
    replace_certificate(
        OPERATOR,
        authority.pk,
        certificate_pem=make_ca("Two").pem,
        private_key_pem=None,
        passphrase=None,
        expected_revision=authority.revision,
        reason="moved",
    )
    after = follow(position).compiled[listener.pk]
    assert after.clusters == position.compiled[listener.pk].clusters
    assert after.secrets != position.compiled[listener.pk].secrets


def test_host_names_are_in_the_cluster_and_addresses_travel_apart() -> None:
    group = factories.make_server_group("192.0.2.1", protocol="HTTP")
    listener = listener_of(group)
    position = start(Selection(), NOTHING_REFUSED)
    assert cluster_of(position, listener).type == Cluster.EDS
    services.update_server_group(OPERATOR, group.pk, servers=[ServerSpec("a.example", 80), ServerSpec("192.0.2.1", 80)])
    position = follow(position)
    cluster = cluster_of(position, listener)
    assert cluster.cluster_type.name == "envoy.clusters.dns"
    assert len(cluster.load_assignment.endpoints[0].lb_endpoints) == 2
    assert not position.compiled[listener.pk].endpoints
    services.update_server_group(
        OPERATOR, group.pk, servers=[ServerSpec("a.example", 80, 0), ServerSpec("192.0.2.1", 80)]
    )
    assert follow(position).compiled[listener.pk].endpoints


def test_both_ends_are_noted_by_the_listener_only_while_its_group_hashes_them() -> None:
    listener = factories.make_listener()
    position = start(Selection(), NOTHING_REFUSED)
    before = position.compiled[listener.pk].listener
    group_id = str(listener.server_group_id)
    services.update_server_group(OPERATOR, group_id, scheduler="tch")
    position = follow(position)
    assert position.compiled[listener.pk].listener != before
    services.update_server_group(OPERATOR, group_id, scheduler="sch")
    position = follow(position)
    assert position.compiled[listener.pk].listener == before
    policy = cluster_of(position, listener).load_balancing_policy.policies[0].typed_extension_config
    maglev = Maglev()
    assert policy.typed_config.Unpack(maglev)
    assert maglev.consistent_hashing_lb_config.hash_policy[0].connection_properties.source_ip


def test_stickiness_travels_with_the_routes() -> None:
    group = factories.make_server_group(protocol="HTTP")
    listener = listener_of(group)
    position = start(Selection(), NOTHING_REFUSED)
    before = position.compiled[listener.pk]
    services.update_server_group(OPERATOR, group.pk, stickiness="server", cookie="JSESSIONID")
    after = follow(position).compiled[listener.pk]
    assert after.listener == before.listener
    assert after.clusters == before.clusters
    assert after.routes != before.routes
