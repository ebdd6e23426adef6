"""What goes together by product, edition and protocol, and what the refusal of the rest says."""

import itertools
from collections.abc import Callable
from typing import Any

import pytest

from console.errors import DomainError
from listeners import legality
from listeners.models import Listener, LoadBalancer, ServerGroup
from listeners.options import OPTIONS
from listeners.products import FEATURES, UPGRADES

EDITIONS = ["Basic", "Standard", "Extended", "StandardWithWaf"]
PROTOCOLS = {"NLB": {"TCP", "UDP", "TCPSSL"}, "ALB": {"HTTP", "HTTPS", "QUIC"}, "CLB": {"TCP", "HTTP", "HTTPS"}}
ENCRYPTED = {"certificate_id"}
MUTUAL = {"mutual_authentication", "mutual_authentication_mode", "ca_certificate_id"}
REQUESTS = {"request_timeout_seconds", "compression_enabled", "access_log_enabled", "forwarded_headers"}
SETTINGS: dict[tuple[str, str], set[str]] = {
    ("NLB", "TCP"): {"proxy_protocol_enabled", "connections_per_second"},
    ("NLB", "UDP"): set(),
    ("NLB", "TCPSSL"): {
        *ENCRYPTED,
        *MUTUAL,
        "additional_certificate_ids",
        "security_policy",
        "alpn_policy",
        "proxy_protocol_enabled",
        "connections_per_second",
    },
    ("ALB", "HTTP"): {*REQUESTS, "redirect_port"},
    ("ALB", "HTTPS"): {
        *ENCRYPTED,
        *MUTUAL,
        *REQUESTS,
        "additional_certificate_ids",
        "security_policy",
        "http2_enabled",
        "quic_listener_id",
    },
    ("ALB", "QUIC"): {*ENCRYPTED, *REQUESTS, "additional_certificate_ids"},
    ("CLB", "TCP"): {"proxy_protocol_enabled"},
    ("CLB", "HTTP"): {*REQUESTS, "redirect_port"},
    ("CLB", "HTTPS"): {
        *ENCRYPTED,
        *MUTUAL,
        *REQUESTS,
        "domain_extensions",
        "security_policy",
        "http2_enabled",
    },
}
ON: dict[str, Any] = {
    "certificate_id": "cert-1",
    "additional_certificate_ids": ["cert-1"],
    "domain_extensions": ["a.test"],
    "mutual_authentication": True,
    "mutual_authentication_mode": "observe",
    "ca_certificate_id": "cert-1",
    "security_policy": "tls_cipher_policy_1_2",
    "alpn_policy": "HTTP2Only",
    "proxy_protocol_enabled": True,
    "connections_per_second": 1,
    "request_timeout_seconds": 1,
    "compression_enabled": True,
    "access_log_enabled": True,
    "forwarded_headers": {"proto": True},
    "http2_enabled": True,
    "quic_listener_id": "lsn-1",
    "redirect_port": 443,
}
GROUPS = {
    ("NLB", "TCP"): {"TCP", "TCP_UDP"},
    ("NLB", "UDP"): {"UDP", "TCP_UDP"},
    ("NLB", "TCPSSL"): {"TCP"},
    ("ALB", "HTTP"): {"HTTP"},
    ("ALB", "HTTPS"): {"HTTP", "HTTPS", "gRPC"},
    ("ALB", "QUIC"): {"HTTP", "gRPC"},
    ("CLB", "TCP"): {"TCP", "TCP_UDP"},
    ("CLB", "HTTP"): {"HTTP"},
    ("CLB", "HTTPS"): {"HTTP"},
}
KINDS = [("NLB", ""), ("CLB", ""), *(("ALB", edition) for edition in EDITIONS)]


def balancer_of(product: str, edition: str = "") -> LoadBalancer:
    """Return a load balancer that is not stored."""
    return LoadBalancer(product=product, edition=edition or ("Standard" if product == "ALB" else ""), name="edge")


def refusal(act: Callable[[], object]) -> DomainError:
    """Return the refusal, which must say all: what, why, where and what else."""
    with pytest.raises(DomainError) as caught:
        act()
    error = caught.value
    assert error.message
    assert error.code
    assert error.field
    assert error.way_out
    return error


def test_every_kind_of_load_balancer_has_its_features() -> None:
    assert set(FEATURES) == set(KINDS)


@pytest.mark.parametrize(("product", "edition"), KINDS)
@pytest.mark.parametrize("protocol", Listener.Protocol.values)
def test_a_protocol_is_legal_on_its_products_alone(product: str, edition: str, protocol: str) -> None:
    balancer = balancer_of(product, edition)
    if protocol in PROTOCOLS[product]:
        legality.refuse_protocol(balancer, protocol)
        return
    error = refusal(lambda: legality.refuse_protocol(balancer, protocol))
    assert (error.code, error.field) == ("listener.protocol-not-of-product", "protocol")
    assert all(own in error.message for own in PROTOCOLS[product])


@pytest.mark.parametrize(
    ("product", "wanted", "nearest"),
    [
        ("NLB", "HTTPS", "TCPSSL"),
        ("NLB", "HTTP", "TCP"),
        ("NLB", "QUIC", "TCPSSL"),
        ("ALB", "TCPSSL", "HTTPS"),
        ("ALB", "TCP", "HTTP"),
        ("ALB", "UDP", "QUIC"),
        ("CLB", "TCPSSL", "HTTPS"),
        ("CLB", "QUIC", "HTTPS"),
        ("CLB", "UDP", "TCP"),
    ],
)
def test_the_nearest_protocol_is_offered(product: str, wanted: str, nearest: str) -> None:
    error = refusal(lambda: legality.refuse_protocol(balancer_of(product), wanted))
    assert error.way_out.startswith(f"Choose {nearest},")
    assert "Load Balancer" in error.way_out


def test_an_unknown_protocol_is_refused() -> None:
    error = refusal(lambda: legality.refuse_protocol(balancer_of("NLB"), "SCTP"))
    assert error.way_out == "Choose TCP."


@pytest.mark.parametrize(("product", "protocol"), SETTINGS)
def test_a_listener_has_the_settings_of_its_protocol(product: str, protocol: str) -> None:
    assert legality.settings_of(product, protocol) == SETTINGS[product, protocol]


@pytest.mark.parametrize(("product", "protocol"), SETTINGS)
@pytest.mark.parametrize("name", OPTIONS)
def test_a_setting_of_another_protocol_is_refused_by_name(product: str, protocol: str, name: str) -> None:
    balancer = balancer_of(product)
    legality.refuse_settings(balancer, protocol, {name: OPTIONS[name].off})
    if name in SETTINGS[product, protocol]:
        legality.refuse_settings(balancer, protocol, {name: ON[name]})
        return
    error = refusal(lambda: legality.refuse_settings(balancer, protocol, {name: ON[name]}))
    assert (error.code, error.field) == ("listener.setting-not-applicable", name)
    assert protocol in error.message
    assert str(OPTIONS[name].rule) in error.message


def test_where_a_setting_is_to_be_had_is_said() -> None:
    own = refusal(lambda: legality.refuse_settings(balancer_of("ALB"), "HTTP", {"http2_enabled": True}))
    assert own.way_out == "Leave it out, or choose another protocol: HTTPS."
    elsewhere = refusal(lambda: legality.refuse_settings(balancer_of("ALB"), "HTTPS", {"alpn_policy": "HTTP2Only"}))
    assert elsewhere.way_out == "Leave it out, or use a listener that has it: TCPSSL (NLB)."


@pytest.mark.parametrize(
    ("product", "edition", "protocol"), [(*kind, protocol) for kind in KINDS for protocol in sorted(PROTOCOLS[kind[0]])]
)
def test_mutual_authentication_needs_the_protocol_and_the_edition(product: str, edition: str, protocol: str) -> None:
    balancer = balancer_of(product, edition)
    if protocol in {"TCPSSL", "HTTPS"} and edition != "Basic":
        legality.refuse_mutual_authentication(balancer, protocol)
        return
    error = refusal(lambda: legality.refuse_mutual_authentication(balancer, protocol))
    assert error.field == "mutual_authentication"


def test_the_basic_edition_is_told_what_to_upgrade_to() -> None:
    error = refusal(lambda: legality.refuse_mutual_authentication(balancer_of("ALB", "Basic"), "HTTPS"))
    assert error.code == "listener.mutual-authentication-not-in-edition"
    assert "Basic" in error.message
    assert "Standard or WAF-enabled" in error.way_out


@pytest.mark.parametrize(("product", "protocol"), GROUPS)
@pytest.mark.parametrize("group", ServerGroup.Protocol.values)
def test_a_server_group_fits_the_listener(product: str, protocol: str, group: str) -> None:
    assert set(legality.group_protocols(product, protocol)) == GROUPS[product, protocol]
    balancer = balancer_of(product)
    listener = Listener(load_balancer=balancer, protocol=protocol, port=1)
    servers = ServerGroup(name="web", protocol=group)
    if group in GROUPS[product, protocol]:
        legality.refuse_group(balancer, listener, servers)
        return
    error = refusal(lambda: legality.refuse_group(balancer, listener, servers))
    assert (error.code, error.field) == ("listener.server-group-protocol", "server_group_id")
    assert "“web”" in error.message


def test_grpc_needs_http2_on_an_https_listener() -> None:
    balancer, servers = balancer_of("ALB"), ServerGroup(name="rpc", protocol="gRPC")
    listener = Listener(load_balancer=balancer, protocol="HTTPS", port=1, http2_enabled=False)
    error = refusal(lambda: legality.refuse_group(balancer, listener, servers))
    assert error.code == "listener.grpc-without-http2"
    legality.refuse_group(balancer, Listener(load_balancer=balancer, protocol="QUIC", http2_enabled=False), servers)


@pytest.mark.parametrize(
    ("group_id", "port", "code"),
    [
        ("sgp-1", None, ""),
        (None, 443, ""),
        ("sgp-1", 443, "listener.redirect-with-server-group"),
        (None, None, "listener.server-group-missing"),
    ],
)
def test_a_listener_forwards_or_redirects(group_id: str | None, port: int | None, code: str) -> None:
    if not code:
        legality.refuse_target("HTTP", group_id, port)
        return
    assert refusal(lambda: legality.refuse_target("HTTP", group_id, port)).code == code


def test_the_redirect_is_offered_where_there_is_one() -> None:
    assert "redirect_port" in refusal(lambda: legality.refuse_target("HTTP", None, None)).way_out
    assert "redirect" not in refusal(lambda: legality.refuse_target("HTTPS", None, None)).way_out


@pytest.mark.parametrize(("before", "after"), list(itertools.product(EDITIONS, EDITIONS)))
def test_an_edition_changes_only_upwards(before: str, after: str) -> None:
    balancer = balancer_of("ALB", before)
    upgrades = {"Basic": {"Standard", "StandardWithWaf"}, "Standard": {"StandardWithWaf"}}
    upgrades |= {"Extended": {"StandardWithWaf"}, "StandardWithWaf": set()}
    if after == before or after in upgrades[before]:
        legality.refuse_downgrade(balancer, after)
        return
    error = refusal(lambda: legality.refuse_downgrade(balancer, after))
    assert (error.code, error.field) == ("load-balancer.edition-downgrade", "edition")


def test_every_upgrade_keeps_what_was_legal() -> None:
    for before, upgrades in UPGRADES.items():
        for after in upgrades:
            old, new = FEATURES["ALB", before], FEATURES["ALB", after]
            assert set(old.protocols) <= set(new.protocols)
            assert old.rule_conditions <= new.rule_conditions
            assert old.rule_actions <= new.rule_actions
            assert old.mutual_authentication <= new.mutual_authentication


@pytest.mark.parametrize(("product", "edition"), [("NLB", "Basic"), ("CLB", "Standard"), ("ALB", ""), ("ALB", "Gold")])
def test_an_edition_that_the_product_lacks_is_refused(product: str, edition: str) -> None:
    error = refusal(lambda: legality.refuse_edition(product, edition))
    assert (error.code, error.field) == ("load-balancer.edition-not-of-product", "edition")
    assert ("Standard" in error.way_out) == (product == "ALB")


@pytest.mark.parametrize(
    ("product", "protocol"), [("NLB", "TCPSSL"), ("ALB", "HTTPS"), ("ALB", "QUIC"), ("CLB", "HTTPS")]
)
def test_an_encrypted_listener_needs_a_certificate(product: str, protocol: str) -> None:
    assert legality.default_protocol(balancer_of(product)) == ("TCPSSL" if product == "NLB" else "HTTPS")
    error = refusal(lambda: legality.refuse_missing_certificate(protocol, None))
    assert error.code == "listener.certificate-missing"


@pytest.mark.parametrize(
    ("product", "edition", "protocol", "defaults"),
    [
        ("NLB", "", "TCP", (900, 0, "", False, False)),
        ("NLB", "", "TCPSSL", (900, 0, "tls_cipher_policy_1_0", False, False)),
        ("NLB", "", "UDP", (90, 0, "", False, False)),
        ("ALB", "Basic", "HTTP", (15, 60, "", False, True)),
        ("ALB", "Standard", "HTTPS", (15, 60, "tls_cipher_policy_1_0", True, True)),
        ("ALB", "Extended", "HTTPS", (15, 60, "tls_cipher_policy_1_0_to_1_3", True, True)),
        ("ALB", "StandardWithWaf", "QUIC", (15, 60, "", False, True)),
        ("CLB", "", "TCP", (900, 0, "", False, False)),
        ("CLB", "", "HTTP", (15, 60, "", False, True)),
        ("CLB", "", "HTTPS", (15, 60, "tls_cipher_policy_1_0", True, True)),
    ],
)
def test_defaults_are_those_of_the_documents(
    product: str, edition: str, protocol: str, defaults: tuple[object, ...]
) -> None:
    found = legality.defaults_of(balancer_of(product, edition), protocol)
    names = ("idle_timeout_seconds", "request_timeout_seconds", "security_policy", "http2_enabled")
    assert tuple(found[name] for name in (*names, "compression_enabled")) == defaults
