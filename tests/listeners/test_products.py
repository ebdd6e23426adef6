"""Load balancers and listeners of every product: what they are created with, and what is refused."""

from collections.abc import Callable

import pytest

from console.errors import ConflictError, DomainError
from events.models import Change
from listeners import selectors, services
from listeners.limits import set_quota
from listeners.models import Listener, LoadBalancer
from tests import factories
from tests.factories import OPERATOR

pytestmark = pytest.mark.django_db

LISTENERS = [
    ("NLB", "TCP"),
    ("NLB", "UDP"),
    ("NLB", "TCPSSL"),
    ("ALB", "HTTP"),
    ("ALB", "HTTPS"),
    ("ALB", "QUIC"),
    ("CLB", "TCP"),
    ("CLB", "HTTP"),
    ("CLB", "HTTPS"),
]


def refusal(act: Callable[[], object]) -> DomainError:
    """Return the refusal; nothing may be stored by it."""
    before = (LoadBalancer.objects.count(), Listener.objects.count())
    with pytest.raises(DomainError) as caught:
        act()
    assert (LoadBalancer.objects.count(), Listener.objects.count()) == before
    assert caught.value.way_out
    return caught.value


@pytest.mark.parametrize(("product", "prefix"), [("NLB", "nlb-"), ("ALB", "alb-"), ("CLB", "lb-")])
def test_a_load_balancer_has_the_id_of_its_product(product: str, prefix: str) -> None:
    balancer = factories.make_load_balancer(product=product)
    assert balancer.pk.startswith(prefix)
    balancer.refresh_from_db()
    assert (balancer.product, balancer.edition) == (product, "Standard" if product == "ALB" else "")


def test_without_a_product_it_is_an_nlb() -> None:
    assert services.create_load_balancer(OPERATOR, name="edge", bind_address="127.0.0.1").product == "NLB"


def test_an_unknown_product_and_a_wrong_edition_are_refused() -> None:
    assert refusal(lambda: factories.make_load_balancer(product="GLB")).code == "load-balancer.product-unknown"
    assert refusal(lambda: factories.make_load_balancer(product="ALB", edition="")).field == "edition"
    assert refusal(lambda: factories.make_load_balancer(product="NLB", edition="Basic")).field == "edition"


@pytest.mark.parametrize(
    ("product", "quota"),
    [
        ("NLB", "nlb_quota_loadbalancers_num"),
        ("ALB", "alb_quota_loadbalancers_num"),
        ("CLB", "slb_quota_instances_num"),
    ],
)
def test_each_product_has_its_own_limit_of_load_balancers(product: str, quota: str) -> None:
    set_quota(OPERATOR, quota, 1)
    factories.make_load_balancer(product=product)
    assert quota in refusal(lambda: factories.make_load_balancer(product=product)).way_out
    factories.make_load_balancer(product="ALB" if product != "ALB" else "CLB")


@pytest.mark.parametrize(
    ("product", "quota"),
    [
        ("NLB", "nlb_quota_loadbalancer_listeners_num"),
        ("ALB", "alb_quota_loadbalancer_listeners_num"),
        ("CLB", "slb_quota_listeners_num"),
    ],
)
def test_each_product_has_its_own_limit_of_listeners(product: str, quota: str) -> None:
    balancer = factories.make_load_balancer(product=product)
    protocol = "HTTP" if product == "ALB" else "TCP"
    set_quota(OPERATOR, quota, 1)
    factories.make_listener(load_balancer_id=balancer.pk, protocol=protocol)
    error = refusal(lambda: factories.make_listener(load_balancer_id=balancer.pk, protocol=protocol))
    assert quota in error.way_out


@pytest.mark.parametrize(("product", "protocol"), LISTENERS)
def test_a_listener_of_each_protocol_is_created(product: str, protocol: str) -> None:
    listener = factories.make_listener(product=product, protocol=protocol)
    listener.refresh_from_db()
    assert listener.protocol == protocol
    assert listener.transport == ("udp" if protocol in {"UDP", "QUIC"} else "tcp")
    assert listener.bindings.count() == (protocol in {"TCPSSL", "HTTPS", "QUIC"})
    assert listener.desired == ("stopped" if product == "CLB" else "running")
    assert bool(listener.security_policy) == (protocol in {"TCPSSL", "HTTPS"})
    assert listener.http2_enabled == (protocol == "HTTPS")
    assert listener.compression_enabled == (protocol in {"HTTP", "HTTPS", "QUIC"})


@pytest.mark.parametrize(("product", "protocol"), [("NLB", "TCPSSL"), ("ALB", "HTTPS"), ("CLB", "HTTPS")])
def test_without_a_protocol_it_is_the_encrypted_one(product: str, protocol: str) -> None:
    assert factories.make_listener(product=product).protocol == protocol


@pytest.mark.parametrize(("product", "protocol"), [("NLB", "HTTPS"), ("ALB", "TCP"), ("CLB", "QUIC")])
def test_a_protocol_of_another_product_is_refused(product: str, protocol: str) -> None:
    balancer, group = factories.make_load_balancer(product=product), factories.make_server_group()
    given = {"load_balancer_id": balancer.pk, "server_group_id": group.pk, "certificate_id": None}
    error = refusal(lambda: factories.make_listener(protocol=protocol, **given))
    assert (error.code, error.field) == ("listener.protocol-not-of-product", "protocol")


def test_http_takes_no_certificate_and_quic_no_policy() -> None:
    alb = factories.make_load_balancer(product="ALB")
    certificate = factories.make_server_certificate()
    group = factories.make_server_group(protocol="HTTP")
    given = {"load_balancer_id": alb.pk, "server_group_id": group.pk, "certificate_id": certificate.pk}
    assert refusal(lambda: factories.make_listener(protocol="HTTP", **given)).field == "certificate_id"
    policy = {"security_policy": "tls_cipher_policy_1_2"}
    assert refusal(lambda: factories.make_listener(protocol="QUIC", **given, **policy)).field == "security_policy"


def test_mutual_authentication_is_refused_by_protocol_and_edition() -> None:
    authority = factories.make_ca_certificate()
    mutual = {"mutual_authentication": True, "ca_certificate_id": authority.pk}
    for edition, protocol in (("Standard", "QUIC"), ("Basic", "HTTPS")):
        balancer = factories.make_load_balancer(product="ALB", edition=edition)
        certificate, group = factories.make_server_certificate(), factories.make_server_group(protocol="HTTP")
        given = {"load_balancer_id": balancer.pk, "certificate_id": certificate.pk, "server_group_id": group.pk}
        listener = factories.make_listener(protocol=protocol, **given)
        created = refusal(lambda: factories.make_listener(protocol=protocol, **given, **mutual))  # noqa: B023
        switched = refusal(
            lambda: services.set_mutual_authentication(
                OPERATOR,
                listener.pk,  # noqa: B023
                enabled=True,
                ca_certificate_id=authority.pk,
            )
        )
        assert created.field == switched.field == "mutual_authentication"
        assert (created.code, created.message) == (switched.code, switched.message)


def test_https_and_quic_share_a_port_and_http_and_https_do_not() -> None:
    https = factories.make_listener(product="ALB", protocol="HTTPS")
    place = {"load_balancer_id": https.load_balancer_id, "port": https.port}
    assert factories.make_listener(protocol="QUIC", **place).transport == "udp"
    group = factories.make_server_group(protocol="HTTP")
    error = refusal(lambda: factories.make_listener(protocol="HTTP", server_group_id=group.pk, **place))
    assert (error.code, error.field) == ("listener.port-taken", "port")


def test_a_server_group_of_another_protocol_is_refused_at_creation_and_change() -> None:
    listener = factories.make_listener(product="ALB", protocol="HTTP")
    group = factories.make_server_group(protocol="TCP")
    change = refusal(lambda: services.update_listener(OPERATOR, listener.pk, server_group_id=group.pk))
    given = {"load_balancer_id": listener.load_balancer_id, "server_group_id": group.pk}
    creation = refusal(lambda: factories.make_listener(protocol="HTTP", **given))
    assert change.code == creation.code == "listener.server-group-protocol"
    assert change.message == creation.message


def test_http2_stays_on_while_grpc_needs_it() -> None:
    group = factories.make_server_group(protocol="gRPC")
    listener = factories.make_listener(product="ALB", protocol="HTTPS", server_group_id=group.pk)
    error = refusal(lambda: services.update_listener(OPERATOR, listener.pk, http2_enabled=False))
    assert error.code == "listener.grpc-without-http2"


def test_a_listener_that_redirects_has_no_server_group() -> None:
    listener = factories.make_listener(product="ALB", protocol="HTTP", redirect_port=443)
    assert (listener.redirect_port, listener.server_group_id) == (443, None)
    group = factories.make_server_group(protocol="HTTP")
    error = refusal(lambda: services.update_listener(OPERATOR, listener.pk, server_group_id=group.pk))
    assert error.code == "listener.redirect-with-server-group"
    assert refusal(lambda: services.update_listener(OPERATOR, listener.pk, redirect_port=None)).way_out
    changed = services.update_listener(OPERATOR, listener.pk, redirect_port=None, server_group_id=group.pk)
    assert (changed.redirect_port, changed.server_group_id) == (None, group.pk)
    summary = Change.objects.order_by("-id").values_list("summary", flat=True)[0]
    assert "Redirect to HTTPS port: 443 → none" in summary
    assert f"Server group: none → {group.name}" in summary


def test_an_edition_is_upgraded_and_never_taken_back() -> None:
    balancer = factories.make_load_balancer(product="ALB", edition="Basic")
    services.update_load_balancer(OPERATOR, balancer.pk, edition="Standard")
    error = refusal(lambda: services.update_load_balancer(OPERATOR, balancer.pk, edition="Basic"))
    assert isinstance(error, ConflictError)
    assert (error.code, error.field) == ("load-balancer.edition-downgrade", "edition")
    assert Change.objects.filter(object_id=balancer.pk, summary="Edition: Basic → Standard").exists()


def test_an_upgrade_that_takes_a_policy_away_is_refused_by_the_listener_s_name() -> None:
    balancer = factories.make_load_balancer(product="ALB", edition="Extended")
    listener = factories.make_listener(load_balancer_id=balancer.pk, name="shop")
    assert listener.security_policy == "tls_cipher_policy_1_0_to_1_3"
    error = refusal(lambda: services.update_load_balancer(OPERATOR, balancer.pk, edition="StandardWithWaf"))
    assert "shop" in error.message


@pytest.mark.parametrize(
    ("edition", "quota"),
    [
        ("Basic", "alb_quota_basic_loadbalancer_certificates_num"),
        ("Standard", "alb_quota_standard_loadbalancer_certificates_num"),
    ],
)
def test_additional_certificates_are_limited_by_edition(edition: str, quota: str) -> None:
    listener = factories.make_listener(product="ALB", edition=edition)
    set_quota(OPERATOR, quota, 1)
    first, second = (factories.make_server_certificate().pk for _ in range(2))
    services.add_additional_certificates(OPERATOR, listener.pk, certificate_ids=[first])
    error = refusal(lambda: services.add_additional_certificates(OPERATOR, listener.pk, certificate_ids=[second]))
    assert quota in error.way_out


def test_listeners_of_each_product_are_found() -> None:
    made = {product: factories.make_listener(product=product).pk for product in ("NLB", "ALB", "CLB")}
    for product, pk in made.items():
        found = selectors.listeners(selectors.ListenerFilter(product=product)).items
        assert [listener.pk for listener in found] == [pk]
    https = selectors.listeners(selectors.ListenerFilter(protocol="HTTPS")).items
    assert {listener.pk for listener in https} == {made["ALB"], made["CLB"]}


def test_listeners_that_share_a_port_are_each_on_a_page() -> None:
    https = factories.make_listener(product="ALB", protocol="HTTPS")
    quic = factories.make_listener(protocol="QUIC", load_balancer_id=https.load_balancer_id, port=https.port)
    first = selectors.listeners(size=1)
    second = selectors.listeners(cursor=first.next_cursor, size=1)
    assert {first.items[0].pk, second.items[0].pk} == {https.pk, quic.pk}
