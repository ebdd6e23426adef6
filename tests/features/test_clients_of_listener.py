"""What asking clients for certificates, and telling servers of clients, becomes."""

import re
from typing import Any

import pytest
from envoy.config.route.v3.route_pb2 import RouteConfiguration
from envoy.extensions.access_loggers.grpc.v3.als_pb2 import TcpGrpcAccessLogConfig
from envoy.extensions.filters.network.http_connection_manager.v3.http_connection_manager_pb2 import (
    HttpConnectionManager,
)
from envoy.extensions.http.early_header_mutation.header_mutation.v3.header_mutation_pb2 import HeaderMutation
from envoy.extensions.http.original_ip_detection.xff.v3.xff_pb2 import XffConfig
from envoy.extensions.transport_sockets.tls.v3.common_pb2 import CertificateValidationContext

from dataplane.envoy.headers import judge_headers
from dataplane.envoy.resources import CompiledListener
from listeners import services
from listeners.forwarded_headers import checked
from listeners.models import Listener
from tests import factories
from tests.factories import OPERATOR
from tests.features.conftest import Serve, Served, tls_of

pytestmark = pytest.mark.django_db


def make(protocol: str = "TCPSSL", **fields: Any) -> Listener:
    if protocol == "HTTPS":
        fields["load_balancer_id"] = factories.make_load_balancer(product="ALB", edition="Standard").pk
        fields["server_group_id"] = factories.make_server_group(protocol="HTTP").pk
    authority = factories.make_ca_certificate()
    return factories.make_listener(
        protocol=protocol, mutual_authentication=True, ca_certificate_id=authority.pk, **fields
    )


def routes_of(compiled: CompiledListener) -> RouteConfiguration:
    return RouteConfiguration.FromString(compiled.routes[compiled.id].payload)


def told(routes: RouteConfiguration) -> dict[str, str]:
    return {option.header.key: option.header.value for option in routes.request_headers_to_add}


def tags_of(served: Served) -> set[str]:
    config = TcpGrpcAccessLogConfig()
    assert served.listener.access_log[0].typed_config.Unpack(config)
    return {tag.tag for tag in config.common_config.custom_tags if tag.tag.startswith("client-")}


def test_enforcing_requires_a_certificate_that_the_authority_vouches_for(serve: Serve) -> None:
    listener = make()
    served = serve(listener)
    context = tls_of(served.default_chain)
    assert context.require_client_certificate.value
    authority = context.common_tls_context.validation_context_sds_secret_config
    assert authority.name == f"listener/{listener.pk}/ca"
    assert tags_of(served) == {"client-certificate", "client-sha256"}


def test_observing_asks_for_a_certificate_and_accepts_any_or_none(serve: Serve) -> None:
    listener = make(mutual_authentication_mode="observe")
    served = serve(listener)
    context = tls_of(served.default_chain)
    assert not context.require_client_certificate.value
    combined = context.common_tls_context.combined_validation_context
    assert combined.validation_context_sds_secret_config.name == f"listener/{listener.pk}/ca"
    verification = combined.default_validation_context.trust_chain_verification
    assert verification == CertificateValidationContext.ACCEPT_UNTRUSTED
    assert tags_of(served) == {"client-certificate", "client-sha256", "client-verdict"}


def test_no_session_is_resumed_while_clients_are_observed(serve: Serve) -> None:
    context = tls_of(serve(make(mutual_authentication_mode="observe")).default_chain)
    assert context.disable_stateless_session_resumption
    assert context.disable_stateful_session_resumption
    assert tls_of(serve(make()).default_chain).HasField("session_ticket_keys_sds_secret_config")


def test_nothing_is_asked_and_nothing_logged_of_clients_without_mutual_authentication(serve: Serve) -> None:
    served = serve(factories.make_listener())
    assert not tls_of(served.default_chain).common_tls_context.HasField("combined_validation_context")
    assert tags_of(served) == set()


def test_changing_what_servers_are_told_changes_the_routes_alone(serve: Serve) -> None:
    listener = make("HTTPS")
    before = serve(listener).compiled
    services.set_forwarded_headers(
        OPERATOR, listener.pk, subjectdn=True, fingerprint=True, proto=True, host=True, forwarded_for="remove"
    )
    after = serve(listener).compiled
    assert after.listener == before.listener
    assert routes_of(after) != routes_of(before)


def test_alias_and_lookup_change_what_reads_requests(serve: Serve) -> None:
    listener = make("HTTPS")
    before = serve(listener).compiled
    services.set_forwarded_headers(OPERATOR, listener.pk, subjectdn_alias="x-dn")
    with_alias = serve(listener).compiled
    services.set_forwarded_headers(OPERATOR, listener.pk, source_lookup=True, trusted_sources=["10.0.0.0/8"])
    with_lookup = serve(listener).compiled
    assert before.listener == with_alias.listener
    assert len({one.filters[listener.pk] for one in (before, with_alias, with_lookup)}) == 3


def test_headers_carry_what_they_are_for(serve: Serve) -> None:
    listener = make("HTTPS")
    services.set_forwarded_headers(
        OPERATOR,
        listener.pk,
        **dict.fromkeys(("port", "client_port", "load_balancer_id", "subjectdn", "clientverify"), True),
        subjectdn_alias="x-dn",
    )
    assert told(routes_of(serve(listener).compiled)) == {
        "x-forwarded-for": "%DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT%",
        "x-forwarded-port": str(listener.port),
        "x-forwarded-client-srcport": "%DOWNSTREAM_DIRECT_REMOTE_PORT%",
        "slb-id": listener.load_balancer_id,
        "x-dn": "%DOWNSTREAM_PEER_SUBJECT%",
        "x-forwarded-clientcert-clientverify": "SUCCESS",
    }


def test_verification_is_the_engines_verdict_while_observing_and_none_without_mutual_authentication(
    serve: Serve,
) -> None:
    listener = make("HTTPS", mutual_authentication_mode="observe")
    services.set_forwarded_headers(OPERATOR, listener.pk, clientverify=True)
    name = "x-forwarded-clientcert-clientverify"
    assert told(routes_of(serve(listener).compiled))[name].startswith("%DYNAMIC_METADATA(envoy.filters.http.rbac:")
    services.set_mutual_authentication(OPERATOR, listener.pk, enabled=False)
    assert told(routes_of(serve(listener).compiled))[name] == "NONE"


@pytest.mark.parametrize(
    ("name", "is_dropped"),
    [
        ("x-forwarded-clientcert-subjectdn", True),
        ("x_forwarded_clientcert_issuerdn", True),
        ("x.forwarded-clientcert~fingerprint", True),
        ("x-dn", True),
        ("x_dn", True),
        ("x-forwarded-clientcert-subjectdn-more", False),
        ("my-x-dn", False),
        ("x-forwarded-for", False),
    ],
)
def test_clients_cannot_send_guarded_headers_however_they_spell_them(name: str, is_dropped: bool) -> None:
    manager, early = HttpConnectionManager(), HeaderMutation()
    judge_headers(manager, checked({"subjectdn_alias": "x-dn"}))
    assert manager.early_header_mutation_extensions[0].typed_config.Unpack(early)
    pattern = early.mutations[0].remove_on_match.key_matcher.safe_regex.regex
    assert bool(re.fullmatch(pattern, name)) == is_dropped


def test_client_is_looked_up_by_trusted_proxies_and_everybody_means_both_families(serve: Serve) -> None:
    listener = make("HTTPS")
    assert serve(listener).manager.use_remote_address.value
    services.set_forwarded_headers(OPERATOR, listener.pk, source_lookup=True, trusted_sources=["0.0.0.0/0"])
    manager = serve(listener).manager
    assert not manager.use_remote_address.value
    lookup = XffConfig()
    assert manager.original_ip_detection_extensions[0].typed_config.Unpack(lookup)
    trusted = [(each.address_prefix, each.prefix_len.value) for each in lookup.xff_trusted_cidrs.cidrs]
    assert trusted == [("0.0.0.0", 0), ("::", 0)]


def test_requests_are_logged_only_where_it_is_switched_on(serve: Serve) -> None:
    listener = make("HTTPS")
    assert not serve(listener).manager.access_log
    services.update_listener(OPERATOR, listener.pk, access_log_enabled=True)
    (log,) = serve(listener).manager.access_log
    assert log.name == "envoy.access_loggers.file"
    assert b"%PATH(NQ)%" in log.typed_config.value
