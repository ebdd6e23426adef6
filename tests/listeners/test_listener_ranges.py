"""The edges of every range of a listener, by product and protocol, as the cloud's references have them."""

import pytest

from console.errors import InvalidInputError
from listeners.limits import set_quota
from listeners.models import LoadBalancer
from listeners.services.listener_values import checked
from tests.factories import OPERATOR
from tests.listeners.test_legality import EDITIONS, balancer_of

pytestmark = pytest.mark.django_db

IDLE = [
    ("NLB", "", "TCP", 10, 900),
    ("NLB", "", "TCPSSL", 10, 900),
    ("NLB", "", "UDP", 10, 90),
    *(("ALB", edition, protocol, 1, 600) for edition in EDITIONS for protocol in ("HTTP", "HTTPS", "QUIC")),
    ("CLB", "", "TCP", 10, 900),
    ("CLB", "", "HTTP", 1, 60),
    ("CLB", "", "HTTPS", 1, 60),
]
REQUEST = [
    *(("ALB", edition, protocol, 1, 600) for edition in EDITIONS for protocol in ("HTTP", "HTTPS", "QUIC")),
    ("CLB", "", "HTTP", 1, 180),
    ("CLB", "", "HTTPS", 1, 180),
]


def try_edges(balancer: LoadBalancer, protocol: str, field: str, lowest: int, highest: int) -> None:
    """Take both ends of a range; refuse what is beyond them, saying the range."""
    for legal in (lowest, highest):
        assert checked(balancer, protocol, {field: legal}) == {field: legal}
    for illegal in (lowest - 1, highest + 1, "10", True, 2.5):
        with pytest.raises(InvalidInputError) as caught:
            checked(balancer, protocol, {field: illegal})
        assert caught.value.field == field
        assert f"from {lowest:,} to {highest:,}" in caught.value.way_out


@pytest.mark.parametrize(("product", "edition", "protocol", "lowest", "highest"), IDLE)
def test_the_idle_timeout(product: str, edition: str, protocol: str, lowest: int, highest: int) -> None:
    try_edges(balancer_of(product, edition), protocol, "idle_timeout_seconds", lowest, highest)


@pytest.mark.parametrize(("product", "edition", "protocol", "lowest", "highest"), REQUEST)
def test_the_request_timeout(product: str, edition: str, protocol: str, lowest: int, highest: int) -> None:
    try_edges(balancer_of(product, edition), protocol, "request_timeout_seconds", lowest, highest)


@pytest.mark.parametrize(
    ("field", "quota"),
    [
        ("idle_timeout_seconds", "alb_quota_max_idle_timeout"),
        ("request_timeout_seconds", "alb_quota_max_request_timeout"),
    ],
)
def test_a_quota_raises_the_timeouts_of_an_alb_to_an_hour_and_no_further(field: str, quota: str) -> None:
    set_quota(OPERATOR, quota, 1000)
    try_edges(balancer_of("ALB"), "HTTPS", field, 1, 1000)
    set_quota(OPERATOR, quota, 100_000)
    try_edges(balancer_of("ALB"), "HTTPS", field, 1, 3600)


@pytest.mark.parametrize("protocol", ["TCP", "TCPSSL"])
def test_the_rate_of_new_connections(protocol: str) -> None:
    balancer = balancer_of("NLB")
    for value in (0, 1, 1_000_000):
        assert checked(balancer, protocol, {"connections_per_second": value}) == {"connections_per_second": value}
    for value in (-1, 1_000_001):
        with pytest.raises(InvalidInputError):
            checked(balancer, protocol, {"connections_per_second": value})


def test_the_port_of_a_redirect() -> None:
    for value in (1, 443, 65_535):
        assert checked(balancer_of("ALB"), "HTTP", {"redirect_port": value}) == {"redirect_port": value}
    for value in (-1, 65_536):
        with pytest.raises(InvalidInputError):
            checked(balancer_of("ALB"), "HTTP", {"redirect_port": value})


def test_what_a_listener_lacks_is_stored_as_off() -> None:
    found = checked(balancer_of("NLB"), "UDP", {"alpn_policy": "", "redirect_port": None, "http2_enabled": False})
    assert found == {"alpn_policy": "", "redirect_port": None, "http2_enabled": False}
