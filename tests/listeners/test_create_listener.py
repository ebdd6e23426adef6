"""Creating a listener, and everything that is refused."""

from typing import Any

import pytest

from console.errors import ConflictError, DomainError, InvalidInputError, NotFoundError
from events.models import Change
from listeners.limits import LISTENERS, set_quota
from listeners.models import Listener
from tests import factories
from tests.certs import make_leaf, rsa_key

pytestmark = pytest.mark.django_db


def refusal(**fields: Any) -> DomainError:
    before = Listener.objects.count()
    with pytest.raises(DomainError) as caught:
        factories.make_listener(**fields)
    assert Listener.objects.count() == before
    return caught.value


def test_a_listener_has_the_documented_defaults() -> None:
    listener = factories.make_listener()
    listener.refresh_from_db()
    assert listener.protocol == "TCPSSL"
    assert listener.idle_timeout_seconds == 900
    assert listener.security_policy == "tls_cipher_policy_1_0"
    assert listener.connections_per_second == 0
    assert listener.desired == "running"
    assert not listener.mutual_authentication
    assert listener.created_by == "alice"
    assert [binding.role for binding in listener.bindings.all()] == ["default"]


def test_the_change_feed_tells_who_created_it() -> None:
    listener = factories.make_listener(name="shop")
    change = Change.objects.get(object_id=listener.pk)
    assert (change.kind, change.actor_name, change.actor_via) == ("listener.created", "alice", "page")


def test_a_listener_with_everything_is_stored_in_one_change() -> None:
    additional = [factories.make_server_certificate(name).pk for name in ("a.test", "b.test")]
    authority = factories.make_ca_certificate()
    listener = factories.make_listener(
        name="店./;,@_-",
        idle_timeout_seconds=10,
        security_policy="tls_cipher_policy_1_2_strict_with_1_3",
        alpn_policy="HTTP2Preferred",
        proxy_protocol_enabled=True,
        connections_per_second=1_000_000,
        additional_certificate_ids=additional,
        mutual_authentication=True,
        ca_certificate_id=authority.pk,
    )
    assert sorted(binding.role for binding in listener.bindings.all()) == ["additional", "additional", "ca", "default"]
    assert listener.name == "店./;,@_-"


@pytest.mark.parametrize("port", [0, 65_536, -1, True])
def test_a_port_out_of_range_is_refused(port: int) -> None:
    error = refusal(port=port)
    assert isinstance(error, InvalidInputError)
    assert error.field == "port"
    assert "65,535" in str(error)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("idle_timeout_seconds", 9),
        ("idle_timeout_seconds", 901),
        ("connections_per_second", -1),
        ("connections_per_second", 1_000_001),
        ("security_policy", "tls_cipher_policy_9"),
        ("alpn_policy", "HTTP3Only"),
        ("name", "x"),
        ("name", "x" * 257),
        ("name", "shop!"),
        ("name", "a\x00b"),
        ("name", "店\u200b"),
        ("name", "\ud800\ud800"),
        ("desired", "sleeping"),
    ],
)
def test_a_value_out_of_range_is_refused_by_field(field: str, value: object) -> None:
    error = refusal(**{field: value})
    assert isinstance(error, InvalidInputError)
    assert error.field == field
    assert error.way_out


def test_a_taken_port_is_refused_and_its_holder_named() -> None:
    taken = factories.make_listener(name="shop")
    error = refusal(load_balancer_id=taken.load_balancer_id, port=taken.port)
    assert isinstance(error, ConflictError)
    assert error.code == "listener.port-taken"
    assert error.field == "port"
    assert "shop" in error.message


@pytest.mark.parametrize(
    ("one", "other"), [("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "127.0.0.1"), ("127.0.0.1", "0.0.0.0"), ("::", "::1")]
)
def test_a_port_taken_by_another_load_balancer_on_an_overlapping_address_is_refused(one: str, other: str) -> None:
    taken = factories.make_listener(load_balancer_id=factories.make_load_balancer(bind_address=one).pk)
    rival = factories.make_load_balancer(bind_address=other)
    assert refusal(load_balancer_id=rival.pk, port=taken.port).code == "listener.port-taken"


@pytest.mark.parametrize(("one", "other"), [("127.0.0.1", "127.0.0.2"), ("0.0.0.0", "::"), ("::1", "127.0.0.1")])
def test_a_port_on_another_address_is_free(one: str, other: str) -> None:
    taken = factories.make_listener(load_balancer_id=factories.make_load_balancer(bind_address=one).pk)
    neighbour = factories.make_load_balancer(bind_address=other)
    assert factories.make_listener(load_balancer_id=neighbour.pk, port=taken.port).port == taken.port


@pytest.mark.parametrize(
    ("field", "code"),
    [
        ("load_balancer_id", "load-balancer.not-found"),
        ("server_group_id", "server-group.not-found"),
        ("certificate_id", "certificate.not-found"),
    ],
)
@pytest.mark.parametrize("value", ["absent", "a\x00b", "\ud800"])
def test_an_absent_object_is_named(field: str, code: str, value: str) -> None:
    error = refusal(**{field: value})
    assert isinstance(error, NotFoundError)
    assert error.code == code


@pytest.mark.parametrize(
    ("field", "code"),
    [
        ("load_balancer_id", "load-balancer.not-found"),
        ("server_group_id", "listener.server-group-missing"),
        ("certificate_id", "listener.certificate-missing"),
    ],
)
def test_an_object_that_is_left_empty_is_asked_for(field: str, code: str) -> None:
    error = refusal(**{field: ""})
    assert (error.code, error.field) == (code, field)


def test_rsa_under_2048_bits_is_refused_with_the_engines_limit() -> None:
    weak = factories.store_certificate(make_leaf("weak.test", key=rsa_key(1024)), name="weak")
    error = refusal(certificate_id=weak.pk)
    assert error.field == "certificate_id"
    assert "1024 bits" in error.message
    assert "BoringSSL" in error.message
    assert "2048" in error.message


def test_a_ca_certificate_is_refused_as_server_certificate() -> None:
    error = refusal(certificate_id=factories.make_ca_certificate().pk)
    assert (error.code, error.field) == ("listener.certificate-kind", "certificate_id")


def test_a_server_certificate_is_refused_as_ca_certificate() -> None:
    certificate = factories.make_server_certificate()
    error = refusal(mutual_authentication=True, ca_certificate_id=certificate.pk)
    assert (error.code, error.field) == ("listener.certificate-kind", "ca_certificate_id")


def test_mutual_authentication_without_a_ca_certificate_is_refused() -> None:
    assert refusal(mutual_authentication=True).code == "listener.ca-certificate-missing"


def test_a_ca_certificate_without_mutual_authentication_is_refused() -> None:
    error = refusal(ca_certificate_id=factories.make_ca_certificate().pk)
    assert error.code == "listener.ca-certificate-unused"


def test_the_default_certificate_is_refused_as_additional_one() -> None:
    certificate = factories.make_server_certificate()
    error = refusal(certificate_id=certificate.pk, additional_certificate_ids=[certificate.pk])
    assert (error.code, error.field) == ("listener.certificate-already-bound", "additional_certificate_ids")


def test_a_listener_above_the_quota_is_refused() -> None:
    balancer = factories.make_load_balancer()
    set_quota(factories.OPERATOR, LISTENERS, 1)
    factories.make_listener(load_balancer_id=balancer.pk)
    error = refusal(load_balancer_id=balancer.pk)
    assert error.code == "quota.exceeded"
    assert "1" in error.message
    assert LISTENERS in error.way_out
